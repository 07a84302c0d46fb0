"""How long a killed component stays away: a duration, or `never` back."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import PlainSerializer, PlainValidator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from chaos.experiment.targets import Cast
from chaos.experiment.units import DURATION, wrong

NEVER: Final = "never"


def _read(value: object, info: ValidationInfo) -> object:
    if value is None or value == NEVER:
        return value
    try:
        return DURATION.validate(value, info)
    except PydanticCustomError as error:
        raise wrong(f"{error.message()}, or the word `{NEVER}`") from error


def _write(absence: Any) -> str | None:
    return absence if absence is None or isinstance(absence, str) else DURATION.write(absence)


Absence = Annotated[
    float | Literal["never"],
    PlainValidator(_read),
    PlainSerializer(_write, return_type=str),
    DURATION.schema("500ms", "2s", NEVER, word=NEVER),
]
"""Seconds, or `never`: until the run has ended."""


def lacking_without(chosen: tuple[str, ...], cast: Cast) -> list[str]:
    """Why a run can't do without these components until its end; empty if it can."""
    found = [
        f"it would leave the run without any of its {group} until its end; give `restart-after` a duration, "
        f"or choose fewer"
        for group, members in cast.groups.items()
        if members and set(members) <= set(chosen)
    ]
    if not found and (serving := [name for name in chosen if name not in cast.load]):
        found.append(
            f"whoever connects to {serving[0]} knows no other, and the run asks it at its end; give `restart-after` "
            "a duration"
        )
    if not found and any(name in cast.groups.get("producers", ()) for name in chosen):
        found.append(
            "the jobs of a producer that never comes back would never be sent; give `restart-after` a duration"
        )
    return found
