"""Reading a file of schedules: into typed values, or into every problem there is, each with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from chaos.experiment.base import Model
from chaos.experiment.problems import InvalidExperiment, Problem
from chaos.experiment.translation import translate
from chaos.experiment.wording import KeyPath, listed, nearest, quoted
from chaos.experiment.yaml_reader import Document, Unreadable, read_file
from chaos.notices.protocol import NotifierSpec
from chaos.notices.registry import NOTIFIERS
from chaos.registry import BrokenPartError
from chaos.run_directory import runs_directory
from chaos.schedules.model import Blackout, Schedule, ScheduleFile
from chaos.schedules.times import moment_of
from chaos.secrets import learn

ModelT = TypeVar("ModelT", bound=Model)


@dataclass(frozen=True)
class Schedules:
    """A file of schedules that was read.

    Attributes:
        file: Where it is.
        content: What it says.
        sha256: Of its text.
    """

    file: Path
    content: ScheduleFile
    sha256: str

    @property
    def directory(self) -> Path:
        """What every path in the file is relative to."""
        return self.file.parent

    @property
    def runs(self) -> Path:
        """Where runs are kept."""
        named = self.content.runs
        return (self.directory / runs_directory(None if named is None else Path(named))).absolute()

    @property
    def blackouts(self) -> tuple[Blackout, ...]:
        """Windows in which no check begins."""
        return self.content.blackouts

    def __iter__(self) -> Iterator[Schedule]:
        return iter(self.content.schedules)

    def named(self, name: str) -> Schedule | None:
        """The schedule of this name."""
        return next((schedule for schedule in self if schedule.name == name), None)

    def notifier(self, number: int) -> str:
        """What the notifier of this number in `notify` is; the file may have been changed since it was written down."""
        specs = self.content.notify
        return specs[number].notifier if number < len(specs) else f"notifier {number} (gone)"

    def zone_of(self, schedule: Schedule) -> str:
        """The time zone whose clock a schedule means."""
        return schedule.time_zone or self.content.time_zone


def read_schedules(path: Path) -> Schedules:
    """Read a file of schedules.

    Raises:
        InvalidExperiment: Something is wrong with it; every problem is named, with its place.
    """
    try:
        document = read_file(path)
        if not isinstance(document.value, dict):
            message = "schedules are written as keys with values: `schedules:`, `notify:` and so on"
            raise Unreadable(document.place_of(()), message)
    except Unreadable as error:
        raise InvalidExperiment([error.problem]) from None
    content = _Parsing(document, path.absolute().parent).content()
    return Schedules(path.absolute(), content, document.sha256)


class _Parsing:
    """One document on its way to typed values."""

    def __init__(self, document: Document, directory: Path) -> None:
        self._document = document
        self._directory = directory
        self._problems = list(document.problems)
        learn(document.value)  # before anything of it can be said

    def content(self) -> ScheduleFile:
        """What the file says.

        Raises:
            InvalidExperiment: There are problems.
        """
        root = dict(self._document.value)
        notify: tuple[NotifierSpec | None, ...] = ()
        if isinstance(root.get("notify"), list):
            entries = enumerate(root.pop("notify"))
            notify = tuple(self._notifier(value, ("notify", index)) for index, value in entries)
        content = self._parse(root, ScheduleFile, ())
        if content is not None:
            self._check_names(content)
            self._check_files(content)
            self._check_blackouts(content)
        if self._problems or content is None:
            raise InvalidExperiment(self._problems)
        return content.model_copy(update={"notify": notify})

    def _notifier(self, value: object, path: KeyPath) -> NotifierSpec | None:
        if not isinstance(value, dict) or not isinstance(name := value.get("notifier"), str):
            self._complain(
                path, f"an entry such as `{{notifier: …}}` is due here, and {quoted(value)} stands here"
            )
            return None
        if name not in NOTIFIERS:
            known = NOTIFIERS.names()
            meant = nearest(name, known)
            others = "" if meant else f"; known are {listed(known, 'and')}"
            self._complain((*path, "notifier"), f"there is no notifier named {quoted(name)}{others}", meant)
            return None
        try:
            return self._parse(value, NOTIFIERS.named(name).spec_model, path)
        except BrokenPartError as error:
            self._complain((*path, "notifier"), str(error))
            return None

    def _parse(self, value: dict[str, Any], model: type[ModelT], path: KeyPath) -> ModelT | None:
        try:
            return model.model_validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            self._problems += translate(error, model, self._document, path)
            return None

    def _check_names(self, content: ScheduleFile) -> None:
        taken: set[str] = set()
        for index, schedule in enumerate(content.schedules):
            if schedule.name in taken:
                message = f"the name {quoted(schedule.name)} is taken by a schedule above"
                self._complain(("schedules", index, "name"), message)
            taken.add(schedule.name)

    def _check_files(self, content: ScheduleFile) -> None:
        for index, schedule in enumerate(content.schedules):
            for number, file in enumerate(schedule.experiments):
                if not (self._directory / file).is_file():
                    path: KeyPath = ("schedules", index, "experiments", number)
                    self._complain(path, f"there is no file {quoted(file)} in {self._directory}")

    def _check_blackouts(self, content: ScheduleFile) -> None:
        for index, blackout in enumerate(content.blackouts):
            if blackout.from_ is None or blackout.to is None:
                continue
            if moment_of(blackout.to, content.time_zone) <= moment_of(blackout.from_, content.time_zone):
                self._complain(("blackouts", index, "to"), "it ends before it begins")

    def _complain(self, path: KeyPath, message: str, suggestion: str | None = None) -> None:
        self._problems.append(Problem(self._document.value_place_of(path), path, message, suggestion))
