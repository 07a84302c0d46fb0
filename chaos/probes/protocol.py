"""What a probe is: a question asked of a live system, with a number, a word or a truth value as its answer.

A probe is a class in a file of its own, made from its hypothesis in the experiment file. Which answers are well is told
by the tolerance in that hypothesis (`chaos.experiment.tolerances`); when it is asked, and in which windows, is the
runner's business. One that can't answer says why by raising `NoAnswer`: that is never taken for a good answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from chaos.experiment.endpoints import Endpoint
from chaos.experiment.model import HypothesisSpec
from chaos.experiment.targets import Cast
from chaos.experiment.tolerances import Answer as Answer  # probes know it from here
from chaos.experiment.tolerances import Judgement
from chaos.monitor.log_rules import LogRule
from chaos.monitor.samples import ResourceSample
from chaos.processes.process import Process
from chaos.systems.store import Store

SpecT_co = TypeVar("SpecT_co", bound=HypothesisSpec, covariant=True)

ASKED_WITHIN_S = 2.0
"""How long a probe may take to answer, unless it says otherwise."""


class NoAnswer(Exception):
    """A probe was asked and can't answer; the message says why."""


class ProbeScene(Protocol):
    """What a probe may look at."""

    @property
    def window_started_ns(self) -> int:
        """When the current window of the load began."""
        ...

    def completions_between(self, start_ns: int, end_ns: int) -> int:
        """Jobs whose success was acknowledged in this time, as the ledger says."""
        ...

    def queue_depth(self) -> int:
        """Jobs whose enqueue was acknowledged and that are not yet known to be finished, as the ledger says."""
        ...

    def latencies_between(self, start_ns: int, end_ns: int) -> Sequence[float]:
        """How long the jobs took that were completed in this time, in seconds; at most 2 minutes back.

        Only for probes that say `reads_latencies`.
        """
        ...

    async def queue_depth_by_system(self) -> int | None:
        """Jobs that the system itself has as not terminal, counted up to 10,000; None if it does not answer."""
        ...

    async def is_ready(self, component: str) -> bool:
        """Whether a component answers as it should, asked now."""
        ...

    def address(self, component: str) -> str | None:
        """`host:port` that a component serves at, past every proxy; None if it serves nobody."""
        ...

    def process(self, component: str) -> Process:
        """The process of a component's current or last start."""
        ...

    def store(self) -> Store | None:
        """The system's store; None if it can't be asked."""
        ...

    def usage(self, component: str) -> ResourceSample | None:
        """What a component used when it was sampled last; None while it is down, and until its first sample."""
        ...

    def log_lines(self, component: str, rule: str) -> int:
        """How many lines of a kind a component has logged in the current window of the load.

        The kind is a rule of its system, one of those for every component, or one that a probe has in `log_rules`.
        """
        ...


class Probe(ABC, Generic[SpecT_co]):
    """A question with a tolerance.

    Attributes:
        spec_model: What may be said of it in an experiment file.
        summary: What it asks, in one line.
        example: A hypothesis that uses it, as it stands in an experiment file.
        reads_latencies: Whether it asks for `latencies_between`; they are kept only in a run that has such a probe.
    """

    spec_model: ClassVar[type[HypothesisSpec]]
    summary: ClassVar[str]
    example: ClassVar[str]
    reads_latencies: ClassVar[bool] = False

    def __init__(self, spec: SpecT_co) -> None:
        self.spec = spec

    @property
    @abstractmethod
    def subject(self) -> str:
        """What it asks about, in words: `throughput`."""

    @property
    def name(self) -> str:
        """The hypothesis in words: `throughput at least 200/s`."""
        return self.spec.name or f"{self.subject} {self.spec.tolerance}"

    def problems(self, cast: Cast) -> Iterable[tuple[str, str]]:  # noqa: ARG002 - most have none
        """What can't be asked with this cast: the key that it is about, and why."""
        return ()

    def destinations(self) -> Iterable[tuple[str, Endpoint]]:
        """Where it connects to beside the run's own components: the key that says so, and where that is."""
        return ()

    @property
    def within_s(self) -> float:
        """How long it may take to answer; it is given up then, and has no answer."""
        return ASKED_WITHIN_S

    @property
    def log_rules(self) -> Mapping[str, LogRule]:
        """The kinds of lines that are to be counted for it from the start of the run, by component."""
        return {}

    def named_rules(self) -> Iterable[tuple[str, str]]:
        """The rules for logs that it goes by and must be there: the key of its own that names each, and the rule."""
        return ()

    def count(self, scene: ProbeScene) -> Answer | None:  # noqa: ARG002 - for those that count
        """What it has counted since the window began, if that is what it does; told without waiting for anything.

        As a hypothesis such a probe is asked at the very end of each window alone: before that too little may be
        counted, and after that something may be missed. None: it does not count.
        """
        return None

    @abstractmethod
    async def ask(self, scene: ProbeScene) -> Answer | None:
        """The answer now; None where the window is too young to tell.

        It must not keep the event loop busy: other probes are asked at the same time.

        Raises:
            NoAnswer: It can't answer.
        """

    def judge(self, answer: Answer, baseline: Sequence[Answer] = ()) -> Judgement:
        """Whether an answer is within the tolerance.

        Args:
            answer: What it answered.
            baseline: What it answered in the baseline, where a change counts from that.
        """
        return self.spec.tolerance.judge(answer, baseline)

    def worst(self, answers: Sequence[Answer]) -> Answer:
        """The answer to show for many.

        Args:
            answers: At least one.
        """
        return self.spec.tolerance.worst(answers)
