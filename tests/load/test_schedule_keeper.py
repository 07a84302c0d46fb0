"""What is asked of a queue's schedules is in the ledger before it leaves, and comes true in the end."""

from __future__ import annotations

from pathlib import Path

from chaos.clock import now_ns
from chaos.ledger.records import FIRST_SCHEDULE, NO_JOB, Kind, ScheduleCall, ScheduleStatus
from chaos.load.plan import schedule_name
from tests.load.conftest import (
    JOB_NAME,
    Launch,
    Queue,
    operator_plan,
    reader_plan,
    records,
    wait_for,
    worker_plan,
)

WRITER = "operator.1"
NEVER = ("0 0 1 1 *", "0 0 2 1 *")
EVERY_SECOND = ("* * * * * *",)


def calls(ledger: Path, kind: Kind, number: int) -> list[ScheduleCall]:
    """The calls about a schedule that have a record of this kind."""
    found = records(ledger, WRITER, kind)
    return [ScheduleCall(detail) for detail in found["detail"][found["job"] == FIRST_SCHEDULE + number]]


def told(ledger: Path) -> list[tuple[int, int, int]]:
    """What the system told of schedules: number, state, cron expression."""
    found = records(ledger, WRITER, Kind.SCHEDULE_TOLD)
    return [(int(each["job"]) - FIRST_SCHEDULE, int(each["detail"]), int(each["attempt"])) for each in found]


def test_schedules_are_created_changed_by_turns_and_deleted(
    ledger: Path, reference: Queue, launch: Launch
) -> None:
    plan = operator_plan(ledger, reference.address, schedules=3, crons=NEVER, changes=4, change_every_s=0.01)
    operator = launch("operator", plan)
    operator.begin()
    create, update, pause, resume, delete = list(ScheduleCall)[:5]
    acknowledged = Kind.SCHEDULE_ACKNOWLEDGED
    every = [create, update, pause, resume, update]
    wait_for("the last change", lambda: calls(ledger, acknowledged, 0) == every)
    operator.stopped()
    assert calls(ledger, acknowledged, 0) == [*every, delete]
    assert calls(ledger, acknowledged, 1) == [*every[:-1], delete]
    assert calls(ledger, acknowledged, 2) == [*every[:-2], delete]
    assert told(ledger) == [
        (0, ScheduleStatus.ACTIVE, 1),
        (1, ScheduleStatus.ACTIVE, 1),
        (2, ScheduleStatus.PAUSED, 2),
    ], "before they were deleted"


def test_one_that_is_created_five_times_at_once_has_one_id(
    ledger: Path, reference: Queue, launch: Launch
) -> None:
    plan = operator_plan(ledger, reference.address, schedules=2, crons=NEVER, created_at_once=5)
    operator = launch("operator", plan)
    operator.begin()
    answers = Kind.SCHEDULE_ACKNOWLEDGED
    wait_for("all answers", lambda: len(calls(ledger, answers, 0)) == len(calls(ledger, answers, 1)) == 5)
    operator.stopped()
    found = records(ledger, WRITER, answers)
    ids = {number: set(found["value"][found["job"] == FIRST_SCHEDULE + number]) for number in (0, 1)}
    assert [len(each) for each in ids.values()] == [1, 1]
    assert ids[0] != ids[1]


def test_a_change_without_an_answer_is_asked_about_and_made_in_the_end(
    ledger: Path, reference: Queue, launch: Launch
) -> None:
    operator = launch("operator", operator_plan(ledger, reference.address, schedules=3, crons=NEVER))
    assert operator.line() == "ready"
    wait_for("its connection", lambda: len(records(ledger, WRITER, Kind.CONNECTED)) == 1)
    reference.pause()
    operator.say(f"go {now_ns()}")
    wait_for("the first calls", lambda: len(records(ledger, WRITER, Kind.SCHEDULE_INTENDED)) == 3)
    reference.kill()
    wait_for("their ends", lambda: len(records(ledger, WRITER, Kind.SCHEDULE_UNKNOWN)) >= 3)
    reference.start_and_wait()
    wait_for("all to be created", lambda: len(records(ledger, WRITER, Kind.SCHEDULE_ACKNOWLEDGED)) >= 4)
    operator.stopped()
    assert told(ledger)[:3] == [(number, ScheduleStatus.ABSENT, 0) for number in range(3)]
    assert told(ledger)[-3:] == [(number, ScheduleStatus.ACTIVE, number % 2 + 1) for number in range(3)]
    lists = records(ledger, WRITER, Kind.SCHEDULE_INTENDED)
    assert set(lists["job"][lists["detail"] == ScheduleCall.LIST]) == {NO_JOB}


def test_fires_are_executed_and_told_by_the_reader(ledger: Path, reference: Queue, launch: Launch) -> None:
    worker = launch("worker", worker_plan(ledger, reference.address, fired=(schedule_name(JOB_NAME, 0),)))
    assert worker.line() == "ready"
    operator = launch("operator", operator_plan(ledger, reference.address, schedules=1, crons=EVERY_SECOND))
    operator.begin()
    acks = Kind.ACK_ACKNOWLEDGED
    wait_for("two fires", lambda: len(records(ledger, "worker-1.1", acks)) >= 2)
    operator.stopped()
    worker.stopped()
    executed = records(ledger, "worker-1.1", acks)
    assert set(executed["job"]) == {FIRST_SCHEDULE}
    reader = launch("reader", reader_plan(ledger, reference.address, schedules=1))
    assert reader.line() == "ready"
    reader.done()
    fires = records(ledger, "reader.1", Kind.FIRE_TOLD)
    assert len(fires) == len(executed)
    assert (fires["value"] % 1000 < 900).all(), "soon after each second"
    (read,) = records(ledger, "reader.1", Kind.FIRES_READ)
    assert (read["job"], read["value"]) == (FIRST_SCHEDULE, len(fires))


def test_a_schedule_that_is_never_taken_holds_nobody_up_in_the_end(
    ledger: Path, reference: Queue, launch: Launch
) -> None:
    plan = operator_plan(ledger, reference.address, schedules=1, crons=("no expression",))
    operator = launch("operator", plan)
    operator.begin()
    wait_for("a second try", lambda: len(calls(ledger, Kind.SCHEDULE_REFUSED, 0)) > 1)
    operator.stopped()
    assert told(ledger)[-1] == (0, ScheduleStatus.ABSENT, 0)
