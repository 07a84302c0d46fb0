"""How the steady-state hypotheses fared, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaos.experiment.model import HypothesisSpec, Window
from chaos.ledger.story import Story
from chaos.probes.protocol import Probe
from chaos.secrets import redacted
from chaos.verdict.results import ExitCode, HypothesisResult, Reason


def hypothesis_results(
    probes: Sequence[Probe[HypothesisSpec]], story: Story, has_faults: bool
) -> tuple[HypothesisResult, ...]:
    """One result for each hypothesis and each window in which it must hold.

    Without faults the whole load is baseline, so the other windows are not asked for.
    """
    windows = tuple(Window) if has_faults else (Window.BASELINE,)
    return tuple(
        _result(probe, window, story) for probe in probes for window in windows if window in probe.spec.hold
    )


def _result(probe: Probe[HypothesisSpec], window: Window, story: Story) -> HypothesisResult:
    name = redacted(probe.name)  # as the events have it
    samples = story.samples(name, window)
    telling = [sample for sample in samples if not sample.held] or samples
    answers = [sample.value for sample in telling if sample.value is not None]
    worst = probe.worst(answers) if answers else None
    return HypothesisResult(
        name=name,
        window=window,
        held=all(sample.held for sample in samples) if samples else None,
        samples=len(samples),
        worst=worst,
        shown=probe.spec.in_words(worst),
        note=next((sample.note for sample in telling if sample.note and not sample.held), ""),
    )


def hypothesis_reasons(results: Sequence[HypothesisResult], has_faults: bool) -> Iterator[Reason]:
    """Why hypotheses keep the run from passing.

    A baseline that does not hold leaves a run with faults inconclusive: the system was not well before anything was
    broken. Without faults the baseline is the question itself, so there it fails.
    """
    for result in results:
        if result.held is None:
            yield Reason(ExitCode.INCONCLUSIVE, f"{result.name}: never asked in the {result.window} window")
        elif not result.held:
            fails = result.window is not Window.BASELINE or not has_faults
            why = f"worst answer: {result.shown}{f'; {result.note}' if result.note else ''}"
            yield Reason(
                ExitCode.FAILED if fails else ExitCode.INCONCLUSIVE,
                f"{result.name}: did not hold in the {result.window} window ({why})",
            )
