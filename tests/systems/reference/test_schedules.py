"""Schedules, asked of a real queue process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import grpc

from chaos.wire import methods
from chaos.wire import reseolio_pb2 as pb
from tests.systems.reference.served import Served, refusal

NEVER_IN_A_TEST = "0 0 1 1 *"
EVERY_SECOND = "* * * * * *"
ACTIVE, PAUSED, DELETED = pb.SCHEDULE_STATUS_ACTIVE, pb.SCHEDULE_STATUS_PAUSED, pb.SCHEDULE_STATUS_DELETED


def test_a_schedule_is_told_as_it_was_created(served: Served) -> None:
    created = served.schedule("0 12 * * *", name="noon", timezone="Europe/Berlin", args=b"payload")
    assert (created.name, created.cron_expression, created.timezone) == (
        "noon",
        "0 12 * * *",
        "Europe/Berlin",
    )
    assert (created.status, created.args, created.last_run_at) == (ACTIVE, b"payload", 0)
    assert created.next_run_at > created.created_at
    assert served.call(methods.GET_SCHEDULE, pb.GetScheduleRequest(schedule_id=created.id)) == created


def test_each_fire_is_a_job_of_its_name_handed_to_a_worker(served: Served) -> None:
    worker = served.worker(names=("tick",))
    served.schedule(EVERY_SECOND, name="tick", args=b"payload")
    for _ in range(2):
        job = worker.take()
        assert (job.name, job.args, job.attempt) == ("tick", b"payload", 1)
        worker.ack(job)


def test_due_times_are_caught_up_with_after_a_crash_as_the_setting_says(tmp_path: Path) -> None:
    with Served(tmp_path / "queue", missed="all") as served:
        served.schedule(EVERY_SECOND)
        served.kill()
        time.sleep(2.2)  # due times must pass
        served.start()
        fires = served.worker(concurrency=10)
        seconds = {fires.take().created_at // 1000 for _ in range(2)}
        assert len(seconds) == 1, "two that were missed are fired together"


def test_schedules_are_listed_by_state_and_page(served: Served) -> None:
    ids = [served.schedule(NEVER_IN_A_TEST, name=f"s{n}").id for n in range(3)]
    served.call(methods.PAUSE_SCHEDULE, pb.PauseScheduleRequest(schedule_id=ids[1]))
    served.call(methods.DELETE_SCHEDULE, pb.DeleteScheduleRequest(schedule_id=ids[2]))

    def listed(**query: Any) -> list[tuple[str, int]]:
        answer = served.call(methods.LIST_SCHEDULES, pb.ListSchedulesRequest(**query))
        return [(schedule.id, schedule.status) for schedule in answer.schedules]

    assert listed() == [(ids[0], ACTIVE), (ids[1], PAUSED)]
    assert listed(limit=1, offset=1) == [(ids[1], PAUSED)]
    assert listed(status_filter="paused") == [(ids[1], PAUSED)]
    assert listed(status_filter="deleted") == [(ids[2], DELETED)]
    assert refusal(lambda: listed(status_filter="lost")) == grpc.StatusCode.INVALID_ARGUMENT


def test_a_change_that_can_t_be_made_is_refused_with_its_reason(served: Served) -> None:
    known = served.schedule(NEVER_IN_A_TEST).id
    other = served.enqueue()
    for schedule_id in ("", other, f"{known}9"):
        request = pb.PauseScheduleRequest(schedule_id=schedule_id)
        assert refusal(lambda r=request: served.call(methods.PAUSE_SCHEDULE, r)) == grpc.StatusCode.NOT_FOUND  # type: ignore[misc]
    resume = pb.ResumeScheduleRequest(schedule_id=known)
    assert (
        refusal(lambda: served.call(methods.RESUME_SCHEDULE, resume)) == grpc.StatusCode.FAILED_PRECONDITION
    )
    update = pb.UpdateScheduleRequest(schedule_id=known, cron_expression="often")
    assert refusal(lambda: served.call(methods.UPDATE_SCHEDULE, update)) == grpc.StatusCode.INVALID_ARGUMENT
    assert refusal(lambda: served.schedule("* * * * *")) == grpc.StatusCode.ALREADY_EXISTS
