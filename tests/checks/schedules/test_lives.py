"""How a schedule was at which time, from records of the ledger."""

from __future__ import annotations

from pathlib import Path

from chaos.checks.schedules.lives import Era, Life, lives_of
from chaos.ledger.reader import Ledger
from chaos.ledger.records import FIRST_SCHEDULE, Kind, ScheduleCall, ScheduleStatus, State
from tests.checks.history import Entry, History, at

INTENDED, ACKNOWLEDGED, UNKNOWN = Kind.SCHEDULE_INTENDED, Kind.SCHEDULE_ACKNOWLEDGED, Kind.SCHEDULE_UNKNOWN
REFUSED = Kind.SCHEDULE_REFUSED
CREATE, UPDATE, PAUSE, RESUME, DELETE, _ = ScheduleCall
ACTIVE, PAUSED, ABSENT = ScheduleStatus.ACTIVE, ScheduleStatus.PAUSED, ScheduleStatus.ABSENT
END = 100.0
ID = 17


class Diary:
    """What was done about one schedule; each call is answered a second after it was sent."""

    def __init__(self) -> None:
        self._history = History()

    def call(
        self, second: float, call: ScheduleCall, answer: Kind | None = ACKNOWLEDGED, cron: int = 0
    ) -> Diary:
        self._tell(second, INTENDED, call, 1, cron)
        if answer is not None:
            self._tell(second + 1, answer, call, 1, ID if answer is ACKNOWLEDGED else 14)
        return self

    def told(self, second: float, status: ScheduleStatus, cron: int, schedule_id: int = ID) -> Diary:
        self._tell(second, Kind.SCHEDULE_TOLD, status, cron, schedule_id)
        return self

    def fired(self, *unix_ms: int) -> Diary:
        for each in unix_ms:
            self._tell(END, Kind.FIRE_TOLD, State.SUCCESS, 1, each)
        self._tell(END, Kind.FIRES_READ, 0, 0, len(unix_ms))
        return self

    def life(self, directory: Path) -> Life:
        self._history.write(directory)
        (life,) = lives_of(Ledger.open(directory), 1, at(END))
        return life

    def _tell(self, second: float, kind: Kind, detail: int, attempt: int, value: int) -> None:
        entry = Entry(at(second), kind, detail, attempt, FIRST_SCHEDULE, value)
        self._history.tell("operator.1", entry)


def eras(life: Life) -> list[tuple[float, float, int, bool]]:
    """The eras from the first call on, in seconds."""
    return [(_s(each.begin_ns), _s(each.end_ns), each.cron, each.is_active) for each in life.eras[1:]]


def _s(time_ns: int) -> float:
    return (time_ns - at(0)) / 1e9


def test_it_is_certain_from_an_answer_to_the_next_call(tmp_path: Path) -> None:
    diary = Diary().call(1, CREATE, cron=1).call(10, UPDATE, cron=2).call(20, PAUSE).call(30, RESUME)
    life = diary.call(40, DELETE).life(tmp_path)
    assert life.eras[0] == Era(0, at(1), 0, False)
    assert eras(life) == [
        (2, 10, 1, True),
        (11, 20, 2, True),
        (21, 30, 2, False),
        (31, 40, 2, True),
        (41, END, 2, False),
    ]


def test_a_refused_call_changes_nothing(tmp_path: Path) -> None:
    assert eras(Diary().call(1, CREATE, cron=1).call(10, PAUSE, REFUSED).life(tmp_path)) == [
        (2, 10, 1, True),
        (11, END, 1, True),
    ]


def test_after_a_call_without_an_answer_nothing_is_certain_until_the_system_tells(tmp_path: Path) -> None:
    diary = Diary().call(1, CREATE, cron=1).call(10, PAUSE, UNKNOWN).told(30, PAUSED, 1)
    assert eras(diary.life(tmp_path)) == [(2, 10, 1, True), (30, END, 1, False)]


def test_while_one_of_several_calls_is_under_way_nothing_is_certain(tmp_path: Path) -> None:
    diary = Diary().call(1, CREATE, None, cron=1).call(1, CREATE, cron=1)
    assert eras(diary.life(tmp_path)) == []


def test_what_the_system_tells_as_it_was_acknowledged_ends_no_era(tmp_path: Path) -> None:
    life = Diary().call(1, CREATE, cron=1).told(10, ACTIVE, 1).life(tmp_path)
    assert eras(life) == [(2, END, 1, True)]
    assert (life.told, life.lost_change_ns, life.ids) == (1, None, {ID})


def test_what_it_tells_otherwise_is_a_lost_change(tmp_path: Path) -> None:
    life = Diary().call(1, CREATE, cron=1).call(5, PAUSE).told(10, ACTIVE, 1).life(tmp_path)
    assert life.lost_change_ns == at(10)
    assert eras(life)[-1] == (10, END, 1, True)


def test_a_schedule_that_is_gone_is_a_lost_change(tmp_path: Path) -> None:
    assert Diary().call(1, CREATE, cron=1).told(10, ABSENT, 0, 0).life(tmp_path).lost_change_ns == at(10)


def test_fires_stand_in_order_and_were_all_told(tmp_path: Path) -> None:
    life = Diary().call(1, CREATE, cron=1).fired(3000, 1000, 2000).life(tmp_path)
    assert [fire.fired_ms for fire in life.fires] == [1000, 2000, 3000]
    assert life.fires_read
