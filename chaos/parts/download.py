"""Fetching one file over HTTPS: bounded in size and time, tried again where that can help."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import tenacity

from chaos.experiment.endpoints import is_loopback
from chaos.parts.errors import PartError

_TRIES = 3
_FIRST_WAIT_S = 0.3
_ANSWER_WITHIN_S = 30.0
_BLOCK_BYTES = 256 * 1024


class _TransientError(Exception):
    """A failure that another try may mend."""


def download(url: str, to: Path, *, at_most_bytes: int) -> None:
    """Write what `url` answers to a file.

    Args:
        url: HTTPS; plain HTTP only to this machine.
        to: The file to write.
        at_most_bytes: A longer answer is refused.

    Raises:
        PartError: It can't be had, after three tries where that could help; names the URL and the reason.
    """
    check_url(url)
    again = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_TransientError),
        stop=tenacity.stop_after_attempt(_TRIES),
        wait=tenacity.wait_exponential(multiplier=_FIRST_WAIT_S),
        reraise=True,
    )
    try:
        again(_download_once, url, to, at_most_bytes)
    except _TransientError as error:
        raise PartError(f"can't download {url}: {error} ({_TRIES} tries)") from error


def check_url(url: str) -> None:
    """Refuse what is neither HTTPS nor plain HTTP to this machine.

    Raises:
        PartError: It is neither.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and is_loopback(parts.hostname):
        return
    raise PartError(f"{url!r} is no HTTPS address (plain http is only taken to this machine itself)")


def _download_once(url: str, to: Path, at_most_bytes: int) -> None:
    try:
        with urllib.request.urlopen(url, timeout=_ANSWER_WITHIN_S) as answer:
            _copy(answer, to, url, at_most_bytes)
    except urllib.error.HTTPError as error:
        reason = f"the server answers {error.code} {error.reason}"
        if error.code >= 500 or error.code == 429:
            raise _TransientError(reason) from error
        login = " It wants a login: install npm, which knows yours." if error.code in (401, 403) else ""
        raise PartError(f"can't download {url}: {reason}.{login}") from error
    except urllib.error.URLError as error:
        raise _TransientError(str(error.reason)) from error
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise _TransientError(f"{type(error).__name__}: {error}") from error


def _copy(answer: http.client.HTTPResponse, to: Path, url: str, at_most_bytes: int) -> None:
    announced = answer.headers.get("Content-Length")
    received = 0
    with to.open("wb") as file:
        while block := answer.read(_BLOCK_BYTES):
            received += len(block)
            if received > at_most_bytes:
                raise PartError(f"{url} is longer than the {at_most_bytes:,} bytes that were expected")
            file.write(block)
    if announced is not None and announced.isdigit() and received < int(announced):
        raise _TransientError(f"the answer broke off after {received:,} of {int(announced):,} bytes")
