"""What the embedded queue reaches, and what it costs, with ten workers.

    python benchmarks/reference.py [--jobs 6000] [--repeat 3]

Producers and workers are those of a run, each a process of its own, ledger included; all share this machine's cores
with the queue. Latency is from when a job was due to when its ack was answered. CPU is that of the queue alone:
taking a job in, handing it out, and taking its ack. Each figure is a median over fresh queues on fresh databases.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from chaos.checks.metrics import measure
from chaos.clock import now_ns
from chaos.load.plan import ProcessPlan, ProducerPlan, WorkerPlan
from chaos.processes.ports import LOOPBACK, free_port
from chaos.systems.readiness import lists_jobs

WORKERS: Final = 10
PLANNED_START_NS: Final = 100_000_000


@dataclass(frozen=True)
class Figure:
    """What came of one load."""

    jobs_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


class LoadProcess:
    """A load process, from its plan to its last word."""

    def __init__(self, module: str, plan: ProcessPlan) -> None:
        command = [sys.executable, "-P", "-m", f"chaos.load.{module}"]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.say(plan.to_json())

    def say(self, line: str) -> None:
        """Send one line."""
        assert self._child.stdin is not None
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def expect(self, word: str) -> dict[str, Any]:
        """Wait for its next line, and return what follows the word."""
        assert self._child.stdout is not None
        said, _, rest = self._child.stdout.readline().strip().partition(" ")
        if said != word:
            raise SystemExit(f"a load process said {said!r} instead of {word!r}: {rest}")
        return dict(json.loads(rest)) if rest else {}


@contextmanager
def queue(directory: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A fresh queue: its address and its process."""
    address = f"{LOOPBACK}:{free_port()}"
    command = [sys.executable, "-P", "-m", "chaos.systems.reference", "--listen", address]
    with (directory / "queue.log").open("wb") as log:
        child = subprocess.Popen([*command, "--data", str(directory / "data")], stderr=log)
    try:
        asyncio.run(_until_ready(address))
        yield address, psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait()


async def _until_ready(address: str) -> None:
    async with asyncio.timeout(15.0):
        while not await lists_jobs(address):  # noqa: ASYNC110 - there is nothing to be woken by
            await asyncio.sleep(0.01)


def load(jobs: int, rate_per_s: float | None) -> Figure:
    """Let ten workers work off what one producer enqueues, at a rate or as fast as it can."""
    with tempfile.TemporaryDirectory() as name, queue(Path(name)) as (address, process):
        ledger = Path(name) / "ledger"
        ledger.mkdir()
        common: dict[str, Any] = {"run": "benchmark", "seed": 1, "incarnation": 1, "ledger": str(ledger)}
        common |= {
            "address": address,
            "job_name": "chaos",
            "payload_bytes": 256,
            "max_attempts": 3,
            "timeout_s": 30.0,
            "backoff": "fixed",
            "initial_delay_s": 1.0,
            "max_delay_s": 1.0,
        }
        workers = [
            LoadProcess(
                "worker",
                WorkerPlan(
                    **common, component=f"worker-{n}", concurrency=8, duration_s=0.0, failure_rate=0.0
                ),
            )
            for n in range(1, WORKERS + 1)
        ]
        producer = LoadProcess("producer", _producer_plan(common, jobs, rate_per_s))
        for one in (*workers, producer):
            one.expect("ready")
        cpu_before_s = _cpu_s(process)
        start_ns = now_ns() + PLANNED_START_NS
        producer.say(f"go {start_ns}")
        producer.expect("done")
        _until_acknowledged(ledger, start_ns, jobs)
        cpu_s = _cpu_s(process) - cpu_before_s
        for worker in workers:
            worker.say("stop")
            worker.expect("done")
        metrics = measure(ledger, start_ns)
        latency = metrics.latency
        return Figure(
            jobs_per_s=metrics.overall_per_s or 0.0,
            p50_ms=(latency.p50 or 0.0) * 1e3,
            p99_ms=(latency.p99 or 0.0) * 1e3,
            cpu_us=cpu_s / jobs * 1e6,
        )


def _producer_plan(common: dict[str, Any], jobs: int, rate_per_s: float | None) -> ProducerPlan:
    return ProducerPlan(
        **common,
        component="producer-1",
        jobs=jobs,
        first=0,
        step=1,
        rate_per_s=rate_per_s,
        in_flight=64,
        enqueued_twice=0.0,
        give_up_after_s=60.0,
    )


def _until_acknowledged(ledger: Path, start_ns: int, jobs: int) -> None:
    deadline = time.monotonic() + 120.0
    while (completed := measure(ledger, start_ns).completed) < jobs:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {completed} of {jobs} jobs were done within 120 s")
        time.sleep(0.1)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=6000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    print(f"{'10 workers':20} {'jobs/s':>8} {'p50, ms':>8} {'p99, ms':>8} {'CPU, µs a job':>14}")
    for name, rate_per_s in (("rate: max", None), ("rate: 500/s", 500.0), ("rate: 300/s", 300.0)):
        taken = [
            load(options.jobs if rate_per_s is None else options.jobs // 2, rate_per_s)
            for _ in range(options.repeat)
        ]
        medians = [
            statistics.median(getattr(figure, field) for figure in taken)
            for field in ("jobs_per_s", "p50_ms", "p99_ms", "cpu_us")
        ]
        print(f"{name:20} {medians[0]:8,.0f} {medians[1]:8.1f} {medians[2]:8.1f} {medians[3]:14,.0f}")


if __name__ == "__main__":
    main()
