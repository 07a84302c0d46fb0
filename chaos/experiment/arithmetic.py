"""What can be told of an experiment before it is run: whether its load is long enough for what it asks.

Times count in seconds from the start of the load. A moment that a condition decides can't be told, nor one at a share
of the jobs at rate `max` or in a load of workflows; all that can be told of the rest still is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chaos.experiment.fault_spec import FaultSpec, LastingSpec
from chaos.experiment.model import Experiment, Load, Window
from chaos.experiment.moments import AtJobs, AtTime
from chaos.experiment.succession import in_order
from chaos.experiment.units import DURATION
from chaos.experiment.wording import KeyPath, quoted

Impossible = tuple[KeyPath, str]
"""A key path, and why what stands there can't be."""


@dataclass(frozen=True)
class Span:
    """When a fault is on.

    Attributes:
        start_s: When it is injected for the first time.
        first_end_s: When it is undone for the first time.
        last_start_s: When it is injected for the last time.
        end_s: When it is undone for the last time.
    """

    start_s: float
    first_end_s: float
    last_start_s: float
    end_s: float


def impossible(experiment: Experiment) -> list[Impossible]:
    """What can't come true when the experiment is run, by arithmetic alone."""
    return [
        *_pointless_windows(experiment),
        *_crowded_repetitions(experiment),
        *(_late_faults(experiment) or _short_windows(experiment)),
    ]


def spans(experiment: Experiment) -> Mapping[int, Span]:
    """When each fault is on, by its index; those that can't be told are left out."""
    load_s, faults = experiment.load.lasts_s, experiment.faults
    found: dict[int, Span] = {}
    for index, predecessor in in_order(faults):
        before = None if predecessor is None else found.get(predecessor)
        moment_s = _first_moment_s(faults[index], before, load_s)
        if moment_s is not None:
            found[index] = _span(faults[index], moment_s + faults[index].delay_s, load_s)
    return found


def _first_moment_s(fault: FaultSpec, before: Span | None, load_s: float) -> float | None:
    match fault.at:
        case AtTime():
            return fault.at.seconds
        case AtJobs():
            return None if math.isinf(load_s) else fault.at.share * load_s
    if fault.after is not None:
        return None if before is None else before.first_end_s
    return None if fault.when is not None else fault.every_s


def _span(fault: FaultSpec, start_s: float, load_s: float) -> Span:
    lasts_s = math.inf if fault.lasts_s is None else fault.lasts_s
    last_start_s = start_s
    if fault.every_s is not None:
        last_start_s = math.inf if fault.times is None else start_s + (fault.times - 1) * fault.every_s
    return Span(
        start_s=start_s,
        first_end_s=min(start_s + lasts_s, load_s),
        last_start_s=last_start_s,
        end_s=min(last_start_s + lasts_s, load_s),
    )


def _pointless_windows(experiment: Experiment) -> Iterator[Impossible]:
    if experiment.faults:
        return
    for index, hypothesis in enumerate(experiment.steady_state):
        if Window.DURING in hypothesis.hold or Window.BASELINE not in hypothesis.hold:
            never = Window.DURING if Window.DURING in hypothesis.hold else Window.AFTER
            yield ("steady-state", index, "hold"), f"there are no faults, so the load has no window `{never}`"


def _crowded_repetitions(experiment: Experiment) -> Iterator[Impossible]:
    for index, fault in enumerate(experiment.faults):
        if fault.every_s is None or fault.times == 1:
            continue
        path: KeyPath = ("faults", index, "every")
        if fault.lasts_s is None:
            key = "for" if isinstance(fault, LastingSpec) else "restart-after"
            yield path, f"each time lasts until the load ends, so it can't come again; give it `{key}`"
        elif fault.lasts_s > fault.every_s:
            lasts, every = _about(fault.lasts_s), _about(fault.every_s)
            yield path, f"each time lasts {lasts}, so it can't come again {every} after it came"


def _late_faults(experiment: Experiment) -> list[Impossible]:
    load_s = experiment.load.lasts_s
    late: list[Impossible] = []
    for index, span in spans(experiment).items():
        fault = experiment.faults[index]
        if span.start_s >= load_s:
            never = "so this fault would never be injected"
            why = f"{_in_words(experiment.load)}, {never}"
            if fault.after is not None and span.start_s - fault.delay_s >= load_s:
                why = f"{quoted(fault.after)} is on until the load ends, {never}"
            late.append((("faults", index, _moment_key(fault)), why))
        elif fault.times is not None and span.last_start_s >= load_s:
            why = f"the last of {fault.times} times would come at {_about(span.last_start_s)}"
            late.append((("faults", index, "times"), f"{why}; {_in_words(experiment.load)}"))
    return late


def _short_windows(experiment: Experiment) -> Iterator[Impossible]:
    """Windows too short for what is asked in them. What can't be told of can only make them shorter."""
    load_s, known = experiment.load.lasts_s, spans(experiment)
    needed_s = _needed_s(experiment, Window.BASELINE)
    if not experiment.faults and load_s < needed_s:
        where = "before the end of the load"
        yield ("load", "jobs"), _too_short(experiment, Window.BASELINE, where, load_s, needed_s)
    if not known:
        return

    first = min(known, key=lambda index: known[index].start_s)
    if known[first].start_s < needed_s:
        path: KeyPath = ("faults", first, _moment_key(experiment.faults[first]))
        where = "before the first fault"
        yield path, _too_short(experiment, Window.BASELINE, where, known[first].start_s, needed_s)

    last = max(known, key=lambda index: known[index].end_s)
    needed_s = _needed_s(experiment, Window.AFTER)
    left_s = 0.0 if known[last].end_s >= load_s else load_s - known[last].end_s
    if left_s < needed_s:
        fault = experiment.faults[last]
        where = "once the last fault is undone"
        if fault.every_s is not None and fault.times is None:
            path, where = (
                ("faults", last, "every"),
                f"{where} (`every` without `times` goes on until the load ends)",
            )
        else:
            path = ("faults", last, _moment_key(fault))
        yield path, _too_short(experiment, Window.AFTER, where, left_s, needed_s)


def _too_short(experiment: Experiment, window: Window, where: str, is_s: float, needed_s: float) -> str:
    left = f"only {_about(is_s)} is" if is_s > 0 else "no time is"
    needs = f"the hypotheses that hold in `{window}` need {_about(needed_s)}"
    return f"{left} left {where}, and {needs}; {_in_words(experiment.load)}"


def _needed_s(experiment: Experiment, window: Window) -> float:
    """How long a window must be for every hypothesis that is asked in it."""
    needs: Iterable[float] = (
        hypothesis.needs_s for hypothesis in experiment.steady_state if window in hypothesis.asked_in
    )
    return max(needs, default=0.0)


def _moment_key(fault: FaultSpec) -> str:
    """The key that says when a fault comes first."""
    return next((key for key in ("at", "after", "when") if getattr(fault, key) is not None), "every")


def _in_words(load: Load) -> str:
    if math.isinf(load.lasts_s):
        return f"the load ends once its {load.jobs} jobs are enqueued"
    bursts = f" in bursts of {load.burst}" if load.burst > 1 else ""
    return f"the load takes {_about(load.lasts_s)} ({load.jobs} jobs at {load.rate:g}/s{bursts})"


def _about(seconds: float) -> str:
    return DURATION.write(round(seconds, 3))
