"""What happened in a run so far: its phases, its faults and its hypotheses, folded from its events one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chaos.experiment.model import HypothesisSpec
from chaos.ledger.events import (
    Event,
    FaultConfirmed,
    FaultFailed,
    FaultRequested,
    FaultReverted,
    LoadScheduled,
    LogNoticed,
    Noted,
    PhaseEntered,
    ProbeSampled,
    SilenceBegan,
    SystemDescribed,
)
from chaos.probes.protocol import Probe
from chaos.report.evidence import evidence_in_words, shortly
from chaos.report.page.faults import PHASES
from chaos.report.words import is_small_talk, say
from chaos.secrets import redacted

_MOST_SPANS: Final = 200
_TONES: Final[Mapping[type[Event], str]] = {
    FaultFailed: "bad",
    FaultRequested: "fault",
    FaultConfirmed: "fault",
    FaultReverted: "fault",
    LogNoticed: "unsure",
    Noted: "unsure",
    ProbeSampled: "unsure",
    SilenceBegan: "unsure",
    PhaseEntered: "phase",
}


@dataclass(frozen=True)
class Phase:
    """A phase of the run, or a window of its load: what it is called, and when it began."""

    name: str
    from_s: float


@dataclass
class FaultSoFar:
    """A fault that was requested; None for a step that was not seen yet.

    Attributes:
        seen: What showed that it bit, or went wrong, in words.
    """

    name: str
    kind: str
    targets: str
    requested_s: float
    confirmed_s: float | None = None
    reverted_s: float | None = None
    seen: str = ""


@dataclass
class HypothesisSoFar:
    """How a hypothesis fared.

    Attributes:
        held: Whether it did when it was last asked; None: it never was.
        answer: The last answer, in words.
        samples, not_held: How often it was asked, and how often it did not hold.
        spans: From when to when it held or did not, one after the other.
    """

    name: str
    held: bool | None = None
    answer: str = ""
    samples: int = 0
    not_held: int = 0
    spans: list[tuple[float, float, bool]] = field(default_factory=list)

    def take(self, at_s: float, sample: ProbeSampled, answer: str) -> None:
        """It was asked once more, and this was answered."""
        self.held, self.answer = sample.held, answer
        self.samples += 1
        self.not_held += not sample.held
        if self.spans and self.spans[-1][2] == sample.held:
            self.spans[-1] = (self.spans[-1][0], at_s, sample.held)
        else:
            self.spans = [*self.spans, (at_s, at_s, sample.held)][-_MOST_SPANS:]


@dataclass(frozen=True)
class Line:
    """Something that happened, for people: when, what, and how it is to be taken."""

    at_s: float
    text: str
    tone: str


class SoFar:
    """All of it.

    Args:
        probes: The hypotheses of the experiment.
        at_s: When something was, in seconds from the beginning of the run.

    Attributes:
        load_s: When the load begins; None: that is not known yet.
    """

    def __init__(self, probes: Iterable[Probe[HypothesisSpec]], at_s: Callable[[int], float]) -> None:
        self._in_words = {redacted(probe.name): probe.spec.in_words for probe in probes}
        self._at_s = at_s
        self.system = ""
        self.load_s: float | None = None
        self.phases: list[Phase] = []
        self.faults: dict[str, FaultSoFar] = {}
        self.hypotheses = {name: HypothesisSoFar(name) for name in self._in_words}

    def take(self, event: Event) -> Line | None:
        """Something happened; the line that it is worth."""
        at_s = self._at_s(event.time_ns)
        match event:
            case SystemDescribed():
                self.system = f"{event.description['name']} {event.description['version']}"
            case LoadScheduled():
                self.load_s = self._at_s(event.start_ns)
            case PhaseEntered() if event.phase in PHASES:
                self.phases.append(Phase(PHASES[event.phase], at_s))
            case FaultRequested():
                targets = shortly(event.targets)
                self.faults[event.fault] = FaultSoFar(event.fault, event.kind, targets, at_s)
            case FaultConfirmed():
                self.faults[event.fault].confirmed_s = at_s
                self.faults[event.fault].seen = evidence_in_words(event.evidence)
            case FaultReverted():
                self.faults[event.fault].reverted_s = at_s
            case FaultFailed() if event.fault in self.faults:
                self.faults[event.fault].seen = event.reason.partition("\n")[0]
            case ProbeSampled() if event.hypothesis in self.hypotheses:
                answer = event.note or self._in_words[event.hypothesis](event.value)
                self.hypotheses[event.hypothesis].take(at_s, event, answer)
        text = None if is_small_talk(event) else say(event)
        if text is None:
            return None
        return Line(at_s, text, _TONES.get(type(event), ""))
