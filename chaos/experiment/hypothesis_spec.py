"""A steady-state hypothesis as it stands in a file: a probe with a tolerance, and when it must hold."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from chaos.experiment.base import Model, kebab
from chaos.experiment.tolerances import TOLERANCES, Answer, Tolerance, number_in, shown
from chaos.experiment.units import Quantity, wrong
from chaos.experiment.wording import listed


class Window(StrEnum):
    """A part of the load in which hypotheses are asked."""

    BASELINE = "baseline"
    DURING = "during"
    AFTER = "after"


class HypothesisSpec(Model):
    """A probe with a tolerance, and the windows in which it must hold.

    Each probe adds its own options and its tolerance: one or more of the fields in `TOLERANCES`, each in the probe's
    own unit. Most take theirs from `chaos.experiment.answers`. At least one is due; all that are given must hold.
    """

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

    @property
    def tolerance(self) -> Tolerance:
        """Which answers are well."""
        given = {key: getattr(self, key) for key in TOLERANCES if getattr(self, key, None) is not None}
        written = self.model_dump(mode="json", include=set(given))
        return Tolerance(given, {key: written[key] for key in given})

    @property
    def quantity(self) -> Quantity | None:
        """What its numbers measure; None: plain numbers."""
        return None

    def in_words(self, answer: Answer | None) -> str:
        """An answer for people, a number in the unit of what it measures."""
        number = None if answer is None else number_in(answer)
        if number is None or self.quantity is None:
            return shown(answer)
        number, unit = self.quantity.in_unit(number)
        return f"{number:g}{unit}"

    @property
    def asked_in(self) -> frozenset[Window]:
        """The windows in which it is asked: a change also needs what was answered in the baseline."""
        changes = getattr(self, "change", None) is not None
        return frozenset((*self.hold, Window.BASELINE) if changes else self.hold)

    @field_validator("hold")
    @classmethod
    def _each_window_once(cls, hold: tuple[Window, ...]) -> tuple[Window, ...]:
        if len(set(hold)) < len(hold):
            raise wrong("a window stands twice in this list")
        return hold

    @model_validator(mode="after")
    def _has_a_tolerance(self) -> Self:
        own = [name for name in TOLERANCES if name in type(self).model_fields]
        if own and all(getattr(self, name) is None for name in own):
            raise wrong(f"there is nothing to hold; give {listed(map(kebab, own))}")
        least, most = getattr(self, "at_least", None), getattr(self, "at_most", None)
        if least is not None and most is not None and least > most:
            raise wrong("at-least is more than at-most, so nothing can hold", key="at-least")
        if getattr(self, "change", None) is not None and Window.BASELINE in self.hold:
            raise wrong(
                "a change counts from the baseline, so it can't hold in the baseline; write `hold: [after]` or "
                "`hold: [during, after]`",
                key="hold",
            )
        return self
