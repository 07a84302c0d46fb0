"""Mistakes that can be planted in the queue, one at a time, to see that the checks find them under their right names.

Each is the correct `Queue` with one rule overridden, and leaves everything else as it is. Most strike every fortieth
job, told by its number in the database, so a crash changes nothing about who is struck.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chaos.checks.findings import GROUPS, CheckName, Finding
from chaos.systems.reference.mistakes import (
    AckForgotten,
    AckLostByCrash,
    AttemptsUnlimited,
    EnqueueDropped,
    HandedOutAfterAck,
    HandedOutTwice,
    JobInvented,
    KeyForgotten,
    MarkedCancelled,
    MarkedDead,
    NeverRecovered,
    PayloadAltered,
    QueueLostAtRestart,
    SuccessTurnedFailure,
    SuccessWithoutExecution,
)
from chaos.systems.reference.mistakes_of_schedules import (
    DueTimeFiredTwice,
    DueTimeSkipped,
    FireStuck,
    MissedForgotten,
    PauseIgnored,
    ScheduleDoubled,
    UpdateForgotten,
)
from chaos.systems.reference.mistakes_outside import (
    CancelIgnored,
    EndToldTwice,
    EndUntold,
    EndUntoldAnew,
    ResultAltered,
    RetryIgnored,
    RunAfterCancel,
)
from chaos.systems.reference.queue import Queue
from chaos.systems.reference.subscriptions import Subscriptions
from chaos.systems.reference.timetable import Timetable


@dataclass(frozen=True)
class Defect:
    """A mistake that can be planted.

    Attributes:
        name: What it is called, as in `--defect NAME`.
        sentence: What it does, in a sentence.
        finding: What the checks must find it as.
        queue: The queue that makes it.
        timetable: The schedules of the queue, where those make it.
        subscriptions: The account of who waits for which job, where that makes it.
    """

    name: str
    sentence: str
    finding: Finding
    queue: type[Queue] = Queue
    timetable: type[Timetable] = Timetable
    subscriptions: type[Subscriptions] = Subscriptions

    @property
    def is_of_schedules(self) -> bool:
        """Whether only a load with schedules can show it."""
        return self.finding in GROUPS[CheckName.SCHEDULES]


_DEFECTS: Final = (
    Defect(
        "ack-lost-by-crash",
        "acks are answered before they are stored, and a crash loses them",
        Finding.RE_EXECUTED,
        AckLostByCrash,
    ),
    Defect(
        "ack-forgotten",
        "some acks are answered and never stored, and their jobs stay running",
        Finding.FORGOTTEN,
        AckForgotten,
    ),
    Defect(
        "never-recovered",
        "jobs that were running when the queue crashed are never recovered",
        Finding.STUCK,
        NeverRecovered,
    ),
    Defect(
        "handed-out-twice", "some jobs are handed to two workers at once", Finding.OVERLAPPING, HandedOutTwice
    ),
    Defect(
        "handed-out-after-ack",
        "some jobs are handed out again after their ack",
        Finding.RE_EXECUTED,
        HandedOutAfterAck,
    ),
    Defect(
        "enqueue-dropped", "some enqueues are acknowledged and not stored", Finding.MISSING, EnqueueDropped
    ),
    Defect(
        "key-forgotten",
        "a second enqueue under one key makes a second job",
        Finding.DOUBLE_ENQUEUED,
        KeyForgotten,
    ),
    Defect(
        "success-without-execution",
        "some jobs succeed that no worker was given",
        Finding.NEVER_RUN,
        SuccessWithoutExecution,
    ),
    Defect(
        "payload-altered",
        "some payloads reach their worker with a byte changed",
        Finding.CORRUPTED,
        PayloadAltered,
    ),
    Defect(
        "attempts-unlimited",
        "failed jobs are tried again without limit",
        Finding.OVER_ATTEMPTED,
        AttemptsUnlimited,
    ),
    Defect("marked-dead", "some jobs are dead before their first attempt", Finding.ABANDONED, MarkedDead),
    Defect(
        "marked-cancelled",
        "some jobs are cancelled though nobody asked for it",
        Finding.ABANDONED,
        MarkedCancelled,
    ),
    Defect(
        "success-turned-failure",
        "some acknowledged successes are recorded as failures",
        Finding.CONTRADICTED,
        SuccessTurnedFailure,
    ),
    Defect(
        "queue-lost-at-restart", "a restart begins with an empty queue", Finding.MISSING, QueueLostAtRestart
    ),
    Defect("job-invented", "some jobs are handed out that nobody enqueued", Finding.PHANTOM, JobInvented),
    Defect(
        "cancel-ignored",
        "cancellations are answered with success and not carried out",
        Finding.UNCANCELLED,
        CancelIgnored,
    ),
    Defect(
        "run-after-cancel",
        "some cancelled jobs are handed out once more",
        Finding.RUN_AFTER_CANCEL,
        RunAfterCancel,
    ),
    Defect(
        "retry-ignored",
        "retries by hand are answered with success and not carried out",
        Finding.UNRETRIED,
        RetryIgnored,
    ),
    Defect(
        "result-altered", "some results are stored with a byte changed", Finding.MISREPORTED, ResultAltered
    ),
    Defect(
        "end-untold",
        "some subscribers are not told that their job has ended",
        Finding.UNHEARD,
        subscriptions=EndUntold,
    ),
    Defect(
        "end-untold-anew",
        "who asks for a job that has ended already is told nothing",
        Finding.UNHEARD_ANEW,
        subscriptions=EndUntoldAnew,
    ),
    Defect(
        "end-told-twice",
        "some subscribers are told of their job's end twice",
        Finding.HEARD_TWICE,
        subscriptions=EndToldTwice,
    ),
    Defect(
        "due-time-skipped",
        "some due times of schedules are stepped over",
        Finding.NEVER_FIRED,
        timetable=DueTimeSkipped,
    ),
    Defect(
        "due-time-fired-twice",
        "some due times of schedules are fired for twice",
        Finding.FIRED_TWICE,
        timetable=DueTimeFiredTwice,
    ),
    Defect(
        "pause-ignored",
        "pauses of schedules are answered as made, and not carried out",
        Finding.MISFIRED,
        timetable=PauseIgnored,
    ),
    Defect(
        "missed-forgotten",
        "due times that passed while the queue was down are forgotten",
        Finding.MISSED_POLICY,
        timetable=MissedForgotten,
    ),
    Defect(
        "update-forgotten",
        "changes of a cron expression are answered as made, and not stored",
        Finding.CHANGE_LOST,
        timetable=UpdateForgotten,
    ),
    Defect(
        "schedule-doubled",
        "a second creation under a name makes a second schedule",
        Finding.SCHEDULE_DOUBLED,
        timetable=ScheduleDoubled,
    ),
    Defect("fire-stuck", "what schedules fire is never handed out", Finding.FIRE_STUCK, FireStuck),
)

DEFECTS: Final[Mapping[str, Defect]] = {defect.name: defect for defect in _DEFECTS}
"""Every mistake that can be planted, by name."""
