"""What a probe is: a question asked of a live system, with a number, a word or a truth value as its answer.

A probe is a class in a file of its own, made from its hypothesis in the experiment file. Which answers are well is told
by the tolerance in that hypothesis (`chaos.experiment.tolerances`); when it is asked, and in which windows, is the
runner's business. One that can't answer says why by raising `NoAnswer`: that is never taken for a good answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from chaos.experiment.model import HypothesisSpec
from chaos.experiment.tolerances import Answer as Answer  # probes know it from here
from chaos.experiment.tolerances import Judgement

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

    async def is_ready(self, component: str) -> bool:
        """Whether a component answers as it should, asked now."""
        ...


class Probe(ABC, Generic[SpecT_co]):
    """A question with a tolerance.

    Attributes:
        spec_model: What may be said of it in an experiment file.
        summary: What it asks, in one line.
    """

    spec_model: ClassVar[type[HypothesisSpec]]
    summary: ClassVar[str]

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

    @property
    def within_s(self) -> float:
        """How long it may take to answer; it is given up then, and has no answer."""
        return ASKED_WITHIN_S

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
