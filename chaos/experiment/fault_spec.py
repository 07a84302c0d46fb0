"""A fault as it stands in a file: what is done, to whom, when, and for how long."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import ConfigDict, Field, SerializeAsAny, ValidationInfo, field_validator, model_validator

from chaos.experiment.base import Model
from chaos.experiment.hypothesis_spec import HypothesisSpec
from chaos.experiment.moments import At
from chaos.experiment.targets import TargetText
from chaos.experiment.units import DURATION, Duration, Share, wrong
from chaos.experiment.wording import listed

OCCURRENCE_MARK = "#"
"""Stands between a fault's name and the number of its occurrence: `kill#3`."""

_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$"
"""Files of a run are called after its faults, so a name must not lead anywhere else."""

_LONGEST_NAME: Final = 100

_STARTS = ("at", "after", "when")
"""The keys that say when a fault comes first. `every` may stand beside one of them."""

_SCHEMA: dict[str, Any] = {
    "anyOf": [{"required": [key]} for key in (*_STARTS, "every")],
    "allOf": [
        {"not": {"required": [first, second]}}
        for number, first in enumerate(_STARTS)
        for second in _STARTS[number + 1 :]
    ],
    "dependentRequired": {"spread": ["every"], "times": ["every"]},
}


class FaultSpec(Model):
    """One change made to a running system. Each fault adds its own options.

    Its moment is one of `at`, `after`, `when` or `every`; `every` may stand beside one of the others, which is then
    the moment of the first time. Alone, it comes first after one interval.
    """

    model_config = ConfigDict(json_schema_extra=_SCHEMA)

    aim: ClassVar[str | None] = None
    """The key that says whom it is done to, where what is wrong with that is shown."""

    fault: str = Field(description="name of the fault")
    name: (
        Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME, json_schema_extra={"pattern": _NAME})]
        | None
    ) = Field(None, description="what reports call this fault")
    at: At | None = Field(
        None,
        description="when it is injected: a time from the start of the load, or a share of its jobs enqueued and "
        "acknowledged",
    )
    after: str | None = Field(
        None,
        min_length=1,
        description="once the fault of this name is undone, for the first time if it is repeated",
    )
    when: SerializeAsAny[HypothesisSpec] | None = Field(
        None, description="as soon as a probe answers so: `throughput at-most 100/s`"
    )
    every_s: Annotated[Duration, DURATION.within("100ms")] | None = Field(
        None, alias="every", description="again and again, so long from one time to the next"
    )
    spread: Share = Field(
        0.1,
        description="how much each time of `every` may come earlier or later, as a share of it, drawn from the seed",
    )
    times: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        None, description="how often with `every`; without it, until the load ends"
    )
    delay_s: Duration = Field(0.0, alias="delay", description="how long to wait once its moment has come")

    @property
    def lasts_s(self) -> float | None:
        """Seconds until it is undone, as far as can be told before a run; None: until the load ends."""
        return 0.0

    @property
    def idle(self) -> frozenset[str]:
        """`spread`, where nothing is repeated."""
        return frozenset() if self.every_s is not None else frozenset({"spread"})

    @field_validator("after", "when")
    @classmethod
    def _is_the_only_start(cls, start: object, info: ValidationInfo) -> object:
        taken = [name for name in _STARTS if name != info.field_name and info.data.get(name) is not None]
        if start is not None and taken:
            raise wrong(f"a fault has one moment; take `{info.field_name}` or `{taken[0]}` away")
        return start

    @field_validator("spread", "times")
    @classmethod
    def _belongs_to_every(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and "every_s" in info.data and info.data["every_s"] is None:
            raise wrong(f"`{info.field_name}` says something of `every`, which does not stand here")
        return value

    @model_validator(mode="after")
    def _has_a_moment(self) -> Self:
        if self.every_s is None and all(getattr(self, name) is None for name in _STARTS):
            raise wrong(f"this fault has no moment; give {listed((*_STARTS, 'every'))}")
        return self

    @field_validator("name")
    @classmethod
    def _names_one_occurrence(cls, name: str | None) -> str | None:
        if name is None:
            return None
        if OCCURRENCE_MARK in name:
            raise wrong(f"a name has no {OCCURRENCE_MARK!r}: it numbers the times of `every`")
        if not re.fullmatch(_NAME, name) or name.endswith("\n"):
            raise wrong(
                f"{name!r} is no name for a fault; it begins with a letter or a digit, "
                "and goes on with letters, digits, spaces, `.`, `_` and `-`"
            )
        return name


class TargetedSpec(FaultSpec):
    """A fault that is done to components."""

    aim = "target"

    target: TargetText = Field(
        description="whom it is done to: a component, a group, or a part of a group",
        examples=["core", "one of workers", "50% of workers"],
    )


class LastingSpec(FaultSpec):
    """A fault that is on for some time."""

    for_s: Duration | None = Field(
        None, alias="for", description="how long it is on; without it, until the load ends"
    )

    @property
    def lasts_s(self) -> float | None:
        """As long as it is on."""
        return self.for_s
