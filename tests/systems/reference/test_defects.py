"""Each planted mistake is made, seen from outside, by a real queue process; and only that one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from chaos.load.payload import Corrupted, make_payload, read_payload
from chaos.systems.reference.defects import DEFECTS
from chaos.systems.reference.mistakes import INVENTED_JOBS_FROM, STRIKES_EVERY
from chaos.systems.reference.mistakes_of_schedules import FIRES_WRONG_EVERY
from chaos.systems.reference.mistakes_outside import ENDS_WRONG_EVERY
from chaos.wire import methods
from chaos.wire import reseolio_pb2 as pb
from tests.systems.reference.served import WITHIN_S, Served, Worker, refusal

PENDING, RUNNING, SUCCESS = pb.JOB_STATUS_PENDING, pb.JOB_STATUS_RUNNING, pb.JOB_STATUS_SUCCESS
DEAD, CANCELLED = pb.JOB_STATUS_DEAD, pb.JOB_STATUS_CANCELLED
RUN = "a-run"
STRUCK = STRIKES_EVERY - 1  # the index of the job that is struck, among the first ones

Serve = Callable[[str], Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a queue with a defect."""
    running: list[Served] = []

    def start(defect: str) -> Served:
        served = Served(tmp_path / defect, defect=defect)
        running.append(served)
        served.start()
        return served

    yield start
    for served in running:
        served.__exit__()


def enqueue_all(served: Served, **options: Any) -> list[str]:
    """As many jobs as it takes for one to be struck."""
    return [
        served.enqueue(make_payload(RUN, n, 200), key=f"{RUN}:{n}", **options) for n in range(STRIKES_EVERY)
    ]


def statuses(served: Served, ids: list[str]) -> list[int]:
    return [served.get(job_id).status for job_id in ids]


def others(values: list[Any]) -> list[Any]:
    return values[:STRUCK] + values[STRUCK + 1 :]


def work_off(worker: Worker, jobs: int) -> list[Any]:
    """Take so many jobs and acknowledge each as a success."""
    taken = []
    for _ in range(jobs):
        job = worker.take()
        assert worker.ack(job).new_status == SUCCESS
        taken.append(job)
    return taken


def test_every_defect_has_a_test() -> None:
    tested = {name.removeprefix("test_").replace("_", "-") for name in globals() if name.startswith("test_")}
    assert set(DEFECTS) <= tested


def test_ack_lost_by_crash(serve: Serve) -> None:
    served = serve("ack-lost-by-crash")
    [job_id] = [served.enqueue(timeout_ms=1)]
    worker = served.worker()
    job = worker.take()
    assert worker.ack(job).new_status == SUCCESS
    assert worker.ack(job).new_status == SUCCESS

    served.crash()

    assert served.worker("worker-2").take().id == job_id


def test_ack_lost_by_crash_loses_nothing_without_one(serve: Serve) -> None:
    served = serve("ack-lost-by-crash")
    ids = enqueue_all(served)
    subscriber = served.subscriber(*ids)
    work_off(served.worker(), len(ids))
    assert {subscriber.next().status for _ in ids} == {SUCCESS}


def test_ack_forgotten(serve: Serve) -> None:
    served = serve("ack-forgotten")
    ids = enqueue_all(served, timeout_ms=1_000)
    worker = served.worker()
    work_off(worker, len(ids))

    assert served.get(ids[STRUCK]).status == RUNNING
    assert set(statuses(served, others(ids))) == {SUCCESS}
    assert worker.is_idle(2.0), "it is never taken back"


def test_never_recovered(serve: Serve) -> None:
    served = serve("never-recovered")
    ids = [served.enqueue(timeout_ms=1), served.enqueue(timeout_ms=1)]
    worker = served.worker()
    job = worker.take()

    served.crash()

    assert refusal(lambda: worker.ack(job)) == grpc.StatusCode.FAILED_PRECONDITION
    back = served.worker()
    assert work_off(back, 1)[0].id == ids[1]
    assert back.is_idle(1.0)
    assert statuses(served, ids) == [RUNNING, SUCCESS]


def test_handed_out_twice(serve: Serve) -> None:
    served = serve("handed-out-twice")
    worker, second = served.worker(concurrency=STRIKES_EVERY), served.worker("worker-2", concurrency=0)
    ids = enqueue_all(served)

    assert [worker.take().id for _ in ids] == ids

    assert second.take().id == ids[STRUCK]
    assert second.is_idle()
    assert worker.is_idle()


def test_handed_out_after_ack(serve: Serve) -> None:
    served = serve("handed-out-after-ack")
    ids = enqueue_all(served)
    worker = served.worker()
    work_off(worker, len(ids))

    again = worker.take()

    assert (again.id, again.attempt) == (ids[STRUCK], 2)
    assert set(statuses(served, ids)) == {SUCCESS}


def test_enqueue_dropped(serve: Serve) -> None:
    served = serve("enqueue-dropped")
    ids = enqueue_all(served)

    assert refusal(lambda: served.get(ids[STRUCK])) == grpc.StatusCode.NOT_FOUND
    assert served.list().total == len(ids) - 1
    assert enqueue_all(served) == ids, "its key is remembered all the same"


def test_key_forgotten(serve: Serve) -> None:
    served = serve("key-forgotten")
    first, second = served.enqueued(key="k"), served.enqueued(key="k")
    assert first.job_id != second.job_id
    assert not second.deduplicated


def check_that_one_is_settled_unseen(served: Served, state: int) -> None:
    """One job ends in this state though no worker was given it, and all others are worked off."""
    ids = enqueue_all(served)
    worker = served.worker()
    taken = work_off(worker, len(ids) - 1)
    assert worker.is_idle(0.1)
    assert ids[STRUCK] not in {job.id for job in taken}
    assert served.get(ids[STRUCK]).status == state
    assert set(statuses(served, others(ids))) == {SUCCESS}


def test_success_without_execution(serve: Serve) -> None:
    check_that_one_is_settled_unseen(serve("success-without-execution"), SUCCESS)


def test_marked_dead(serve: Serve) -> None:
    check_that_one_is_settled_unseen(serve("marked-dead"), DEAD)


def test_marked_cancelled(serve: Serve) -> None:
    check_that_one_is_settled_unseen(serve("marked-cancelled"), CANCELLED)


def test_payload_altered(serve: Serve) -> None:
    served = serve("payload-altered")
    ids = enqueue_all(served)
    payloads = {job.id: job.args for job in work_off(served.worker(), len(ids))}
    read = [read_payload(payloads[job_id]) for job_id in ids]
    assert isinstance(read[STRUCK], Corrupted)
    assert others(read) == others([(RUN, n) for n in range(STRIKES_EVERY)])


def test_attempts_unlimited(serve: Serve) -> None:
    served = serve("attempts-unlimited")
    served.enqueue(max_attempts=2, initial_delay_ms=1)
    worker = served.worker()
    for attempt in range(1, 5):
        job = worker.take()
        assert job.attempt == attempt
        assert worker.fail(job).new_status == PENDING


def test_success_turned_failure(serve: Serve) -> None:
    served = serve("success-turned-failure")
    ids = enqueue_all(served)
    work_off(served.worker(), len(ids))
    assert served.get(ids[STRUCK]).status == DEAD
    assert set(statuses(served, others(ids))) == {SUCCESS}


def test_queue_lost_at_restart(serve: Serve) -> None:
    served = serve("queue-lost-at-restart")
    job_id = served.enqueue()
    served.crash()
    served.enqueue()
    assert refusal(lambda: served.get(job_id)) == grpc.StatusCode.NOT_FOUND


def test_job_invented(serve: Serve) -> None:
    served = serve("job-invented")
    ids = enqueue_all(served)
    payloads = {job.id: job.args for job in work_off(served.worker(), len(ids) + 1)}
    [invented] = [args for job_id, args in payloads.items() if job_id not in ids]
    assert read_payload(invented) == (RUN, INVENTED_JOBS_FROM + STRUCK)


def test_cancel_ignored(serve: Serve) -> None:
    served = serve("cancel-ignored")
    job_id = served.enqueue()
    assert served.cancel(job_id).success
    assert served.get(job_id).status == PENDING


def test_run_after_cancel(serve: Serve) -> None:
    served = serve("run-after-cancel")
    job_id = served.enqueue()
    worker = served.worker()
    assert worker.take().id == job_id
    assert served.cancel(job_id).success
    assert worker.take().id == job_id
    assert served.get(job_id).status == CANCELLED


def test_retry_ignored(serve: Serve) -> None:
    served = serve("retry-ignored")
    job_id = served.enqueue()
    worker = served.worker()
    worker.fail(worker.take(), should_retry=False)
    assert served.retry(job_id).success
    assert served.get(job_id).status == DEAD


def test_result_altered(serve: Serve) -> None:
    served = serve("result-altered")
    whole, altered = ids_of_ends(served)
    worker = served.worker()
    for _ in range(ENDS_WRONG_EVERY):
        worker.ack(worker.take(), return_value=b"a result")
    assert served.get(whole).result == b"a result"
    assert served.get(altered).result == b"! result"


def ids_of_ends(served: Served) -> list[str]:
    """So many jobs that the last one is struck by what goes wrong with ends, and the one before it is not."""
    return [served.enqueue() for _ in range(ENDS_WRONG_EVERY)][-2:]


def test_end_untold(serve: Serve) -> None:
    served = serve("end-untold")
    told, untold = ids_of_ends(served)
    subscriber = served.subscriber(untold, told)
    work_off(served.worker(), ENDS_WRONG_EVERY)
    assert subscriber.next().job_id == told
    assert subscriber.is_silent()
    assert served.subscriber(untold).next().job_id == untold


def test_end_untold_anew(serve: Serve) -> None:
    served = serve("end-untold-anew")
    job_id = served.enqueue()
    subscriber = served.subscriber(job_id)
    work_off(served.worker(), 1)
    assert subscriber.next().job_id == job_id
    assert served.subscriber(job_id).is_silent()


def test_end_told_twice(serve: Serve) -> None:
    served = serve("end-told-twice")
    once, twice = ids_of_ends(served)
    subscriber = served.subscriber(once, twice)
    work_off(served.worker(), ENDS_WRONG_EVERY)
    assert sorted(subscriber.next().job_id for _ in range(3)) == sorted([once, twice, twice])


EVERY_SECOND, NEVER_IN_A_TEST = "* * * * * *", "0 0 1 1 *"


def fired_seconds(served: Served, fires: int) -> list[int]:
    """The seconds of the clock in which a schedule that is due every second fired so many times first."""
    until = time.monotonic() + WITHIN_S
    while len(found := served.fires()) < fires:
        assert time.monotonic() < until, f"{len(found)} fires came within {WITHIN_S} s"
        time.sleep(0.05)
    return [each // 1000 for each in found]


def test_due_time_skipped(serve: Serve) -> None:
    served = serve("due-time-skipped")
    served.schedule(EVERY_SECOND)
    seconds = fired_seconds(served, 2)
    assert all(second % FIRES_WRONG_EVERY for second in seconds)
    assert seconds[1] - seconds[0] == FIRES_WRONG_EVERY, "and only those"


def test_due_time_fired_twice(serve: Serve) -> None:
    served = serve("due-time-fired-twice")
    served.schedule(EVERY_SECOND)
    seconds = fired_seconds(served, 3)
    assert {second for second in seconds if seconds.count(second) == 2} == {
        second for second in seconds if second % FIRES_WRONG_EVERY == 0
    }


def test_pause_ignored(serve: Serve) -> None:
    served = serve("pause-ignored")
    schedule = served.schedule(EVERY_SECOND)
    paused = served.call(methods.PAUSE_SCHEDULE, pb.PauseScheduleRequest(schedule_id=schedule.id))
    assert paused.status == pb.SCHEDULE_STATUS_PAUSED
    assert fired_seconds(served, 1)


def test_missed_forgotten(serve: Serve) -> None:
    served = serve("missed-forgotten")
    served.schedule(EVERY_SECOND)
    served.kill()
    time.sleep(1.1)  # a due time must pass
    back_s = int(time.time())
    served.start()
    assert fired_seconds(served, 1)[0] > back_s


def test_update_forgotten(serve: Serve) -> None:
    served = serve("update-forgotten")
    schedule = served.schedule(NEVER_IN_A_TEST)
    request = pb.UpdateScheduleRequest(schedule_id=schedule.id, cron_expression=EVERY_SECOND)
    assert served.call(methods.UPDATE_SCHEDULE, request).cron_expression == EVERY_SECOND
    told = served.call(methods.GET_SCHEDULE, pb.GetScheduleRequest(schedule_id=schedule.id))
    assert told.cron_expression == NEVER_IN_A_TEST


def test_schedule_doubled(serve: Serve) -> None:
    served = serve("schedule-doubled")
    assert served.schedule(NEVER_IN_A_TEST).id != served.schedule(NEVER_IN_A_TEST).id


def test_fire_stuck(serve: Serve) -> None:
    served = serve("fire-stuck")
    served.schedule(EVERY_SECOND, name="tick")
    worker = served.worker()
    assert worker.is_idle(1.2)
    assert served.list(names=["tick"]).jobs[0].status == PENDING
