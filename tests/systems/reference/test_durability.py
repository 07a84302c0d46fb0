"""Whatever was answered survives SIGKILL, at any moment."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path

import grpc
import pytest

from chaos.wire import reseolio_pb2 as pb
from tests.systems.reference.served import Served, pages

SUCCESS, RUNNING, DEAD = pb.JOB_STATUS_SUCCESS, pb.JOB_STATUS_RUNNING, pb.JOB_STATUS_DEAD


class Load:
    """Producers and workers in threads, which note what was answered."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._stopped = threading.Event()
        self.keys: dict[str, str] = {}
        self.succeeded: Counter[str] = Counter()
        self.received_after_success: list[str] = []
        self._threads = [threading.Thread(target=self._produce, args=(n,)) for n in range(4)]
        self._threads += [threading.Thread(target=self._work, args=(n,)) for n in range(2)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for_a_success(self, within_s: float = 20.0) -> None:
        """Return once a success was acknowledged; one at least must survive."""
        deadline_s = time.monotonic() + within_s
        while not self.succeeded:
            assert time.monotonic() < deadline_s, f"no success was acknowledged within {within_s:g} s"
            time.sleep(0.005)

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _produce(self, producer: int) -> None:
        for number in range(100_000):
            if self._stopped.is_set():
                return
            key = f"{producer}-{number}"
            try:
                self.keys[key] = self._served.enqueue(key.encode(), key=key, timeout_ms=1)
            except (grpc.RpcError, ValueError, AssertionError):
                return  # the queue was killed; ValueError: on a channel that is closed already

    def _work(self, worker_id: int) -> None:
        try:
            worker = self._served.worker(f"worker-{worker_id}", concurrency=10)
            while not self._stopped.is_set():
                job = worker.take(0.5)
                if job.id in self.succeeded:
                    self.received_after_success.append(job.id)
                if worker.ack(job).new_status == SUCCESS:
                    self.succeeded[job.id] += 1
        except (grpc.RpcError, ValueError, AssertionError):
            return


@pytest.mark.parametrize("seed", range(6))
def test_what_was_acknowledged_survives_a_kill_at_a_random_moment(tmp_path: Path, seed: int) -> None:
    with Served(tmp_path / "data") as served:
        load = Load(served)
        load.start()
        load.wait_for_a_success()
        time.sleep(random.Random(seed).uniform(0.1, 0.5))  # the moment is what is tried
        served.kill()
        load.stop()
        served.start()

        stored = {job.id: job for job in pages(served, 1000, ascending=True)}

        assert load.keys
        assert load.succeeded
        assert set(load.keys.values()) <= set(stored)
        assert all(stored[job_id].args.decode() == key for key, job_id in load.keys.items())
        assert all(stored[job_id].status == SUCCESS for job_id in load.succeeded)
        assert not load.received_after_success
        assert served.list().total == len(stored)


def test_a_key_is_remembered_over_a_crash(served: Served) -> None:
    job_id = served.enqueue(key="k")
    served.crash()
    again = served.enqueued(key="k")
    assert (again.job_id, again.deduplicated) == (job_id, True)


def test_a_worker_may_acknowledge_over_a_crash(served: Served) -> None:
    worker = served.worker()
    served.enqueue()
    job = worker.take()

    served.crash()

    assert served.get(job.id).status == RUNNING
    assert worker.ack(job).new_status == SUCCESS


def test_an_ack_is_answered_again_over_a_crash(served: Served) -> None:
    worker = served.worker(concurrency=2)
    served.enqueue(b"succeeds")
    served.enqueue(b"fails", initial_delay_ms=60_000)
    first, second = worker.take(), worker.take()
    answers = (worker.ack(first), worker.fail(second))

    served.crash()

    assert (worker.ack(first), worker.fail(second)) == answers


def test_a_lease_goes_on_over_a_crash_and_ends_in_its_time(served: Served) -> None:
    served.enqueue(timeout_ms=1_000)
    first = served.worker().take()

    served.crash()

    back = served.worker("worker-2")
    assert back.is_idle(0.2), "its timeout has not passed"
    second = back.take()
    assert (second.id, second.attempt) == (first.id, 2)
    assert second.started_at - first.started_at >= 1_000


def test_a_lease_that_ran_out_while_the_queue_was_down_ends_at_once(served: Served) -> None:
    worker = served.worker()
    job_id = served.enqueue(timeout_ms=1, max_attempts=1)
    worker.take()
    served.kill()
    time.sleep(0.6)  # the timeout and its grace

    served.start()

    assert served.subscriber(job_id).next(0.3).status == DEAD


def test_a_retry_that_was_due_while_the_queue_was_down_runs_at_once(served: Served) -> None:
    worker = served.worker()
    job_id = served.enqueue(initial_delay_ms=100)
    worker.fail(worker.take())
    served.crash()
    assert served.worker().take().id == job_id


def test_a_crash_while_nobody_waits_loses_nothing_on_repeated_starts(served: Served) -> None:
    ids = []
    for _ in range(4):
        ids.append(served.enqueue())
        served.crash()
    assert [job.id for job in pages(served, 10, ascending=True)] == ids
