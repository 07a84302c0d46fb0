"""Moments of the load: `2s` from its start, or once `40% of jobs` are enqueued."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, WithJsonSchema

from chaos.experiment.units import DURATION, SHARE, wrong
from chaos.experiment.wording import quoted


class AtTime(BaseModel):
    """A moment of the load, in seconds from its start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: float


class AtJobs(BaseModel):
    """The moment when this share of the jobs (0 to 1) has been enqueued."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float


def read_moment(value: object) -> AtTime | AtJobs:
    """A moment from what stands in a file.

    Raises:
        PydanticCustomError: It is no moment; the message says how to write one.
    """
    if isinstance(value, AtTime | AtJobs):
        return value
    if not isinstance(value, str) or not re.match(r"[0-9]", value):
        raise wrong(f"{quoted(value)} is no moment; write {_SPELLED}")
    share = re.fullmatch(r"(\S+ ?%) of jobs", value)
    if share:
        return AtJobs(share=SHARE.read(share[1]))
    if "%" in value:
        raise wrong(f"{quoted(value)} does not say of what; write it as `40% of jobs`")
    return AtTime(seconds=DURATION.read(value))


def write_moment(moment: AtTime | AtJobs) -> str:
    """A moment as text that `read_moment` turns back into it."""
    match moment:
        case AtTime():
            return DURATION.write(moment.seconds)
        case AtJobs():
            return f"{SHARE.write(moment.share)} of jobs"


_SPELLED = "a time from the start of the load, such as `2s`, or a share of its jobs, such as `40% of jobs`"

At = Annotated[
    AtTime | AtJobs,
    PlainValidator(read_moment),
    PlainSerializer(write_moment, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^(?:{DURATION.pattern}|{SHARE.pattern} of jobs)$",
            "examples": ["40% of jobs", "2s"],
        }
    ),
]
