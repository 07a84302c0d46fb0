"""A real core, real workers and a real producer that keep it busy, and a real proxy between each of them and it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import grpc
import pytest
import yaml

from chaos.clock import now_ns
from chaos.experiment.model import FaultSpec, Runtime
from chaos.experiment.targets import Cast
from chaos.faults.protocol import Evidence, Fault
from chaos.faults.registry import fault_named
from chaos.ledger.tail import LedgerTail
from chaos.load.connection import OPTIONS
from chaos.load.plan import ProcessPlan, ProducerPlan, WorkerPlan
from chaos.load.runtimes import RUNTIMES, Role
from chaos.processes.component import Component
from chaos.proxies.proxies import Proxies, Wanted
from chaos.runner.components import SystemComponent
from chaos.runner.live import LiveCounts
from chaos.runner.load_process import LoadProcess
from chaos.runner.pulse import Pulse
from chaos.runner.scene import FaultScene, Stage, rank_of
from chaos.runner.windows import Windows
from chaos.systems.reference.system import ReferenceSpec, ReferenceSystem
from chaos.wire import reseolio_pb2 as pb
from chaos.wire.methods import LIST_JOBS

T = TypeVar("T")

WORKERS: Final = ("worker-1", "worker-2", "worker-3")
CAST: Final = Cast(
    {"cores": ("core",), "producers": ("producer-1",), "workers": WORKERS},
    tuple((client, "core") for client in ("producer-1", *WORKERS)),
)
_PATIENCE_S: Final = 20.0
_JOBS: Final = 50_000
_RATE_PER_S: Final = 100.0
_SEED: Final = 7
_COMMON: Final[dict[str, Any]] = {"run": "a-run", "seed": _SEED, "incarnation": 1}
_JOBS_ARE: Final[dict[str, Any]] = {
    "job_name": "chaos",
    "payload_bytes": 256,
    "max_attempts": 10,
    "timeout_s": 2.0,
    "backoff": "fixed",
    "initial_delay_s": 0.05,
    "max_delay_s": 0.05,
}


def fault_from(entry: str) -> Fault[FaultSpec]:
    """A fault from its entry in an experiment file; its moment is ours to choose, so it may have none."""
    content = {"at": "0s", **yaml.safe_load(entry)}
    kind = fault_named(content["fault"])
    return kind(kind.spec_model.model_validate(content))


class Injection:
    """One injection of one fault, step by step."""

    def __init__(self, fault: Fault[FaultSpec], scene: FaultScene) -> None:
        self.fault = fault
        self.scene = scene

    @property
    def targets(self) -> tuple[str, ...]:
        """Whom it was done to."""
        return self.scene.targets

    async def bite(self) -> Evidence:
        """Inject, and the evidence; undone at once if there is none, for the sake of the next test."""
        try:
            await self.fault.inject(self.scene)
            self.scene.injected_ns = now_ns()
            return await self.fault.confirm(self.scene)
        except Exception:
            await self.fault.revert(self.scene)
            raise

    async def revert(self) -> Evidence:
        """Undo, and what shows it."""
        return await self.fault.revert(self.scene)


class Ground:
    """Everything that faults of links act on. It goes on while the tests of one file come and go."""

    def __init__(self, place: Path) -> None:
        self._loop = asyncio.Runner()
        self._place = place
        self._injections = 0
        for name in ("ledger", "logs", "scratch"):
            (place / name).mkdir()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something in the one event loop that all of it lives in."""
        return self._loop.run(coroutine)

    async def start(self) -> None:
        """Start the core, the proxies and the load."""
        self._system = ReferenceSystem(ReferenceSpec(name="reference"), self._place / "core")
        (spec,) = self._system.prepare()
        assert spec.address is not None
        self.core = SystemComponent(spec, Component("core", lambda _: None), self._place / "logs")
        await self.core.start()
        self._proxies = Proxies("a-run", self._place / "logs", lambda _: None, url=None)
        await self._proxies.start([Wanted(client, "core", spec.address) for client, _ in CAST.links])
        self._load = [self._worker(name) for name in WORKERS] + [self._producer()]
        live = LiveCounts(LedgerTail(self._place / "ledger"), _JOBS)
        self._stage = Stage(
            seed=_SEED,
            cast=CAST,
            proxies=self._proxies,
            live=live,
            windows=Windows(lambda _: None),
            ledger=self._place / "ledger",
            logs=self._place / "logs",
            scratch=self._place / "scratch",
            record=lambda _: None,
            breakables={"core": self.core},
        )
        for process in self._load:
            await process.start()
            await process.begin(now_ns())
        pulse = Pulse(live)
        pulsing = asyncio.create_task(pulse.run())
        await pulse.until(lambda: live.enqueued_jobs > 20)
        pulsing.cancel()

    def injection(self, entry: str) -> Injection:
        """An injection of this fault, with targets drawn from the seed."""
        self._injections += 1
        fault = fault_from(entry)
        name = fault.spec.fault
        targets = fault.choose(CAST, rank_of(_SEED, name, self._injections))
        scene = FaultScene(
            self._stage,
            name=f"{name}#{self._injections}",
            fault=name,
            number=self._injections,
            targets=targets,
        )
        return Injection(fault, scene)

    def address(self, client: str) -> str:
        """`host:port` where this client reaches the core."""
        return self._proxies.address(client, "core", direct="")

    def listing(self, client: str) -> Listing:
        """A connection of our own through this client's proxy, made now."""
        return Listing(self.address(client))

    async def stop(self) -> None:
        """End all of it."""
        for process in self._load:
            await process.stop()
        await self._proxies.stop()
        await self.core.stop()

    def close(self) -> None:
        """End all of it, and the event loop."""
        try:
            self.run(self.stop())
        finally:
            self._loop.close()

    def _worker(self, name: str) -> LoadProcess:
        plan = WorkerPlan(
            **self._plan(name),
            **_JOBS_ARE,
            concurrency=8,
            duration_s=0.02,
            failure_rate=0.0,
        )
        return self._process(Role.WORKER, plan)

    def _producer(self) -> LoadProcess:
        plan = ProducerPlan(
            **self._plan("producer-1"),
            **_JOBS_ARE,
            jobs=_JOBS,
            first=0,
            step=1,
            rate_per_s=_RATE_PER_S,
            in_flight=64,
            enqueued_twice=0.0,
            give_up_after_s=30.0,
        )
        return self._process(Role.PRODUCER, plan)

    def _plan(self, name: str) -> dict[str, Any]:
        ledger = str(self._place / "ledger")
        return {**_COMMON, "component": name, "ledger": ledger, "address": self.address(name)}

    def _process(self, role: Role, plan: ProcessPlan) -> LoadProcess:
        log_path = self._place / "logs" / f"{plan.component}.log"
        return LoadProcess(
            plan.component, RUNTIMES[Runtime.PYTHON].command(role), lambda _: plan, log_path, lambda _: None
        )


class Listing:
    """A client of our own: what a fault does is seen from outside, by real calls, over a connection made before it."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=OPTIONS)
        self._call = self._channel.unary_unary(
            LIST_JOBS.path, LIST_JOBS.request.SerializeToString, LIST_JOBS.response.FromString
        )

    async def took_ms(self, jobs: int = 1, timeout_s: float = 3.0) -> float | grpc.StatusCode:
        """How long the core took to answer with so many jobs, or how it failed to."""
        start_ns = now_ns()
        try:
            await self._call(pb.ListJobsRequest(limit=jobs), timeout=timeout_s)
        except grpc.aio.AioRpcError as error:
            code: grpc.StatusCode = error.code()
            return code
        return (now_ns() - start_ns) / 1e6

    async def gets_faster_than(self, limit_ms: float, *, jobs: int = 1) -> None:
        """Ask until an answer takes no longer than this; a busy machine may need a while."""
        async with asyncio.timeout(_PATIENCE_S):
            took = await self.took_ms(jobs)
            while isinstance(took, grpc.StatusCode) or took >= limit_ms:
                await asyncio.sleep(0.02)
                took = await self.took_ms(jobs)

    async def close(self) -> None:
        """Give the connection up."""
        await self._channel.close(None)


async def fastest(*readings: Awaitable[float | grpc.StatusCode]) -> float:
    """The shortest of these times: a busy machine makes them longer, and never shorter. All must be times."""
    taken = [await reading for reading in readings]
    assert all(isinstance(took, float) for took in taken), taken
    return min(took for took in taken if isinstance(took, float))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A core under load behind proxies, ready."""
    ground = Ground(tmp_path_factory.mktemp("ground"))
    try:
        ground.run(ground.start())
        yield ground
    finally:
        ground.close()
