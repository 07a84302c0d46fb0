"""Kept gamedays: each in a directory of its own beside the runs; what others (a terminal, a page) may ask and add."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from chaos.clock import utc_now
from chaos.experiment.problems import InvalidExperiment
from chaos.gamedays.entries import Answer, Began, Decided, Entry, Lowered, Noted, NoteKind, Recommendation
from chaos.gamedays.journal import DamagedJournal, Journal
from chaos.gamedays.reading import GamedayReading, read_gameday
from chaos.gamedays.recommendation import below, recommend
from chaos.gamedays.state import GamedayState, NotBegun, answers_due, fold
from chaos.guardian.lock import FileLock
from chaos.run_directory import slug_of

FOLDER: Final = "gamedays"
_TOLD: Final = 5
_DIRECTORY: Final = re.compile(r"\d{8}T\d{6}Z-.+-[0-9a-f]{6}")


class NotDue(Exception):
    """What was decided is not to be decided now; the message says what is."""


class UnreadableGameday(Exception):
    """The directory of a gameday does not hold what it should; the message says what is wrong with it."""


class NoSuchGameday(LookupError):
    """No gameday, or more than one, is meant; the message says which there are."""


@dataclass(frozen=True)
class KeptGameday:
    """A gameday that was begun.

    Attributes:
        path: Its directory.
    """

    path: Path

    @property
    def name(self) -> str:
        """`20260102T030405Z-pre-release-1f2e3d`."""
        return self.path.name

    @property
    def file(self) -> Path:
        """What its file said when it began."""
        return self.path / "gameday.yaml"

    @property
    def journal(self) -> Journal:
        """What happened."""
        return Journal(self.path / "journal.ndjson")

    @property
    def runs(self) -> Path:
        """Where its runs are kept."""
        return self.path.parent.parent

    @property
    def walk_lock(self) -> FileLock:
        """The lock of whoever walks through it; it is free once they are gone, however they went."""
        elsewhere = (
            "is walked through elsewhere; take part with `chaos gameday decide` and `chaos gameday note`"
        )
        return FileLock(self.path / "lock", f"{self.name} {elsewhere}")

    @cached_property
    def reading(self) -> GamedayReading:
        """What its file said when it began. It does not change any more, so it is read once.

        Raises:
            InvalidExperiment: It is no gameday.
        """
        return read_gameday(self.file)

    def state(self) -> GamedayState:
        """Where it stands.

        Raises:
            UnreadableGameday: Its directory does not hold what it should.
        """
        try:
            return fold(self.reading.gameday, self.journal.entries())
        except (DamagedJournal, NotBegun, InvalidExperiment, OSError) as error:
            raise UnreadableGameday(f"{self.name} can't be read: {error}") from error

    def is_walked(self) -> bool:
        """Whether somebody walks through it now. While nobody does, decisions wait until it is resumed."""
        return not self.walk_lock.comes_free()

    def decide(self, answer: Answer, *, by: str, why: str = "", step: int | None = None) -> None:
        """Decide about the current step.

        Args:
            answer: What is decided.
            by: Who decides.
            why: The reason.
            step: The step that was seen, from 0; another one is current: refused.

        Raises:
            NotDue: That is not to be decided now, or somebody was quicker.
        """
        state = self.state()
        if not state.is_open:
            raise NotDue(f"{self.name} is over: {state.stage}")
        if step is not None and step != state.current:
            raise NotDue(f"step {step + 1} is not the current one; that is step {state.current + 1}")
        if answer not in (due := answers_due(state)):
            what = (
                f"due is {' or '.join(due)}" if due else "its experiments are running; `chaos halt` ends them"
            )
            raise NotDue(f"{answer} is not due at step {state.current + 1}: {what}")
        decided = Decided(at=utc_now(), step=state.current, answer=answer, by=by, why=why)
        self.append(decided)
        if decided not in self.state().history:
            raise NotDue("somebody else decided first")

    def note(self, text: str, *, by: str, kind: NoteKind = NoteKind.NOTE, owner: str = "") -> None:
        """Keep a note, a finding, or an action item with its owner, with the time."""
        self.append(Noted(at=utc_now(), kind=kind, text=text, by=by, owner=owner))

    def lower(self, to: Recommendation, *, by: str, why: str) -> None:
        """Lower the recommendation. What is better than the verdicts allow changes nothing, so it is refused.

        Raises:
            NotDue: It is not lower than what it is.
        """
        now = recommend(self.state())
        if to not in below(now):
            raise NotDue(f"the recommendation is {now}, and can only be lowered")
        self.append(Lowered(at=utc_now(), to=to, by=by, why=why))

    def append(self, entry: Entry) -> None:
        """Keep an entry of the journal."""
        self.journal.append(entry)


def begin(file: Path, runs: Path, *, system: str | None, overrides: tuple[str, ...]) -> KeptGameday:
    """Begin a gameday: its directory, what its file says now, and the first entry of its journal.

    Args:
        file: Its file; its experiments are named from there.
        runs: Where runs are kept.
        system: The system for every experiment that names none in the gameday.
        overrides: Changes for every experiment.

    Raises:
        OSError: They can't be written.
    """
    stamp = utc_now().strftime("%Y%m%dT%H%M%SZ")
    path = runs.absolute() / FOLDER / f"{stamp}-{slug_of(file.stem)}-{secrets.token_hex(3)}"
    path.mkdir(parents=True)
    gameday = KeptGameday(path)
    shutil.copyfile(file, gameday.file)
    began = Began(
        at=utc_now(),
        file=str(file),
        experiments_from=str(file.absolute().parent),
        directory=str(Path.cwd()),
        system=system,
        set=overrides,
    )
    gameday.append(began)
    return gameday


def kept_gamedays(runs: Path) -> list[KeptGameday]:
    """Every gameday that was begun, the newest first.

    Raises:
        OSError: `runs` can't be read.
    """
    folder = runs.absolute() / FOLDER
    if not folder.is_dir():
        return []
    named = [path for path in folder.iterdir() if path.is_dir() and _DIRECTORY.fullmatch(path.name)]
    begun = [path for path in named if (path / "journal.ndjson").exists()]
    return [KeptGameday(path) for path in sorted(begun, key=lambda path: path.name, reverse=True)]


def find_gameday(runs: Path, name: str | None) -> KeptGameday:
    """The gameday that is meant: by its directory, its name or how that begins or ends; else the newest.

    Raises:
        NoSuchGameday: None is, or several are.
        OSError: `runs` can't be read.
    """
    if name and (Path(name) / "journal.ndjson").is_file():
        return KeptGameday(Path(name).absolute())
    kept = kept_gamedays(runs)
    if not kept:
        raise NoSuchGameday(f"no gameday is kept in {runs}; `chaos gameday run FILE` begins one")
    if name is None:
        return kept[0]
    meant = [each for each in kept if name and (each.name.startswith(name) or each.name.endswith(name))]
    if len(meant) == 1:
        return meant[0]
    if meant:
        told = ", ".join(each.name for each in meant[:_TOLD])
        raise NoSuchGameday(
            f"{name!r} is the name of {len(meant)} gamedays in {runs}: {told}; say more of the name"
        )
    raise NoSuchGameday(f"no gameday in {runs} is called {name!r}; `chaos gameday list` names them")
