"""What a gameday file says, typed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, field_validator, model_validator

from chaos.experiment.base import Model
from chaos.experiment.units import DURATION, Duration, wrong

_MOST_STEPS: Final = 200

Text = Annotated[str, Field(min_length=1, max_length=2000)]
Count = Annotated[int, Field(ge=1, le=10_000)]


class Gate(StrEnum):
    """Who or what decides whether a step begins."""

    PASSED = "passed"
    FINISHED = "finished"
    PERSON = "person"


class Person(Model):
    """Somebody who takes part."""

    name: Text = Field(description="What they are called.")
    role: Text = Field(description="What they do: `owner`, `watches the dashboards`.")


def _in_order(value: Any) -> Any:
    """A list of a file as the tuple that it becomes; whatever else stands there is left to be refused."""
    return tuple(value) if isinstance(value, list) else value


class PlannedRun(Model):
    """An experiment to run, and what is changed in it."""

    file: Text = Field(description="The experiment's file, from the directory of this one.")
    system: Text | None = Field(default=None, description="The system to use instead of the file's.")
    profile: Text | None = Field(default=None, description="The profile of the experiment to use.")
    set: Annotated[tuple[Text, ...], BeforeValidator(_in_order)] = Field(
        default=(), description="Changes, as `chaos run --set` takes them."
    )


class Step(Model):
    """One step: experiments to run, or something that people do."""

    title: Text = Field(description="What this step is, in a few words.")
    expect: Text | None = Field(
        default=None, description="What should happen. Due before an experiment: later everybody knew it."
    )
    gate: Gate = Field(
        default=Gate.PASSED,
        description="What lets it begin: `passed`: all runs of the last experiments passed; "
        "`finished`: they came to a verdict, whatever it is; `person`: somebody says so.",
    )
    run: tuple[PlannedRun, ...] | None = Field(default=None, description="The experiments to run.")
    in_parallel: bool = Field(default=False, description="Run them at the same time.")
    do: Text | None = Field(default=None, description="What people do in a manual step.")

    @field_validator("run", mode="before")
    @classmethod
    def _file_alone(cls, value: Any) -> Any:
        entries = _in_order([value] if isinstance(value, str | dict) else value)
        if not isinstance(entries, tuple):
            return entries
        return tuple({"file": entry} if isinstance(entry, str) else entry for entry in entries)

    @model_validator(mode="after")
    def _is_one_thing(self) -> Step:
        if (self.run is None) == (self.do is None):
            raise wrong("a step has `run` (experiments) or `do` (something people do), one of the two")
        if self.run == ():
            raise wrong("at least one experiment is due here", "run")
        if self.run is not None and self.expect is None:
            raise wrong("`expect` is missing; say what should happen before it is tried", "expect")
        if self.in_parallel and len(self.run or ()) < 2:
            raise wrong("there are no two experiments here to run at the same time", "in-parallel")
        return self


class StopWhen(Model):
    """After how many runs of a kind no further step begins."""

    failed: Count | None = Field(default=None, description="After so many failed runs.")
    inconclusive: Count | None = Field(default=None, description="After so many inconclusive runs.")


class Gameday(Model):
    """A gameday as its file says it."""

    title: Text = Field(description="What it is called.")
    purpose: Text = Field(description="What it is to find out.")
    people: tuple[Person, ...] = Field(default=(), description="Who takes part.")
    time_box: Annotated[Duration, DURATION.within(least="1s", most="7d")] | None = Field(
        default=None, description="No step begins later than this after the beginning."
    )
    stop_when: StopWhen = Field(default=StopWhen(), description="When no further step begins.")
    steps: tuple[Step, ...] = Field(description="What is done, in order.")

    @field_validator("steps")
    @classmethod
    def _has_steps(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        if not 1 <= len(steps) <= _MOST_STEPS:
            raise wrong(f"a gameday has 1 to {_MOST_STEPS} steps, and here are {len(steps)}")
        return steps
