"""What a load asks of a queue's schedules."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from chaos.cron import Cron, CronError, Missed
from chaos.experiment.base import Model
from chaos.experiment.units import DURATION, Duration, wrong


class Schedules(Model):
    """Schedules that are created when the load begins, changed while it lasts, and deleted when it is over."""

    count: int = Field(ge=1, le=10_000, description="how many schedules are created")
    crons: tuple[str, ...] = Field(
        min_length=1,
        max_length=100,
        description="the cron expressions that they have by turns: five fields, or six with the second before them",
        examples=[["* * * * *"], ["*/10 * * * * *", "5/10 * * * * *"]],
    )
    timezone: str = Field("UTC", description="the time zone that the expressions are meant in")
    missed: Missed = Field(
        Missed.ONCE,
        description="what the system promises about due times that pass while it is down: one fire for all of them "
        "(`once`), one for each (`all`), or none (`none`)",
    )
    created_at_once: int = Field(
        1, ge=1, le=100, description="how often each of them is created under its name at the same time"
    )
    changes: int = Field(
        0,
        ge=0,
        le=10_000,
        description="how often each is changed at most: given its next expression, paused, resumed, and so on",
    )
    change_every_s: Annotated[Duration, DURATION.within("1ms", "1d")] = Field(
        0.2, alias="change-every", description="time between two changes of a schedule"
    )

    @model_validator(mode="after")
    def _come_due(self) -> Self:
        for expression in self.crons:
            try:
                Cron(expression, self.timezone)
            except CronError as error:
                raise wrong(str(error)) from None
        return self
