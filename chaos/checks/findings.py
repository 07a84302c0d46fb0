"""The findings, what each means under which guarantee, and what a check answers.

The definitions are those of docs/checks.md; `TREATMENT` is their table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chaos.experiment.model import Guarantee


class Finding(StrEnum):
    """Something that came of a job, or of a schedule, and should not have, or is worth telling."""

    MISSING = "missing"
    STUCK = "stuck"
    FORGOTTEN = "forgotten"
    CONTRADICTED = "contradicted"
    ABANDONED = "abandoned"
    NEVER_RUN = "never-run"
    PHANTOM = "phantom"
    DOUBLE_ENQUEUED = "double-enqueued"
    RE_EXECUTED = "re-executed"
    OVERLAPPING = "overlapping"
    REDELIVERED = "redelivered"
    OVER_ATTEMPTED = "over-attempted"
    CORRUPTED = "corrupted"
    RECOVERED = "recovered"
    UNCANCELLED = "uncancelled"
    RUN_AFTER_CANCEL = "run-after-cancel"
    UNRETRIED = "unretried"
    UNHEARD = "unheard"
    UNHEARD_ANEW = "unheard-anew"
    HEARD_TWICE = "heard-twice"
    MISREPORTED = "misreported"
    NEVER_FIRED = "never-fired"
    FIRED_TWICE = "fired-twice"
    MISFIRED = "misfired"
    MISSED_POLICY = "missed-policy"
    CHANGE_LOST = "change-lost"
    SCHEDULE_DOUBLED = "schedule-doubled"
    FIRE_STUCK = "fire-stuck"


class Treatment(StrEnum):
    """What a finding does to the verdict."""

    FAILS = "fails"
    FAILS_IF_NEVER_HANDED_OUT = "fails-if-never-handed-out"
    FAILS_UNLESS_ALLOWED = "fails-unless-allowed"
    REPORTED = "reported"
    BOUNDED = "bounded"


_LENIENT_ON_LOSS = {Finding.MISSING, Finding.STUCK}

TREATMENT: Mapping[Guarantee, Mapping[Finding, Treatment]] = {
    Guarantee.AT_LEAST_ONCE: dict.fromkeys(Finding, Treatment.FAILS)
    | {
        Finding.OVERLAPPING: Treatment.FAILS_UNLESS_ALLOWED,
        Finding.REDELIVERED: Treatment.REPORTED,
        Finding.RECOVERED: Treatment.REPORTED,
    },
    Guarantee.AT_MOST_ONCE: dict.fromkeys(Finding, Treatment.FAILS)
    | dict.fromkeys(_LENIENT_ON_LOSS, Treatment.FAILS_IF_NEVER_HANDED_OUT)
    | {Finding.ABANDONED: Treatment.REPORTED, Finding.RECOVERED: Treatment.REPORTED},
    Guarantee.EXACTLY_ONCE: dict.fromkeys(Finding, Treatment.FAILS) | {Finding.RECOVERED: Treatment.REPORTED},
}


class CheckName(StrEnum):
    """A check, each a group of findings."""

    LOSS = "loss"
    DUPLICATION = "duplication"
    INTEGRITY = "integrity"
    CANCELLATION = "cancellation"
    RETRYING = "retrying"
    SUBSCRIPTION = "subscription"
    SCHEDULES = "schedules"


GROUPS: Mapping[CheckName, tuple[Finding, ...]] = {
    CheckName.LOSS: (
        Finding.MISSING,
        Finding.STUCK,
        Finding.FORGOTTEN,
        Finding.CONTRADICTED,
        Finding.ABANDONED,
        Finding.NEVER_RUN,
    ),
    CheckName.DUPLICATION: (
        Finding.DOUBLE_ENQUEUED,
        Finding.RE_EXECUTED,
        Finding.OVERLAPPING,
        Finding.REDELIVERED,
    ),
    CheckName.INTEGRITY: (Finding.PHANTOM, Finding.OVER_ATTEMPTED, Finding.CORRUPTED),
    CheckName.CANCELLATION: (Finding.UNCANCELLED, Finding.RUN_AFTER_CANCEL),
    CheckName.RETRYING: (Finding.UNRETRIED,),
    CheckName.SUBSCRIPTION: (
        Finding.UNHEARD,
        Finding.UNHEARD_ANEW,
        Finding.HEARD_TWICE,
        Finding.MISREPORTED,
    ),
    CheckName.SCHEDULES: (
        Finding.NEVER_FIRED,
        Finding.FIRED_TWICE,
        Finding.MISFIRED,
        Finding.MISSED_POLICY,
        Finding.CHANGE_LOST,
        Finding.SCHEDULE_DOUBLED,
        Finding.FIRE_STUCK,
    ),
}

ALWAYS: frozenset[CheckName] = frozenset({CheckName.LOSS, CheckName.DUPLICATION, CheckName.INTEGRITY})
"""The checks of every run; each other one is asked where the load does what it is about. That of schedules is about no
jobs of the plan, and so is made apart from the others."""

OF_JOBS: tuple[CheckName, ...] = tuple(name for name in CheckName if name is not CheckName.SCHEDULES)
"""The checks that count jobs of the plan."""


REPORTED_BESIDE: Mapping[CheckName, tuple[Finding, ...]] = {CheckName.LOSS: (Finding.RECOVERED,)}
"""Findings that no check counts, and the check they are shown with."""


class Status(StrEnum):
    """What a check says."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Witness:
    """One job, or schedule, that shows a finding.

    Attributes:
        job: The job's number, or None where a payload was too damaged to tell, or it is a schedule's.
        finding: What it shows.
        events: Its whole chain of events in plain words, oldest first, each `{"at_s", "who", "what"}`; seconds from the
            start of the load.
        faults: Names of the faults that were active around it.
        schedule: The schedule's number, if it is one.
    """

    job: int | None
    finding: Finding
    events: tuple[Mapping[str, Any], ...]
    faults: tuple[str, ...] = ()
    schedule: int | None = None

    @property
    def subject(self) -> str:
        """Who shows it, in words: the same for all witnesses of one job or one schedule."""
        if self.schedule is not None:
            return f"schedule {self.schedule}"
        return "a job whose payload is unreadable" if self.job is None else f"job {self.job}"


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes:
        name: The check.
        status: `unknown` where a needed finding could not be decided.
        count: Distinct jobs whose findings fail under the guarantee.
        allowed: How many the experiment allows.
        findings: Distinct jobs by finding; None where none was found and it could not be decided for every job.
        opportunities: How often each finding could have been seen.
        witnesses: A few jobs for each finding that was found.
        reasons: What failed, or why something is unknown, in plain words.
    """

    name: CheckName
    status: Status
    count: int
    allowed: int
    findings: Mapping[Finding, int | None]
    opportunities: Mapping[Finding, int]
    witnesses: tuple[Witness, ...] = field(default=())
    reasons: tuple[str, ...] = field(default=())
