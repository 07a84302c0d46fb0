"""Fault schedules drawn from a seed: which faults, when, how long, and how many at once.

Each fault of a schedule stands in a slot, and everything about it is drawn for that slot alone, its name included. So a
fault can be taken out of a schedule without moving any other: that is what makes a failing one smaller later on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from chaos.chance import draw
from chaos.experiment.model import Experiment, FaultSpec, LastingSpec
from chaos.experiment.units import DURATION
from chaos.faults.protocol import Fault
from chaos.faults.registry import FAULTS
from chaos.script import cast_of, lacking

MOST_AT_ONCE = 4
_FIRST_AT, _LAST_AT = 0.15, 0.5
_SHORTEST_S, _LONGEST_S = 1.2, 2.5


class NothingToExplore(Exception):
    """No fault can be drawn, or the load is no basis for it; the message says why."""


def candidates(experiment: Experiment, chosen: Sequence[str] = ()) -> Mapping[str, type[Fault[Any]]]:
    """The faults that can be drawn for this experiment on this machine, by name.

    Args:
        experiment: Its system and load decide who is there to be broken.
        chosen: Draw from these alone; empty: from all there are.

    Raises:
        NothingToExplore: None can; the message says why each can't.
    """
    cast = cast_of(experiment)
    usable: dict[str, type[Fault[Any]]] = {}
    reasons = []
    for name, fault in FAULTS.available().items():
        if chosen and name not in chosen:
            continue
        problems = [lack.what for lack in lacking(fault)] or fault(_example(fault)).problems(cast)
        if problems:
            reasons.append(f"{name}: {problems[0]}")
        else:
            usable[name] = fault
    if not usable or (chosen and reasons):
        raise NothingToExplore("can't be done to this experiment on this machine: " + "; ".join(reasons))
    return usable


def schedule(
    experiment: Experiment, faults: Mapping[str, type[Fault[Any]]], seed: int
) -> tuple[FaultSpec, ...]:
    """The faults of one run, in the order of their slots.

    Args:
        experiment: Its load says how much time there is.
        faults: What can be drawn.
        seed: Decides everything.

    Raises:
        NothingToExplore: Nobody can tell how long the load takes, so nothing can be drawn in its time.
    """
    load_s = experiment.load.lasts_s
    if math.isinf(load_s):
        raise NothingToExplore(
            "the load takes as long as it takes, so no moment of it can be drawn; give it a rate, and no workflow"
        )
    number = 1 + int(draw(seed, "explore/how-many") * MOST_AT_ONCE)
    return tuple(_drawn(slot, faults, load_s, seed) for slot in range(1, number + 1))


def _drawn(slot: int, faults: Mapping[str, type[Fault[Any]]], load_s: float, seed: int) -> FaultSpec:
    """The fault of one slot."""
    kinds = sorted(faults)
    kind = kinds[int(draw(seed, "explore/kind", slot) * len(kinds))]
    fault = faults[kind]
    entry = {key: value for key, value in _entry(fault).items() if key not in ("after", "when", "every")}
    for key, values in fault.variety.items():
        entry[key] = yaml.safe_load(values[int(draw(seed, f"explore/{key}", slot) * len(values))])
    share = _FIRST_AT + draw(seed, "explore/at", slot) * (_LAST_AT - _FIRST_AT)
    entry["at"] = _text_s(share * load_s)
    if issubclass(fault.spec_model, LastingSpec):
        longest_s = min(_LONGEST_S, load_s * (1.0 - _LAST_AT) * 0.8)
        shortest_s = min(_SHORTEST_S, longest_s)
        entry["for"] = _text_s(shortest_s + draw(seed, "explore/for", slot) * (longest_s - shortest_s))
    entry["name"] = f"{slot}-{kind}"
    return fault.spec_model.model_validate_json(json.dumps(entry), strict=True)


def _text_s(seconds: float) -> str:
    return DURATION.write(round(seconds, 2))


def _example(fault: type[Fault[Any]]) -> FaultSpec:
    return fault.spec_model.model_validate_json(json.dumps(_entry(fault)), strict=True)


def _entry(fault: type[Fault[Any]]) -> dict[str, Any]:
    """The fault's example, as it stands in a file."""
    read = yaml.safe_load(fault.example)
    return dict(read[0] if isinstance(read, list) else read)
