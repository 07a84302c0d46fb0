"""What must never leave a run: passwords in URLs, and what the variables of the environment hold that are secret.

Secret are the values of the variables that an experiment names as `${env:NAME}`, those of variables whose name says
that they are (`PGPASSWORD`, `API_TOKEN`), and the passwords of URLs, in these variables and in the experiment itself.
Wherever text leaves for a report, an event, a console or a log it goes through `redacted`.

Left alone are values that could not be hidden without hiding what is meant: those of less than four characters, paths
of files, and the names that the toolkit itself uses, such as `postgres`; in a URL even these are hidden.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

HIDDEN = "***"
"""What stands where a secret stood."""

_SAYS_SECRET = re.compile(
    r"TOKEN|PASSWORD|PASSWD|SECRET|(?:^|_|API|ACCESS|PRIVATE)KEYS?(?:_|$)", re.IGNORECASE
)
_NAMED = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_IN_URL = (
    re.compile(r"""(?<=://)([^\s/:@"'<>]*:)([^\s/"'<>]+)(?=@)"""),
    re.compile(r"""(?<=[?&])((?:password|passwd|token|secret|api[_-]?key)=)([^\s&"'<>]+)""", re.IGNORECASE),
)
"""Where a URL holds a secret: what stands before it, and the secret."""
_IN_URL_BYTES = tuple(
    re.compile(pattern.pattern.encode(), pattern.flags & re.IGNORECASE) for pattern in _IN_URL
)
_LEAST_CHARACTERS = 4
_LINES_BYTES = 1 << 20
_OWN_NAMES = frozenset(
    {"chaos", "core", "guardian", "localhost", "postgres", "postgresql", "producer", "proxy", "queue"}
    | {"reader", "reference", "reseolio", "root", "runner", "sqlite", "test", "toxiproxy", "true", "worker"}
)

_variables: set[str] = set()
_passwords: set[str] = set()


def learn(value: Any) -> None:
    """Remember what an experiment says of secrets: the variables that it names, and the passwords in its URLs.

    Args:
        value: Text, or any mapping or list of it.
    """
    if isinstance(value, Mapping):
        for part in value.values():
            learn(part)
    elif isinstance(value, list | tuple):
        for part in value:
            learn(part)
    elif isinstance(value, str):
        _variables.update(_NAMED.findall(value))
        _passwords.update(_passwords_in(value))


def unknown_here(text: str) -> tuple[str, ...]:
    """The variables that an experiment's text names and this process does not have: it can't hide what they hold."""
    return tuple(sorted(name for name in set(_NAMED.findall(text)) if name not in os.environ))


def redacted(text: str) -> str:
    """The text without any secret that is known, or that stands in a URL."""
    for secret in _known():
        text = text.replace(secret, HIDDEN)
    for pattern in _IN_URL:
        text = pattern.sub(_without, text)
    return text


def redacted_values(value: Any) -> Any:
    """The same value, the text in it redacted; mappings and sequences are gone through, and become dicts and tuples."""
    if type(value) is str:
        return redacted(value)
    if isinstance(value, Mapping):
        return {key: redacted_values(part) for key, part in value.items()}
    if isinstance(value, list):
        return [redacted_values(part) for part in value]
    if isinstance(value, tuple):
        return tuple(redacted_values(part) for part in value)
    return value


def blank(path: Path) -> int:
    """Overwrite the secrets in a file that nobody writes any more, each by as many asterisks; how many there were.

    Raises:
        OSError: The file can't be read or written.
    """
    secrets = [secret.encode() for secret in _known()]
    count = 0
    with path.open("r+b") as file:
        offset = 0
        while lines := b"".join(file.readlines(_LINES_BYTES)):
            for start, end in _spans(lines, secrets):
                file.seek(offset + start)
                file.write(b"*" * (end - start))
                count += 1
            offset += len(lines)
            file.seek(offset)
    return count


def _known() -> list[str]:
    """Every secret in each form that it may be written in, the longest first, so that no part of one is left."""
    found = set(_passwords)
    for name, value in os.environ.items():
        if name in _variables or _SAYS_SECRET.search(name):
            found.update((value, *_passwords_in(value)))
    secrets = {secret for secret in found if _can_be_hidden(secret)}
    forms = {
        form for secret in secrets for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""))
    }
    return sorted(forms, key=lambda form: (-len(form), form))


def _passwords_in(text: str) -> Iterator[str]:
    for pattern in _IN_URL:
        for match in pattern.finditer(text):
            if match[2] != HIDDEN:
                yield from (match[2], unquote(match[2]))


def _can_be_hidden(secret: str) -> bool:
    if len(secret) < _LEAST_CHARACTERS or secret.lower() in _OWN_NAMES or _NAMED.fullmatch(secret):
        return False
    parent = os.path.dirname(secret)  # noqa: PTH120 - a secret need not be a path
    return not (parent.strip("/.") and os.path.isdir(parent))  # noqa: PTH112


def _without(match: re.Match[str]) -> str:
    return match[0] if _NAMED.fullmatch(match[2]) else f"{match[1]}{HIDDEN}"


def _spans(lines: bytes, secrets: list[bytes]) -> Iterator[tuple[int, int]]:
    for secret in secrets:
        start = lines.find(secret)
        while start >= 0:
            yield start, start + len(secret)
            start = lines.find(secret, start + len(secret))
    if b"://" in lines:
        for pattern in _IN_URL_BYTES:
            yield from (match.span(2) for match in pattern.finditer(lines))
