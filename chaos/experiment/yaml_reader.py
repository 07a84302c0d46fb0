"""From YAML text to plain values, with the place of every key and every value.

YAML's traps are closed. Only `true`, `false`, `null`, plain decimal numbers and a value left out are
resolved; every other scalar is text that its field parses, so `1:30`, `off`, `010` and `1e6` never change
their meaning. Duplicate keys, tags, merge keys and a second document are refused; anchors and aliases are
read, within bounds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from chaos.experiment.problems import Place, Problem
from chaos.experiment.wording import KeyPath, quoted
from chaos.experiment.yaml_syntax import explain

MOST_BYTES = 256 * 1024
MOST_VALUES = 10_000
DEEPEST = 32
LONGEST_NUMBER = 40

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "": None}


class Unreadable(Exception):
    """A file, or its YAML, can't be read at all.

    Attributes:
        problem: What is wrong, and where.
    """

    def __init__(self, place: Place, message: str, key_path: KeyPath = ()) -> None:
        self.problem = Problem(place, key_path, message)
        super().__init__(str(self.problem))


@dataclass
class Document:
    """What stands in a file: plain values, and where each of them is.

    Attributes:
        value: None, bool, int, float, str, list or dict with text keys.
        places: Where each value begins.
        key_places: Where each key begins.
        problems: What is wrong though the rest could be read, such as duplicate keys.
        sha256: The digest of the file that it was read from, and of all that this one extends; empty for other text.
    """

    value: Any
    places: dict[KeyPath, Place] = field(default_factory=dict)
    key_places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    sha256: str = ""

    def place_of(self, path: KeyPath) -> Place:
        """Where the key at a path stands, or its value, or the nearest thing around it."""
        while path not in self.key_places and path not in self.places and path:
            path = path[:-1]
        return self.key_places.get(path) or self.places[path]

    def value_place_of(self, path: KeyPath) -> Place:
        """Where the value at a path stands, or the nearest one around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places[path]

    def lay_inside(self, path: KeyPath, parts: Iterable[str]) -> None:
        """Make keys known that are parts of the text at a path: they all stand where it stands."""
        place = self.value_place_of(path)
        self.places.update({(*path, part): place for part in parts})


def read_file(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        Unreadable: There is no such file, or what it holds is no YAML.
    """
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable(Place(name), "there is no such file") from None
    except IsADirectoryError:
        raise Unreadable(Place(name), "this is a directory, not a file") from None
    except (OSError, ValueError) as error:
        raise Unreadable(Place(name), f"this file can't be read: {error}") from None
    if len(data) > MOST_BYTES:
        raise Unreadable(
            Place(name), f"this file is larger than {MOST_BYTES // 1024} KiB; is it an experiment?"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise Unreadable(
            Place(name, line, column), "this is not UTF-8; save the file as UTF-8 text"
        ) from None
    document = read_text(text, name)
    document.sha256 = digest(data)
    return document


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def read_text(text: str, file: str) -> Document:
    """Read YAML text.

    Args:
        text: The text.
        file: What places call it.

    Raises:
        Unreadable: It is no YAML.
    """
    return _Reader(text, file).document()


def resolve(text: str) -> bool | int | float | str | None:
    """What text without quotes stands for: `true`, `false`, `null`, a plain decimal number, or itself."""
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None or len(text) > LONGEST_NUMBER:
        return text
    return float(text) if number[1] else int(text)


@dataclass(frozen=True)
class _Node:
    place: Place


@dataclass(frozen=True)
class _Scalar(_Node):
    text: str
    plain: bool


@dataclass(frozen=True)
class _List(_Node):
    items: list[_Node]


@dataclass(frozen=True)
class _Map(_Node):
    entries: list[tuple[str, Place, _Node]]


class _Reader:
    """Takes the parser's events one by one, so that depth and size are bounded before anything is built."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._events = self._parse()
        self._anchors: dict[str, _Node] = {}
        self._values = 0
        self._document = Document(None)

    def document(self) -> Document:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise Unreadable(Place(self._file, 1, 1), "this file is empty")
        root = self._node(next(self._events), depth=0)
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            message = "a second document begins here; write each experiment in a file of its own"
            raise Unreadable(self._place(after), message)
        self._document.value = self._lay_out(root, ())
        return self._document

    def _parse(self) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(self._text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            message, line, column = explain(error, self._text)
            raise Unreadable(Place(self._file, line, column), message) from None
        except yaml.reader.ReaderError as error:
            before = self._text[: error.position]
            line, column = before.count("\n") + 1, error.position - before.rfind("\n")
            message = f"the character U+{ord(self._text[error.position]):04X} can't stand in YAML"
            raise Unreadable(Place(self._file, line, column), message) from None
        except (ValueError, OverflowError):  # what PyYAML's chr() makes of "\UFFFFFFFF"
            match = re.search(r"\\U(?!000|0010)[0-9a-fA-F]{8}", self._text)
            before = self._text[: match.start()] if match else ""
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            raise Unreadable(Place(self._file, line, column), "this escape names no character") from None

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        assert mark is not None
        return Place(self._file, mark.line + 1, mark.column + 1)

    def _node(self, event: yaml.Event, depth: int) -> _Node:
        place = self._place(event)
        if depth > DEEPEST:
            raise Unreadable(place, f"this is nested more than {DEEPEST} deep")
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event.anchor or "", place)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if event.tag is not None:
            self._complain(
                place, f"tags such as {quoted(event.tag)} are not part of the language; leave it away"
            )
        node: _Node
        match event:
            case yaml.ScalarEvent():
                node = _Scalar(place, self._checked(event.value, place), plain=event.implicit[0])
            case yaml.SequenceStartEvent():
                node = _List(place, list(self._items(depth)))
            case _:
                node = _Map(place, list(self._entries(depth)))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _aliased(self, name: str, place: Place) -> _Node:
        try:
            return replace(self._anchors[name], place=place)
        except KeyError:
            message = (
                f"`*{name}` refers to `&{name}`, which does not stand before it; "
                "put text that begins with `*` in quotes"
            )
            raise Unreadable(place, message) from None

    def _items(self, depth: int) -> Iterator[_Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> Iterator[tuple[str, Place, _Node]]:
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, _Scalar):
                self._complain(key.place, "a key is a word, not a list or a mapping")
            elif key.plain and key.text == "<<":
                self._complain(
                    key.place, "merge keys (`<<`) are not part of the language; write the keys out"
                )
            else:
                yield key.text, key.place, value

    def _checked(self, text: str, place: Place) -> str:
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise Unreadable(place, "this holds half of a character (a surrogate escape)")
        return text

    def _lay_out(self, node: _Node, path: KeyPath) -> Any:
        """The plain value of a node. Aliases are written out here, so here their number is bounded."""
        self._values += 1
        if self._values > MOST_VALUES:
            raise Unreadable(
                node.place, f"this file holds more than {MOST_VALUES} values, aliases written out"
            )
        self._document.places[path] = node.place
        match node:
            case _Scalar():
                return self._resolve(node, path)
            case _List():
                return [self._lay_out(item, (*path, index)) for index, item in enumerate(node.items)]
            case _Map():
                return self._lay_out_map(node, path)
        raise AssertionError(node)

    def _lay_out_map(self, node: _Map, path: KeyPath) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, place, value in node.entries:
            inner = (*path, key)
            if key in plain:
                first = self._document.key_places[inner]
                message = f"this key stands twice; it is already on line {first.line}, column {first.column}"
                self._complain(place, message, inner)
                continue
            self._document.key_places[inner] = place
            plain[key] = self._lay_out(value, inner)
        return plain

    def _resolve(self, scalar: _Scalar, path: KeyPath) -> bool | int | float | str | None:
        if not scalar.plain:
            return scalar.text
        if len(scalar.text) > LONGEST_NUMBER and _NUMBER.fullmatch(scalar.text):
            self._complain(scalar.place, f"this number has more than {LONGEST_NUMBER} characters", path)
            return None
        return resolve(scalar.text)

    def _complain(self, place: Place, message: str, path: KeyPath = ()) -> None:
        self._document.problems.append(Problem(place, path, message))
