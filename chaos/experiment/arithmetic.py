"""What can be told of an experiment before it is run: whether its load is long enough for what it asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chaos.experiment.model import Experiment, FaultSpec, Window
from chaos.experiment.moments import AtJobs, AtTime
from chaos.experiment.units import DURATION
from chaos.experiment.wording import KeyPath

Impossible = tuple[KeyPath, str]
"""A key path, and why what stands there can't be."""


def impossible(experiment: Experiment) -> list[Impossible]:
    """What can't come true when the experiment is run, by arithmetic alone.

    A load at rate `max` ends when it ends, so nothing is told of its windows.
    """
    return [*_pointless_windows(experiment), *_short_windows(experiment)]


def _pointless_windows(experiment: Experiment) -> Iterator[Impossible]:
    if experiment.faults:
        return
    for index, hypothesis in enumerate(experiment.steady_state):
        if Window.DURING in hypothesis.hold or Window.BASELINE not in hypothesis.hold:
            never = Window.DURING if Window.DURING in hypothesis.hold else Window.AFTER
            yield ("steady-state", index, "hold"), f"there are no faults, so the load has no window `{never}`"


def _short_windows(experiment: Experiment) -> Iterator[Impossible]:
    rate = experiment.load.rate
    if rate == "max":
        return
    load_s = experiment.load.jobs / float(rate)
    load = f"the load takes {_about(load_s)} ({experiment.load.jobs} jobs at {rate:g}/s)"
    starts = [_starts_s(fault, load_s) for fault in experiment.faults]
    ends = [_ends_s(fault, start, load_s) for fault, start in zip(experiment.faults, starts, strict=True)]

    late = [index for index, start in enumerate(starts) if start >= load_s]
    for index in late:
        yield ("faults", index, "at"), f"{load}, so this fault would never be injected"
    if late:
        return

    baseline_s = min(starts, default=load_s)
    needed_s = _needed_s(experiment, Window.BASELINE)
    if baseline_s < needed_s:
        until = "the first fault" if starts else "the end of the load"
        path: KeyPath = ("faults", starts.index(baseline_s), "at") if starts else ("load", "jobs")
        yield path, _too_short("baseline", f"before {until}", baseline_s, needed_s, load)

    after_s = load_s - max(ends, default=0.0)
    needed_s = _needed_s(experiment, Window.AFTER)
    if ends and after_s < needed_s:
        path = ("faults", ends.index(max(ends)), "at")
        yield path, _too_short("after", "once the last fault is undone", after_s, needed_s, load)


def _too_short(window: str, where: str, is_s: float, needed_s: float, load: str) -> str:
    left = f"only {_about(is_s)} is" if is_s > 0 else "no time is"
    return f"{left} left {where}, and the hypotheses that hold in `{window}` need {_about(needed_s)}; {load}"


def _needed_s(experiment: Experiment, window: Window) -> float:
    """How long a window must be for every hypothesis that holds in it."""
    needs: Iterable[float] = (
        hypothesis.needs_s for hypothesis in experiment.steady_state if window in hypothesis.hold
    )
    return max(needs, default=0.0)


def _starts_s(fault: FaultSpec, load_s: float) -> float:
    match fault.at:
        case AtTime():
            return fault.at.seconds
        case AtJobs():
            return fault.at.share * load_s


def _ends_s(fault: FaultSpec, start_s: float, load_s: float) -> float:
    return load_s if fault.lasts_s is None else start_s + fault.lasts_s


def _about(seconds: float) -> str:
    return DURATION.write(round(seconds, 3))
