"""What the runner records beside the jobs: phases, components, faults, probes. One JSON object a line.

These are rare, so they are text. They go to `ledger/events.ndjson`, each with one `write(2)`, and with the
job records they hold everything that the verdict is made from. Their lines are numbered, and the last one says
that it is the last, so that none can be gone unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar

EVENTS_FILE = "events.ndjson"
ENDS_SAID = 2
"""The version of the file since which its lines are numbered and a `RunEnded` is the last of them."""
TOOL_PREFIX = "tool:"
"""How the name of a component begins that is a fault's tool: no part of the system, and none of the load."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a run, at a time of the machine's monotonic clock.

    Attributes:
        name: What this kind of event is called in the file.
        from_outside: The fields with text that a system, a file or an error brought in: secrets are taken out of them.
    """

    name: ClassVar[str]
    from_outside: ClassVar[tuple[str, ...]] = ()
    time_ns: int


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The run's identity, written first.

    `experiment_sha256` is of the file that was given and all that it extends, `saved_sha256` of the experiment as it
    was kept, by which a later check sees that it was not changed. `profile` is the one that was asked for. `version` is
    that of the file of events; the first one did not say it.
    """

    name = "run-started"
    from_outside = ("experiment_file",)
    run: str
    wall_time: str
    clock: str
    seed: int
    chaos_version: str
    experiment_file: str
    experiment_sha256: str
    saved_sha256: str
    profile: str | None = None
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class SystemDescribed(Event):
    """What the system under test is, and what it can tell; see `chaos.systems.protocol.Description`."""

    name = "system-described"
    from_outside = ("description",)
    description: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PhaseEntered(Event):
    """A phase of the run, or a window of its load (`load:baseline`, `load:faults`, `load:after`), began."""

    name = "phase-entered"
    phase: str


@dataclass(frozen=True, kw_only=True)
class LoadScheduled(Event):
    """The load was told to begin: `start_ns` is time zero of every arrival and of a report's time axis."""

    name = "load-scheduled"
    start_ns: int


@dataclass(frozen=True, kw_only=True)
class ComponentUp(Event):
    """A process was started. `incarnation` counts the starts of this component from 1."""

    name = "component-up"
    component: str
    incarnation: int
    pid: int


@dataclass(frozen=True, kw_only=True)
class ComponentReady(Event):
    """A component answered as it should."""

    name = "component-ready"
    component: str
    incarnation: int


@dataclass(frozen=True, kw_only=True)
class ComponentDown(Event):
    """A process is gone.

    `status` is what the kernel said (`exit 0`, `SIGKILL`); `expected` is false where nobody asked for it; `asked_ns` is
    when the signal was sent that ended it, where a fault sent one.
    """

    name = "component-down"
    component: str
    incarnation: int
    status: str
    expected: bool
    asked_ns: int | None = None


@dataclass(frozen=True, kw_only=True)
class LedgerOpened(Event):
    """A load process has opened its ledger file, so from now on there must be one."""

    name = "ledger-opened"
    component: str
    incarnation: int


@dataclass(frozen=True, kw_only=True)
class LedgerClosed(Event):
    """A load process is gone: this is how long its files are, and will be for ever."""

    name = "ledger-closed"
    component: str
    incarnation: int
    ledger_bytes: int
    ids_bytes: int


@dataclass(frozen=True, kw_only=True)
class FaultRequested(Event):
    """A fault is about to be injected into `targets`; its moment had come at `due_ns`."""

    name = "fault-requested"
    fault: str
    kind: str
    targets: tuple[str, ...]
    due_ns: int


@dataclass(frozen=True, kw_only=True)
class FaultConfirmed(Event):
    """A fault was seen to have bitten, by this evidence."""

    name = "fault-confirmed"
    from_outside = ("evidence",)
    fault: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class FaultReverted(Event):
    """A fault was undone and seen to be undone, by this evidence."""

    name = "fault-reverted"
    from_outside = ("evidence",)
    fault: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FaultFailed(Event):
    """A fault could not be injected (`stage: inject`), proven (`confirm`), kept on (`sustain`) or undone (`revert`)."""

    name = "fault-failed"
    from_outside = ("reason",)
    fault: str
    stage: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ProbeSampled(Event):
    """One sample of a hypothesis: what the probe answered, and whether that was within the tolerance."""

    name = "probe-sampled"
    from_outside = (
        "hypothesis",
        "value",
        "note",
    )
    hypothesis: str
    window: str
    value: float | str | bool | None
    held: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DrainEnded(Event):
    """How the drain ended: `drained`, `stalled` or `out-of-time`, and what both witnesses said then."""

    name = "drain-ended"
    how: str
    unsettled_by_ledger: int
    queue_depth: int | None


@dataclass(frozen=True, kw_only=True)
class LogNoticed(Event):
    """A component has logged a line of a bad kind, for the first time: `rule` is what the kind is called."""

    name = "log-noticed"
    from_outside = ("line",)
    component: str
    rule: str
    line: str


@dataclass(frozen=True, kw_only=True)
class LogCounted(Event):
    """How often a component has logged a kind of line in the whole run, with the first one and when that was seen.

    `tone` is `bad`, `good` or `neutral`. Unknown errors are counted by shape, so a component may have several.
    """

    name = "log-counted"
    from_outside = ("first",)
    component: str
    rule: str
    tone: str
    count: int
    first: str
    first_ns: int


@dataclass(frozen=True, kw_only=True)
class SilenceBegan(Event):
    """No job was completed since `since_ns`, while jobs waited: which faults were active, what each component did."""

    name = "silence-began"
    from_outside = ("doing",)
    since_ns: int
    waiting: int
    executing: int
    faults: tuple[str, ...]
    doing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SilenceEnded(Event):
    """A job was completed again, or none waited any more."""

    name = "silence-ended"
    since_ns: int


class Note(StrEnum):
    """What a `Noted` event is about. docs/checks.md says what each means for the verdict."""

    INTERRUPTED = "interrupted"
    HALTED = "halted"
    GUARDIAN_DIED = "guardian-died"
    TOOLKIT_FAILED = "toolkit-failed"
    LEFT_BEHIND = "left-behind"
    NEVER_READY = "never-ready"
    SYSTEM_LACKS = "system-lacks"
    DID_NOT_COME_BACK = "did-not-come-back"
    BASELINE_NOT_HELD = "baseline-not-held"
    FAULT_NOT_DUE = "fault-not-due"
    LOAD_FELL_SHORT = "load-fell-short"
    NOT_WATCHED = "not-watched"


@dataclass(frozen=True, kw_only=True)
class Noted(Event):
    """Anything else that the verdict must take into account, in words for people."""

    name = "noted"
    from_outside = ("text",)
    what: Note
    text: str


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """Everything was undone and stopped; nothing follows. `monitor.ndjson` has `samples_bytes`, and will for ever."""

    name = "run-ended"
    samples_bytes: int


EVENTS: Mapping[str, type[Event]] = {
    event.name: event
    for event in (
        RunStarted,
        SystemDescribed,
        PhaseEntered,
        LoadScheduled,
        ComponentUp,
        ComponentReady,
        ComponentDown,
        LedgerOpened,
        LedgerClosed,
        FaultRequested,
        FaultConfirmed,
        FaultReverted,
        FaultFailed,
        ProbeSampled,
        DrainEnded,
        LogNoticed,
        LogCounted,
        SilenceBegan,
        SilenceEnded,
        Noted,
        RunEnded,
    )
}

_PLAIN: Mapping[str, type] = {each.__name__: each for each in (int, str, bool)}
"""The types of fields that a line must have as they are."""


_LISTS = frozenset({"targets", "faults", "doing"})


def to_line(event: Event, number: int | None = None) -> bytes:
    """The event as one line of NDJSON, with its number in the file if it is for one."""
    numbered = {} if number is None else {"number": number}
    return (
        json.dumps({"event": event.name, **numbered, **asdict(event)}, separators=(",", ":")).encode() + b"\n"
    )


def from_line(line: bytes) -> tuple[Event, int | None]:
    """The event that `to_line` wrote, and its number; None: it has none.

    Raises:
        ValueError: The line is no event of this version.
    """
    raw = json.loads(line)
    if not isinstance(raw, dict) or raw.get("event") not in EVENTS:
        raise ValueError(f"not an event: {line[:80]!r}")
    kind, number = EVENTS[raw.pop("event")], raw.pop("number", None)
    known = {each.name for each in fields(kind)}
    if unknown := sorted(set(raw) - known):
        raise ValueError(f"unknown fields of {kind.name}: {', '.join(unknown)}")
    for name in _LISTS & raw.keys():
        raw[name] = tuple(raw[name])
    if kind is Noted and "what" in raw:
        raw["what"] = Note(raw["what"])
    for each in fields(kind):
        plain = _PLAIN.get(str(each.type))
        if plain is not None and each.name in raw and type(raw[each.name]) is not plain:
            raise ValueError(f"`{each.name}` of {kind.name} is no {plain.__name__}: {raw[each.name]!r}")
    try:
        return kind(**raw), number
    except TypeError as error:
        raise ValueError(f"incomplete {kind.name}: {error}") from error
