"""Load processes come and go, and the load goes on: nothing is lost by it that the ledger would not tell."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chaos.clock import now_ns, seconds_between
from chaos.ledger.reader import Ledger
from chaos.ledger.records import Kind
from chaos.processes.suspension import Suspension, can_suspend
from chaos.runner.load import LoadFailed
from tests.runner.yard import Yard

pytestmark = pytest.mark.alone

MakeYard = Callable[..., Yard]


@pytest.fixture
def make_yard(tmp_path: Path) -> Iterator[MakeYard]:
    """Starts a core and a crew with this load; all of it ends with the test."""
    yards: list[Yard] = []

    def make(**load: Any) -> Yard:
        yard = Yard(tmp_path, {"jobs": 400, "rate": "200/s", "enqueued-twice": "0%", **load})
        yards.append(yard)
        yard.run(yard.start())
        return yard

    try:
        yield make
    finally:
        for yard in yards:
            yard.close()


def jobs_begun(yard: Yard, writer: str) -> Counter[int]:
    """How often each job was begun to be enqueued, by one incarnation of a producer."""
    counts: Counter[int] = Counter()
    for file in Ledger.open(yard.ledger).files:
        if f"{file.header.component}.{file.header.incarnation}" == writer:
            for records in file.chunks():
                first_tries = records[(records["kind"] == Kind.ENQUEUE_INTENDED) & (records["attempt"] <= 1)]
                counts.update(first_tries["job"].tolist())
    return counts


def test_a_worker_that_is_killed_comes_back_with_a_ledger_file_of_its_own(make_yard: MakeYard) -> None:
    yard = make_yard(workers={"count": 2, "concurrency": 4}, jobs=100_000)

    async def story() -> None:
        failing = asyncio.create_task(yard.crew.failure())
        worker = yard.crew.breakables["worker-1"]
        await yard.until("jobs in hand", lambda: yard.live.in_flight(["worker-1"]).executions > 0)
        gone = await worker.kill(signal.SIGKILL)
        assert (gone.status, worker.is_up) == ("SIGKILL", False)
        assert yard.live.in_flight(["worker-1"]).executions == 0
        assert yard.files_closed("worker-1") == {1: (yard.ledger / "worker-1.1.ledger").stat().st_size}

        await worker.bring_back()
        await worker.bring_back()  # one that is up stays as it is
        assert (yard.ups("worker-1"), yard.files_opened("worker-1")) == ([1, 2], [1, 2])
        await yard.until("jobs in hand again", lambda: yard.live.in_flight(["worker-1"]).executions > 0)
        assert not failing.done()
        failing.cancel()

    yard.run(story())


def test_a_worker_comes_back_while_the_core_is_down_and_works_once_that_is_up(make_yard: MakeYard) -> None:
    yard = make_yard(workers={"count": 1, "concurrency": 4}, jobs=100_000)

    async def story() -> None:
        worker = yard.crew.workers[0]
        await yard.core.kill(signal.SIGKILL)
        await worker.kill(signal.SIGKILL)
        await worker.bring_back()
        assert worker.is_up
        await yard.core.bring_back()
        await yard.until("jobs in hand", lambda: yard.live.in_flight(["worker-1"]).executions > 0)

    yard.run(story())


@pytest.mark.parametrize(("rate", "jobs"), [("200/s", 400), ("max", 3000)])
def test_a_producer_that_is_killed_goes_on_where_it_was(make_yard: MakeYard, rate: str, jobs: int) -> None:
    yard = make_yard(producers=2, rate=rate, jobs=jobs)

    async def story() -> None:
        producer = yard.crew.breakables["producer-2"]
        enqueued = asyncio.create_task(yard.crew.enqueued())
        await yard.until("some of its jobs", lambda: yard.live.first_not_arrived(first=1, step=2) > 50)
        await producer.kill(signal.SIGKILL)
        await producer.bring_back()
        async with asyncio.timeout(20.0):
            await enqueued
        await yard.until("all jobs", lambda: yard.live.arrived_jobs == jobs)

    yard.run(story())
    first, second = jobs_begun(yard, "producer-2.1"), jobs_begun(yard, "producer-2.2")
    assert len(first) > 0
    assert len(second) > 0
    assert set((first + second).values()) == {1}, (
        "a job that was begun is not begun again by the next incarnation"
    )


def test_one_that_dies_by_itself_ends_the_load(make_yard: MakeYard) -> None:
    yard = make_yard(jobs=100_000)

    async def story() -> None:
        os.kill(yard.crew.workers[0].process.pid, signal.SIGKILL)
        async with asyncio.timeout(10.0):
            with pytest.raises(LoadFailed, match=r"worker-1: .*SIGKILL"):
                await yard.crew.failure()

    yard.run(story())


@pytest.mark.skipif(not can_suspend(), reason="this operating system stops no processes")
def test_one_that_is_stopped_goes_on_when_it_is_to_leave(make_yard: MakeYard) -> None:
    yard = make_yard(workers={"count": 2, "concurrency": 4}, jobs=100_000)

    async def story() -> None:
        worker = yard.crew.workers[0]
        await Suspension(worker.process).stop()
        asked_ns = now_ns()
        await worker.stop()
        assert seconds_between(asked_ns, now_ns()) < 5.0
        assert yard.downs("worker-1") == ["exit 0"]
        assert list(yard.files_closed("worker-1")) == [1]

    yard.run(story())


def test_one_that_stays_down_is_no_trouble_at_the_end(make_yard: MakeYard) -> None:
    yard = make_yard(workers={"count": 2, "concurrency": 4}, jobs=100_000)

    async def story() -> None:
        await yard.crew.workers[1].kill(signal.SIGTERM)
        await yard.crew.stop()
        assert list(yard.files_closed("worker-2")) == [1]
        assert all(len(yard.downs(name)) == 1 for name in yard.crew.breakables)

    yard.run(story())
