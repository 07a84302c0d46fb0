"""What the stores of real systems hold, while the systems run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import grpc.aio
import pytest

from chaos.load.client import QueueClient
from chaos.processes.component import Component
from chaos.systems.reference.system import ReferenceSpec, ReferenceSystem
from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from chaos.systems.reseolio.system import ReseolioSpec, ReseolioSystem
from chaos.systems.store import Aspect, Store
from chaos.wire import reseolio_pb2 as pb

WITHIN_S = 15.0


def reseolio(place: Path) -> ReseolioSystem:
    try:
        find_core()
    except CoreNotFoundError as error:
        pytest.skip(str(error))
    return ReseolioSystem(ReseolioSpec(name="reseolio"), place)


SYSTEMS = [
    pytest.param(lambda place: ReferenceSystem(ReferenceSpec(name="reference"), place), id="reference"),
    pytest.param(reseolio, id="reseolio"),
]


@pytest.mark.parametrize("make", SYSTEMS)
async def test_a_store_tells_of_its_jobs_beside_the_running_core_and_of_stuck_ones_once_it_is_dead(
    make: Callable[[Path], ReferenceSystem | ReseolioSystem], tmp_path: Path
) -> None:
    system = make(tmp_path / "system")
    (spec,) = system.prepare()
    core = Component("core", lambda _: None)
    await core.start(spec.command, environment=spec.environment, log_path=tmp_path / "core.log")
    try:
        await core.wait_ready(spec.is_ready, WITHIN_S)
        store = system.store()
        assert counts(store) == {"pending": 0, "running": 0, "done": 0, "dead": 0}
        async with QueueClient(system.addresses[0]) as queue:
            await leave_jobs(queue)
            expected = {"pending": 1, "running": 3, "done": 1, "dead": 1}
            await until("the jobs are stored", lambda: counts(store) == expected)
            assert store.ask(Aspect.STUCK, 1.0) == 0
            assert store.ask(Aspect.SIZE, 1.0) > 4096
            assert store.query("SELECT count(*) FROM jobs", 1.0) == 6
            await core.kill()
        await until("the running ones are stuck", lambda: store.ask(Aspect.STUCK, 1.0) == 3)
    finally:
        await core.stop()


def counts(store: Store) -> dict[str, float]:
    return {
        aspect.value: store.ask(aspect, 1.0)
        for aspect in (Aspect.PENDING, Aspect.RUNNING, Aspect.DONE, Aspect.DEAD)
    }


async def leave_jobs(queue: QueueClient) -> None:
    """Of six jobs three run, one is done, one is dead, and one waits."""
    link = await queue.connected(WITHIN_S)
    options = pb.JobOptions(max_attempts=1, timeout_ms=1500)
    for number in range(6):
        request = pb.EnqueueRequest(name="job", args=b"{}", options=options, idempotency_key=str(number))
        await link.enqueue_job(request, timeout=WITHIN_S)
    stream: grpc.aio.StreamStreamCall[pb.PollRequest, pb.Job] = link.poll_jobs(None)
    await stream.write(pb.PollRequest(worker_id="worker", concurrency=3))
    for result in (pb.AckResult(success=True), pb.AckResult(success=False, should_retry=False)):
        job = await asyncio.wait_for(stream.read(), WITHIN_S)
        assert isinstance(job, pb.Job)
        await link.ack_job(pb.AckRequest(job_id=job.id, result=result), timeout=WITHIN_S)


async def until(what: str, holds: Callable[[], bool]) -> None:
    until_s = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < until_s, f"waited for it in vain that {what}"
        await asyncio.sleep(0.05)
