"""An event of a run as one line for people."""

from __future__ import annotations

from functools import singledispatch

from chaos.clock import seconds_between
from chaos.ledger.events import (
    ComponentDown,
    ComponentReady,
    ComponentUp,
    DrainEnded,
    Event,
    FaultConfirmed,
    FaultFailed,
    FaultRequested,
    FaultReverted,
    LogNoticed,
    Noted,
    PhaseEntered,
    ProbeSampled,
    SilenceBegan,
    SilenceEnded,
    SystemDescribed,
)
from chaos.monitor.log_lines import read_line
from chaos.report.evidence import evidence_in_words, shortly

_PHASES = {
    "prepare": "preparing the system",
    "start": "starting components and load processes",
    "load:baseline": "load begins: baseline",
    "load:during": "faults begin",
    "load:after": "last fault undone: after",
    "heal": "load ended; healing",
    "drain": "draining: waiting until no job is left that is not terminal",
    "check": "reading the final state of every job",
    "stop": "stopping everything",
}

_STAGES = {
    "inject": "could not be injected",
    "confirm": "was not seen to have bitten",
    "sustain": "did not last as it should",
    "revert": "was not seen to be undone",
}


_LOAD = ("worker-", "producer-", "reader")


def is_small_talk(event: Event) -> bool:
    """Whether it only says that a load process came or went as it should, which is not worth a line to people."""
    if isinstance(event, ComponentUp | ComponentReady):
        return event.component.startswith(_LOAD)
    return isinstance(event, ComponentDown) and event.expected and event.component.startswith(_LOAD)


@singledispatch
def say(_event: Event) -> str | None:
    """The event in plain words; None for one that is not worth a line."""
    return None


@say.register
def _(event: PhaseEntered) -> str | None:
    return _PHASES.get(event.phase)


@say.register
def _(event: SystemDescribed) -> str | None:
    return f"system {event.description['name']} {event.description['version']}"


@say.register
def _(event: ComponentUp) -> str | None:
    again = f", start {event.incarnation}" if event.incarnation > 1 else ""
    return f"{event.component} up (process {event.pid}{again})"


@say.register
def _(event: ComponentReady) -> str | None:
    return f"{event.component} ready"


@say.register
def _(event: ComponentDown) -> str | None:
    return f"{event.component} down: {event.status}{'' if event.expected else ', which nobody asked for'}"


@say.register
def _(event: FaultRequested) -> str | None:
    return f"fault {event.fault}: {event.kind} on {shortly(event.targets)}"


@say.register
def _(event: FaultConfirmed) -> str | None:
    return f"fault {event.fault} confirmed: {evidence_in_words(event.evidence)}"


@say.register
def _(event: FaultReverted) -> str | None:
    seen = evidence_in_words(event.evidence)
    return f"fault {event.fault} undone{': ' if seen else ''}{seen}"


@say.register
def _(event: FaultFailed) -> str | None:
    reason, _, _ = event.reason.partition("\n")
    return f"fault {event.fault} {_STAGES[event.stage]}: {reason}"


@say.register
def _(event: ProbeSampled) -> str | None:
    return None if event.held else f"hypothesis not held: {event.hypothesis} (answer: {event.value})"


@say.register
def _(event: DrainEnded) -> str | None:
    if event.how == "drained":
        return "drained: both witnesses see no job left"
    depth = "unknown" if event.queue_depth is None else event.queue_depth
    return (
        f"drain ended {event.how}: {event.unsettled_by_ledger} jobs not settled by the ledger, "
        f"queue depth by the system: {depth}"
    )


@say.register
def _(event: Noted) -> str | None:
    return event.text


@say.register
def _(event: LogNoticed) -> str | None:
    return f"{event.component} logged {event.rule}: {read_line(event.line).message}"


@say.register
def _(event: SilenceBegan) -> str | None:
    silent_s = seconds_between(event.since_ns, event.time_ns)
    faults = f" (under {', '.join(event.faults)})" if event.faults else ""
    doing = "".join(f"\n            {line}" for line in event.doing)
    return f"silence: no job completed for {silent_s:.0f} s, while {event.waiting} wait{faults}{doing}"


@say.register
def _(event: SilenceEnded) -> str | None:
    return f"the silence is over after {seconds_between(event.since_ns, event.time_ns):.1f} s"
