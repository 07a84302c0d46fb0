"""What a probe is: a question asked of a live system, with a number or a word as its answer.

A probe is a class in a file of its own, made from its hypothesis in the experiment file. It answers, and says whether
an answer is within the tolerance; when it is asked, and in which windows, is the runner's business.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from chaos.experiment.model import HypothesisSpec

Answer = float | str | bool
SpecT_co = TypeVar("SpecT_co", bound=HypothesisSpec, covariant=True)


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
    def name(self) -> str:
        """The hypothesis in words: `throughput at least 200/s`."""

    @abstractmethod
    async def ask(self, scene: ProbeScene) -> Answer | None:
        """The answer now; None where the window is too young to tell."""

    @abstractmethod
    def holds(self, answer: Answer) -> bool:
        """Whether an answer is within the tolerance."""

    def worst(self, answers: Sequence[Answer]) -> Answer:
        """The answer to show for many: the first that does not hold, else the last.

        Args:
            answers: At least one.
        """
        return next((answer for answer in answers if not self.holds(answer)), answers[-1])
