"""Reading a gameday: from a file to a typed value, or to every problem there is, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chaos.experiment.parsing import Parsing
from chaos.experiment.problems import InvalidExperiment, Problem
from chaos.experiment.wording import KeyPath
from chaos.experiment.yaml_reader import Document, Unreadable, read_file
from chaos.gamedays.model import Gameday


@dataclass(frozen=True)
class GamedayReading:
    """A gameday with the document that it was read from, which knows where everything stands."""

    gameday: Gameday
    _document: Document

    def problems_at(self, found: Iterable[tuple[KeyPath, str]]) -> list[Problem]:
        """What was found wrong later, when its experiments met this machine, each with its place."""
        return [Problem(self._document.value_place_of(path), path, message) for path, message in found]


def read_gameday(path: Path) -> GamedayReading:
    """Read a gameday; its experiments are not looked at.

    Args:
        path: Its file.

    Raises:
        InvalidExperiment: Something is wrong with it; every problem is named, with its place.
    """
    try:
        document = read_file(path)
    except Unreadable as error:
        raise InvalidExperiment([error.problem]) from None
    parsing = Parsing(document)
    if not isinstance(document.value, dict):
        parsing.complain((), "a gameday is written as keys with values: `title:`, `steps:` and so on")
        raise InvalidExperiment(parsing.problems)
    gameday = parsing.parse(document.value, Gameday, ())
    if parsing.problems or gameday is None:
        raise InvalidExperiment(parsing.problems)
    return GamedayReading(gameday, document)
