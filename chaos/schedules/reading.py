"""Reading a file of schedules: into typed values, or into every problem there is, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chaos.experiment.parsing import Parsing
from chaos.experiment.problems import InvalidExperiment
from chaos.experiment.wording import KeyPath, quoted
from chaos.experiment.yaml_reader import Document, Unreadable, read_file
from chaos.notices.protocol import NotifierSpec
from chaos.notices.registry import NOTIFIERS
from chaos.registry import BrokenPartError
from chaos.run_directory import runs_directory
from chaos.schedules.model import Blackout, Schedule, ScheduleFile
from chaos.schedules.times import moment_of


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


class _Parsing(Parsing):
    """One document on its way to a file of schedules."""

    def __init__(self, document: Document, directory: Path) -> None:
        super().__init__(document)
        self._directory = directory

    def content(self) -> ScheduleFile:
        """What the file says.

        Raises:
            InvalidExperiment: There are problems.
        """
        root = dict(self.document.value)
        notify: tuple[NotifierSpec | None, ...] = ()
        if isinstance(root.get("notify"), list):
            entries = enumerate(root.pop("notify"))
            notify = tuple(self._notifier(value, ("notify", index)) for index, value in entries)
        content = self.parse(root, ScheduleFile, ())
        if content is not None:
            self.check_names((schedule.name for schedule in content.schedules), "schedules")
            self._check_files(content)
            self._check_blackouts(content)
        if self.problems or content is None:
            raise InvalidExperiment(self.problems)
        return content.model_copy(update={"notify": notify})

    def _notifier(self, value: object, path: KeyPath) -> NotifierSpec | None:
        name = self.kind(value, path, "notifier", NOTIFIERS.names())
        if name is None:
            return None
        try:
            return self.parse(value, NOTIFIERS.named(name).spec_model, path)
        except BrokenPartError as error:
            self.complain((*path, "notifier"), str(error))
            return None

    def _check_files(self, content: ScheduleFile) -> None:
        for index, schedule in enumerate(content.schedules):
            for number, file in enumerate(schedule.experiments):
                if not (self._directory / file).is_file():
                    path: KeyPath = ("schedules", index, "experiments", number)
                    self.complain(path, f"there is no file {quoted(file)} in {self._directory}")

    def _check_blackouts(self, content: ScheduleFile) -> None:
        for index, blackout in enumerate(content.blackouts):
            if blackout.from_ is None or blackout.to is None:
                continue
            if moment_of(blackout.to, content.time_zone) <= moment_of(blackout.from_, content.time_zone):
                self.complain(("blackouts", index, "to"), "it ends before it begins")
