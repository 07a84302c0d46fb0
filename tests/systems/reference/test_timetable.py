"""The rules of schedules, with time given instead of passed, over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.cron import Missed
from chaos.systems.reference.jobs import Moment, NewJob, Options, Reason, Refused
from chaos.systems.reference.schedules import NewSchedule, Schedule, ScheduleChange, ScheduleState
from chaos.systems.reference.store import Store
from chaos.systems.reference.timetable import Timetable

BEGIN_MS = 1_700_000_000_000 // 60_000 * 60_000
EVERY_TEN_SECONDS = NewSchedule("job", "*/10 * * * * *", "UTC", b"payload", Options())


class Clockwork:
    """A timetable in a database, a clock that is set by hand, and what was fired: each time by its second."""

    def __init__(self, path: Path, missed: Missed) -> None:
        self._path = path
        self._missed = missed
        self._second = 0
        self.fired: list[int] = []
        self.open()

    def open(self) -> None:
        self.store = Store.open(self._path, self.moment)
        self.timetable = Timetable(self.store.schedules, self.moment, self._missed)

    @property
    def moment(self) -> Moment:
        return Moment(500_000 + self._second * 1000, BEGIN_MS + self._second * 1000)

    def create(self, new: NewSchedule = EVERY_TEN_SECONDS) -> Schedule:
        return self.timetable.create(new)

    def pass_to(self, second: int) -> list[int]:
        """Let this second come; the due times, in seconds, of what was fired then."""
        self._second = second
        self.timetable.begin(self.moment)
        self.store.begin()
        before = len(self.fired)
        while (wake_ms := self.timetable.wake_ms()) is not None and wake_ms <= self.moment.now_ms:
            self.timetable.fire_due(self._enqueue)
        self.store.commit()
        return self.fired[before:]

    def crash(self, until: int) -> None:
        """Be down until this second."""
        self.store.close()
        self._second = until
        self.open()

    def _enqueue(self, job: NewJob) -> None:
        assert job.key is not None
        self.fired.append((int(job.key.rpartition(":")[2]) - BEGIN_MS) // 1000)


@pytest.fixture
def clockwork(tmp_path: Path) -> Iterator[Clockwork]:
    clockwork = Clockwork(tmp_path / "queue.db", Missed.ONCE)
    yield clockwork
    clockwork.store.close()


def test_a_schedule_is_fired_once_each_time_it_is_due(clockwork: Clockwork) -> None:
    clockwork.create()
    assert clockwork.pass_to(9) == []
    assert clockwork.pass_to(10) == [10]
    assert clockwork.pass_to(15) == []
    assert clockwork.pass_to(41) == [20, 30, 40], "late, and each of them once"


def test_it_is_woken_for_the_next_due_time(clockwork: Clockwork) -> None:
    assert clockwork.timetable.wake_ms() is None
    clockwork.create()
    assert clockwork.timetable.wake_ms() == clockwork.moment.now_ms + 10_000


@pytest.mark.parametrize(
    ("missed", "caught_up"), [(Missed.ONCE, [20]), (Missed.ALL, [20, 30, 40]), (Missed.NONE, [])]
)
def test_what_becomes_of_missed_times_is_a_setting(
    tmp_path: Path, missed: Missed, caught_up: list[int]
) -> None:
    clockwork = Clockwork(tmp_path / "queue.db", missed)
    clockwork.create()
    clockwork.pass_to(10)
    clockwork.crash(until=45)
    assert clockwork.pass_to(45) == caught_up
    assert clockwork.pass_to(50) == [50]
    clockwork.store.close()


def test_a_transaction_that_is_rolled_back_fires_nothing(clockwork: Clockwork) -> None:
    clockwork.create()
    clockwork._second = 10
    clockwork.timetable.begin(clockwork.moment)
    clockwork.store.begin()
    clockwork.timetable.fire_due(lambda _: None)
    clockwork.store.rollback()
    clockwork.timetable.rolled_back()
    assert clockwork.pass_to(10) == [10]


def test_a_paused_schedule_catches_up_with_nothing_when_it_is_resumed(clockwork: Clockwork) -> None:
    number = clockwork.create().number
    assert clockwork.timetable.pause(number).state == ScheduleState.PAUSED
    assert clockwork.pass_to(25) == []
    assert clockwork.timetable.resume(number).state == ScheduleState.ACTIVE
    assert clockwork.pass_to(30) == [30]


def test_only_an_active_schedule_is_paused_and_only_a_paused_one_resumed(clockwork: Clockwork) -> None:
    number = clockwork.create().number
    with pytest.raises(Refused, match="is ACTIVE, and must be PAUSED"):
        clockwork.timetable.resume(number)
    clockwork.timetable.pause(number)
    with pytest.raises(Refused, match="is PAUSED, and must be ACTIVE"):
        clockwork.timetable.pause(number)


def test_an_updated_schedule_is_due_by_its_new_expression(clockwork: Clockwork) -> None:
    number = clockwork.create().number
    clockwork.timetable.update(number, ScheduleChange("*/7 * * * * *", None, None))
    assert clockwork.pass_to(10) == [7]
    assert clockwork.pass_to(14) == [14]


def test_a_deleted_schedule_fires_no_more_and_gives_its_name_back(clockwork: Clockwork) -> None:
    number = clockwork.create().number
    assert clockwork.timetable.delete(number)
    assert not clockwork.timetable.delete(number)
    assert clockwork.pass_to(20) == []
    assert clockwork.create().number != number


def test_one_name_has_one_schedule(clockwork: Clockwork) -> None:
    first = clockwork.create()
    assert clockwork.create() == first
    with pytest.raises(Refused, match="another schedule") as refused:
        clockwork.create(EVERY_TEN_SECONDS._replace(cron="* * * * *"))
    assert refused.value.reason is Reason.EXISTS


@pytest.mark.parametrize(
    "new", [EVERY_TEN_SECONDS._replace(cron="often"), EVERY_TEN_SECONDS._replace(timezone="Nowhere")]
)
def test_a_schedule_that_is_never_due_is_refused(clockwork: Clockwork, new: NewSchedule) -> None:
    with pytest.raises(Refused) as refused:
        clockwork.create(new)
    assert refused.value.reason is Reason.INVALID
