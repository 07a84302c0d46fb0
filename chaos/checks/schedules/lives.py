"""How each schedule of a load was at which time, as far as that is certain, and when it fired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from chaos.checks.collect import collect
from chaos.checks.tally import Mask
from chaos.ledger.reader import Ledger, Records
from chaos.ledger.records import FIRST_SCHEDULE, NO_JOB, Kind, ScheduleCall, ScheduleStatus


class Era(NamedTuple):
    """A time in which it is certain how a schedule was: no call about it was under way, or without an answer.

    Attributes:
        begin_ns, end_ns: From when to when, by the machine's monotonic clock.
        cron: The number of its expression, from 1; 0 where that is none of the load's.
        is_active: Whether it was to fire: not paused, not deleted, and created.
    """

    begin_ns: int
    end_ns: int
    cron: int
    is_active: bool


class Fire(NamedTuple):
    """A job that a schedule fired: when, in Unix milliseconds, and the state that it was in at last."""

    fired_ms: int
    state: int


@dataclass
class Life:
    """What the ledger tells of one schedule.

    Attributes:
        number: Which one, from 0.
        eras: The times in which it is certain how it was, in order.
        fires: What it fired, in order.
        fires_read: Whether the system told all of these.
        told: How often the system told of it.
        lost_change_ns: When the system told something else than it had acknowledged, for the first time.
        ids: The hashes of the ids that it was told to have.
    """

    number: int
    eras: list[Era] = field(default_factory=list)
    fires: list[Fire] = field(default_factory=list)
    fires_read: bool = False
    told: int = 0
    lost_change_ns: int | None = None
    ids: set[int] = field(default_factory=set)


class _Record(NamedTuple):
    kind: int
    detail: int
    attempt: int
    time_ns: int
    value: int


def lives_of(ledger: Ledger, schedules: int, end_ns: int) -> Iterator[Life]:
    """The life of each schedule, from a ledger that was verified before.

    Args:
        ledger: Where it is told.
        schedules: How many schedules the load has.
        end_ns: When what was done to them ended.
    """

    def choose(_: int, records: Records) -> Mask:
        return np.asarray((records["kind"] >= Kind.SCHEDULE_INTENDED) & (records["job"] != NO_JOB))

    records = collect(ledger, choose).records
    records = records[records["time_ns"].argsort(kind="stable")]
    by_number: list[list[_Record]] = [[] for _ in range(schedules)]
    for kind, detail, attempt, job, time_ns, value, _, _ in records.tolist():
        by_number[job - FIRST_SCHEDULE].append(_Record(kind, detail, attempt, time_ns, value))
    for number, own in enumerate(by_number):
        yield _Biographer(number, end_ns).told(own)


class _Biographer:
    """Follows one schedule through its records."""

    def __init__(self, number: int, end_ns: int) -> None:
        self._life = Life(number)
        self._end_ns = end_ns
        self._began_ns = 0
        self._under_way = 0
        self._is_certain = True
        self._cron = 0
        self._intended: dict[int, int] = {}
        self._status = ScheduleStatus.ABSENT

    def told(self, records: list[_Record]) -> Life:
        for record in records:
            match record.kind:
                case Kind.SCHEDULE_INTENDED:
                    self._intend(record)
                case Kind.SCHEDULE_ACKNOWLEDGED | Kind.SCHEDULE_REFUSED | Kind.SCHEDULE_UNKNOWN:
                    self._answer(record)
                case Kind.SCHEDULE_TOLD:
                    self._tell(record)
                case Kind.FIRE_TOLD:
                    self._life.fires.append(Fire(record.value, record.detail))
                case Kind.FIRES_READ:
                    self._life.fires_read = True
        if self._is_known:
            self._close(self._end_ns)
        self._life.fires.sort()
        return self._life

    @property
    def _is_known(self) -> bool:
        return self._is_certain and self._under_way == 0

    def _intend(self, record: _Record) -> None:
        if self._is_known:
            self._close(record.time_ns)
        self._under_way += 1
        self._intended[record.detail] = record.value

    def _answer(self, record: _Record) -> None:
        self._under_way -= 1
        if record.kind == Kind.SCHEDULE_ACKNOWLEDGED:
            self._life.ids |= {record.value} - {0}
            self._apply(ScheduleCall(record.detail))
        elif record.kind == Kind.SCHEDULE_UNKNOWN:
            self._is_certain = False
        self._began_ns = record.time_ns

    def _apply(self, call: ScheduleCall) -> None:
        match call:
            case ScheduleCall.CREATE:
                self._cron, self._status = self._intended[call], ScheduleStatus.ACTIVE
            case ScheduleCall.UPDATE:
                self._cron = self._intended[call]
            case ScheduleCall.PAUSE:
                self._status = ScheduleStatus.PAUSED
            case ScheduleCall.RESUME:
                self._status = ScheduleStatus.ACTIVE
            case ScheduleCall.DELETE:
                self._status = ScheduleStatus.ABSENT

    def _tell(self, record: _Record) -> None:
        status, cron = ScheduleStatus(record.detail), record.attempt
        self._life.told += 1
        self._life.ids |= {record.value} - {0}
        known = (self._status, 0 if self._status is ScheduleStatus.ABSENT else self._cron)
        if self._is_known:
            if known == (status, cron):
                return
            self._life.lost_change_ns = self._life.lost_change_ns or record.time_ns
            self._close(record.time_ns)
        self._is_certain = True
        self._status, self._cron = status, cron
        self._began_ns = record.time_ns

    def _close(self, end_ns: int) -> None:
        """An era ends; the next one begins when it is certain again how the schedule is."""
        if end_ns > self._began_ns:
            is_active = self._status is ScheduleStatus.ACTIVE
            self._life.eras.append(Era(self._began_ns, end_ns, self._cron, is_active))
