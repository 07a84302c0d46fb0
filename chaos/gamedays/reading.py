"""Reading a gameday: from a file to a typed value, or to every problem there is, each with its place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from chaos.experiment.problems import InvalidExperiment, Problem
from chaos.experiment.translation import translate
from chaos.experiment.wording import KeyPath
from chaos.experiment.yaml_reader import Document, Unreadable, read_file
from chaos.gamedays.model import Gameday
from chaos.secrets import learn


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
    learn(document.value)  # before anything of it can be said
    problems = list(document.problems)
    if not isinstance(document.value, dict):
        message = "a gameday is written as keys with values: `title:`, `steps:` and so on"
        raise InvalidExperiment([*problems, Problem(document.place_of(()), (), message)])
    try:
        gameday = Gameday.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        raise InvalidExperiment([*problems, *translate(error, Gameday, document)]) from None
    if problems:
        raise InvalidExperiment(problems)
    return GamedayReading(gameday, document)
