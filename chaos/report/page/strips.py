"""The hypothesis strip: for each hypothesis, every moment at which it was asked, and whether it held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from chaos.ledger.events import ProbeSampled
from chaos.ledger.story import Story
from chaos.report.page.axis import TimeAxis
from chaos.verdict.results import HypothesisResult

_SLOTS: Final = 400


@dataclass(frozen=True)
class Strip:
    """One hypothesis: where it was asked, and how it fared in each window.

    Attributes:
        name: The hypothesis.
        held, not_held: The `d` of an SVG path, in percent, for each of the two.
        windows: What came of it, by window.
    """

    name: str
    held: str
    not_held: str
    windows: tuple[HypothesisResult, ...]

    @property
    def in_words(self) -> str:
        """What a reader who does not see it should know."""
        words = {True: "held", False: "did not hold", None: "never asked"}
        told = (f"{result.window} {words[result.held]}, {result.samples} samples" for result in self.windows)
        return f"{self.name}: {'; '.join(told)}."


def strips(story: Story, hypotheses: Sequence[HypothesisResult], axis: TimeAxis) -> tuple[Strip, ...]:
    """One for each hypothesis, in the experiment's order."""
    samples: dict[str, list[ProbeSampled]] = {result.name: [] for result in hypotheses}
    for sample in story.all(ProbeSampled):
        samples.setdefault(sample.hypothesis, []).append(sample)
    return tuple(
        Strip(
            name=name,
            held=_bars(slots - bad, top=30, bottom=70),
            not_held=_bars(bad, top=0, bottom=100),
            windows=tuple(result for result in hypotheses if result.name == name),
        )
        for name, asked in samples.items()
        for slots, bad in [(_slots(asked, story, axis), _slots(_not_held(asked), story, axis))]
    )


def _not_held(samples: Iterable[ProbeSampled]) -> list[ProbeSampled]:
    return [sample for sample in samples if not sample.held]


def _slots(samples: Iterable[ProbeSampled], story: Story, axis: TimeAxis) -> set[int]:
    """Which parts of the axis they fall into: many samples of one part are shown as one."""
    return {round(axis.at(story.at_s(sample) or 0.0) / 100 * _SLOTS) for sample in samples}


def _bars(slots: set[int], *, top: int, bottom: int) -> str:
    return "".join(f"M{100 * slot / _SLOTS:.2f} {top}V{bottom}" for slot in sorted(slots))
