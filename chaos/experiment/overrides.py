"""Changes to an experiment from the command line: `--set load.jobs=10000`, `--system reseolio`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chaos.experiment.problems import Place, Problem
from chaos.experiment.wording import KeyPath, shown
from chaos.experiment.yaml_reader import Document, Unreadable, read_text

_KEY = r"[A-Za-z][A-Za-z0-9_-]*"
_PATH = re.compile(rf"{_KEY}(?:\[[0-9]{{1,4}}\])*(?:\.{_KEY}(?:\[[0-9]{{1,4}}\])*)*")


def override(document: Document, overrides: Iterable[str], system: str | None = None) -> None:
    """Change what was read, as the command line asks.

    The system comes first, so that an override can set its options. Naming another system than the file
    does leaves the file's options for its own one behind. What is wrong with an override is added to the
    document's problems.

    Args:
        document: What was read; it is changed.
        overrides: `key.path=value` each; the value is read as YAML.
        system: The system's name.
    """
    if system is not None:
        _name_system(document, system)
    for text in overrides:
        place = Place(f"--set {text}")
        path_text, equals, value_text = text.partition("=")
        if not equals or not _PATH.fullmatch(path_text):
            message = "write an override as `key.path=value`, such as `load.jobs=10000` or `faults[0].at=2s`"
            document.problems.append(Problem(place, (), message))
            continue
        path = _parse_path(path_text)
        try:
            _assign(document, path, _read_value(document, value_text, place, path), place)
        except Unreadable as error:
            document.problems.append(error.problem)


def _parse_path(text: str) -> KeyPath:
    return tuple(int(part) if part.isdecimal() else part for part in re.findall(r"[^.\[\]]+", text))


def _read_value(document: Document, text: str, place: Place, path: KeyPath) -> Any:
    """The value of an override. The places inside of it are all the same: the option."""
    if not text.strip():
        return None
    try:
        read = read_text(text, place.file)
    except Unreadable as error:
        raise Unreadable(place, error.problem.message, path) from None
    for problem in read.problems:
        document.problems.append(Problem(place, path + problem.key_path, problem.message))
    return read.value


def _name_system(document: Document, name: str) -> None:
    place = Place(f"--system {name}")
    present = document.value.get("system")
    if isinstance(present, dict) and present.get("name") == name:
        return
    document.value["system"] = name
    _move(document, ("system",), place)


def _assign(document: Document, path: KeyPath, value: Any, place: Place) -> None:
    """Put a value at a path, making the mappings on the way to it that are not there yet.

    Raises:
        Unreadable: The path leads through something that has no such part.
    """
    holder = document.value
    for depth, part in enumerate(path):
        at = path[:depth]
        if isinstance(part, int):
            if not isinstance(holder, list) or part >= len(holder):
                held = (
                    f"is a list of {len(holder)}, counted from 0"
                    if isinstance(holder, list)
                    else "is no list"
                )
                raise Unreadable(place, f"there is no `{shown((*at, part))}`: `{shown(at)}` {held}", path)
        elif not isinstance(holder, dict):
            what = "is a list; say which entry, counted from 0" if isinstance(holder, list) else "has no keys"
            raise Unreadable(place, f"`{shown(at)}` {what}", path)
        if depth == len(path) - 1:
            holder[part] = value
            _move(document, path, place)
            return
        inner = holder[part] if isinstance(part, int) else holder.get(part)
        if inner is None or (path[: depth + 1] == ("system",) and isinstance(inner, str)):
            inner = {} if inner is None else {"name": inner}
            holder[part] = inner
            document.places.setdefault(path[: depth + 1], place)
        holder = inner


def _move(document: Document, path: KeyPath, place: Place) -> None:
    """From now on, what stands at a path and inside of it is placed at the option."""
    for places in (document.places, document.key_places):
        for known in [known for known in places if known[: len(path)] == path]:
            del places[known]
    document.places[path] = place
