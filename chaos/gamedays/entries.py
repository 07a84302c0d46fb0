"""What a gameday's journal holds: one entry for each thing that happened, one line of JSON each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from chaos.processes.identity import ProcessIdentity
from chaos.verdict.results import ExitCode, Verdict

UNATTENDED = "unattended"
"""Who decided where nobody was there."""
AUTOMATIC = "automatic"
"""Who decided where the verdicts did."""


class Answer(StrEnum):
    """What can be decided about a step."""

    GO = "go"
    NO_GO = "no-go"
    SKIP = "skip"
    DONE = "done"


class Recommendation(StrEnum):
    """Whether to release, the worst first."""

    NO_GO = "no-go"
    GO_WITH_RISKS = "go with risks"
    GO = "go"


class NoteKind(StrEnum):
    """What a note is."""

    NOTE = "note"
    FINDING = "finding"
    ACTION = "action"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    at: datetime


class Began(_Entry):
    """The gameday began.

    Attributes:
        file: Its file, as it was named.
        experiments_from: The directory that its file names experiments from.
        directory: Where the command was given; experiments run there.
        system: The system for every experiment that names none of its own in the gameday.
        set: The changes for every experiment.
    """

    entry: Literal["began"] = "began"
    file: str
    experiments_from: str
    directory: str
    system: str | None = None
    set: tuple[str, ...] = ()


class Decided(_Entry):
    """Somebody or something decided about a step, from 0."""

    entry: Literal["decided"] = "decided"
    step: int
    answer: Answer
    by: str
    why: str = ""


class Launched(_Entry):
    """A process runs an experiment of the step under way."""

    entry: Literal["launched"] = "launched"
    step: int
    experiment: int
    process: ProcessIdentity


class RunEnded(_Entry):
    """An experiment of the step under way is over; without a run's name it never came to a run."""

    entry: Literal["run-ended"] = "run-ended"
    step: int
    experiment: int
    began_at: datetime
    exit_code: ExitCode
    verdict: Verdict
    run: str | None = None
    reasons: tuple[str, ...] = ()


class Interrupted(_Entry):
    """Experiments of the step under way were cut off; what was done about it. The step is asked about again."""

    entry: Literal["interrupted"] = "interrupted"
    step: int
    what: str


class Noted(_Entry):
    """A note, a finding, or an action item with its owner."""

    entry: Literal["noted"] = "noted"
    kind: NoteKind
    text: str
    by: str = ""
    owner: str = ""


class Stopped(_Entry):
    """A stop condition or the time box ended the gameday."""

    entry: Literal["stopped"] = "stopped"
    why: str


class Lowered(_Entry):
    """Somebody lowered the recommendation."""

    entry: Literal["lowered"] = "lowered"
    to: Recommendation
    by: str
    why: str


Entry = Began | Decided | Launched | RunEnded | Interrupted | Noted | Stopped | Lowered
ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="entry")])
