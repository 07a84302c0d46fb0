"""Conditions: a probe with a tolerance that a run waits for. As text: `throughput at-most 100/s`."""

from __future__ import annotations

from typing import Any

from chaos.experiment.units import wrong
from chaos.experiment.wording import quoted
from chaos.experiment.yaml_reader import resolve

CONDITION_FIELDS = frozenset({"when", "stop_when"})
"""The fields that hold conditions: a probe's spec that has no windows and no name of its own."""

FOR_HYPOTHESES = {
    "hold": "a condition has no windows: it is asked all the time",
    "name": "a condition has no name: it is called by its words",
    "change": "a condition has no baseline that a change could count from",
}
"""The keys of a hypothesis that a condition does not have, and why."""

SPELLED = "`throughput at-most 100/s` or `{probe: throughput, at-most: 100/s}`"


def read_condition(text: str) -> dict[str, Any]:
    """The mapping that a condition written as text stands for; its values are read as YAML reads them.

    Raises:
        PydanticCustomError: It is no condition; the message says how to write one.
    """
    probe, *words = text.split() or [""]
    if not probe:
        raise wrong(f"a condition is due here, such as {SPELLED}")
    if len(words) % 2:
        raise wrong(
            f"{quoted(words[-1])} stands alone in this condition; write each key with its value: {SPELLED}"
        )
    condition: dict[str, Any] = {"probe": probe}
    for key, value in zip(words[::2], words[1::2], strict=True):
        if key in condition:
            raise wrong(f"{quoted(key)} stands twice in this condition")
        condition[key] = resolve(value)
    return condition
