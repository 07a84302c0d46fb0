"""A steady-state hypothesis as it stands in a file: a probe with a tolerance, and when it must hold."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator

from chaos.experiment.base import Model, kebab
from chaos.experiment.units import wrong
from chaos.experiment.wording import listed


class Window(StrEnum):
    """A part of the load in which hypotheses are asked."""

    BASELINE = "baseline"
    DURING = "during"
    AFTER = "after"


class HypothesisSpec(Model):
    """A probe with a tolerance, and the windows in which it must hold.

    Each probe adds its own options and its tolerance: one or more of the fields `equals`, `at_least` and
    `at_most`, each in the probe's own unit. At least one of them must be given; all that are given must
    hold.
    """

    TOLERANCES: ClassVar[tuple[str, ...]] = ("equals", "at_least", "at_most")

    probe: str = Field(description="name of the probe")
    name: str | None = Field(None, min_length=1, description="what reports call this hypothesis")
    hold: tuple[Window, ...] = Field(
        (Window.BASELINE, Window.AFTER),
        min_length=1,
        description="the windows of the load in which it must hold: before, during and after the faults",
        json_schema_extra={"uniqueItems": True},
    )

    @property
    def needs_s(self) -> float:
        """How long a window must be, in seconds, for this probe to answer in it."""
        return 1.0

    @field_validator("hold")
    @classmethod
    def _each_window_once(cls, hold: tuple[Window, ...]) -> tuple[Window, ...]:
        if len(set(hold)) < len(hold):
            raise wrong("a window stands twice in this list")
        return hold

    @model_validator(mode="after")
    def _has_a_tolerance(self) -> Self:
        own = [name for name in self.TOLERANCES if name in type(self).model_fields]
        if own and all(getattr(self, name) is None for name in own):
            raise wrong(f"there is nothing to hold; give {listed(map(kebab, own))}")
        least, most = getattr(self, "at_least", None), getattr(self, "at_most", None)
        if least is not None and most is not None and least > most:
            raise wrong("at-least is more than at-most, so nothing can hold")
        return self
