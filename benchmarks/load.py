"""What the load costs and what it reaches, against a real Reseolio core.

    python benchmarks/load.py [--jobs 10000] [--repeat 3] [--ghz PROGRAM] [--node DIR]

Each figure is a median over fresh cores on fresh databases, taken in turn, so that a busy machine slows all of them
alike. CPU is that of the load process alone, from when it was ready, its ledger included.

For the comparisons: `--ghz` names the ghz program (else it is looked for on PATH), and `--node` a directory in which
`npm install reseolio` was run, with this repository's `proto/` copied beside `node_modules/`; its SDK then enqueues as
its own load test does, all jobs at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from chaos.clock import now_ns
from chaos.load.client import QueueClient, is_ready
from chaos.load.payload import make_payload
from chaos.load.plan import ProcessPlan, ProducerPlan, WorkerPlan
from chaos.processes.ports import free_port
from chaos.systems.reseolio.locate import find_core

PAYLOAD_BYTES: Final = 256
IN_FLIGHT: Final = 64
RUN: Final = "benchmark"
NODE_SCRIPT: Final = """
import { Reseolio } from 'reseolio';
const [address, jobs, bytes] = process.argv.slice(2);
const client = new Reseolio({ autoStart: false, address });
await client.start();
const fill = 'x'.repeat(Number(bytes));
const begin = process.hrtime.bigint();
await Promise.all(Array.from({ length: Number(jobs) }, (_, n) => client.enqueue('chaos', { n, fill })));
console.log('SECONDS', Number(process.hrtime.bigint() - begin) / 1e9);
process.exit(0);
"""


@dataclass(frozen=True)
class Figure:
    """One measured figure: jobs a second, CPU a job, lateness; what does not apply is None."""

    jobs_per_s: float | None = None
    cpu_us: float | None = None
    late_p99_ms: float | None = None


class Bench:
    """One core, and the load processes that run against it."""

    def __init__(self, directory: Path, address: str, jobs: int) -> None:
        self.directory = directory
        self.address = address
        self.jobs = jobs

    def common(self, component: str) -> dict[str, Any]:
        """What every plan says."""
        return {
            "run": RUN,
            "seed": 1,
            "component": component,
            "incarnation": 1,
            "ledger": str(self.directory),
            "address": self.address,
            "job_name": "chaos",
            "payload_bytes": PAYLOAD_BYTES,
            "max_attempts": 3,
            "timeout_s": 30.0,
            "backoff": "fixed",
            "initial_delay_s": 1.0,
            "max_delay_s": 1.0,
        }

    def producer(self, rate_per_s: float | None) -> ProducerPlan:
        """A producer of all jobs."""
        return ProducerPlan(
            **self.common("producer-1"),
            jobs=self.jobs,
            first=0,
            step=1,
            rate_per_s=rate_per_s,
            in_flight=IN_FLIGHT,
            enqueued_twice=0.0,
            give_up_after_s=60.0,
        )

    def worker(self) -> WorkerPlan:
        """A worker whose jobs take no time."""
        return WorkerPlan(**self.common("worker-1"), concurrency=IN_FLIGHT, duration_s=0.0, failure_rate=0.0)


class LoadProcess:
    """A load process from its plan to its summary, and its CPU time in between."""

    def __init__(self, module: str, plan: ProcessPlan) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", f"chaos.load.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.say(plan.to_json())
        self._expect("ready")
        times = psutil.Process(self._child.pid).cpu_times()
        self._cpu_before_s = times.user + times.system

    def say(self, line: str) -> None:
        """Send one line."""
        assert self._child.stdin is not None
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def summary(self) -> dict[str, Any]:
        """Its last words, with `cpu_s` counted from when it was ready."""
        words = dict(json.loads(self._expect("done")))
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait()
        words["cpu_s"] -= self._cpu_before_s
        return words

    def _expect(self, word: str) -> str:
        assert self._child.stdout is not None
        said, _, rest = self._child.stdout.readline().strip().partition(" ")
        if said != word:
            raise SystemExit(f"a load process said {said!r} instead of {word!r}: {rest}")
        return rest


@contextmanager
def bench(jobs: int) -> Iterator[Bench]:
    """A fresh core on a fresh database."""
    with tempfile.TemporaryDirectory() as name:
        address = f"127.0.0.1:{free_port()}"
        database = f"sqlite://{name}/queue.db"
        core = subprocess.Popen(
            [str(find_core().path), "--database-url", database, "--listen-addr", address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            asyncio.run(_until_ready(address))
            yield Bench(Path(name), address, jobs)
        finally:
            core.kill()
            core.wait()


def enqueue_at_max(on: Bench) -> Figure:
    """One producer, as fast as it can."""
    producer = LoadProcess("producer", on.producer(None))
    producer.say(f"go {now_ns()}")
    summary = producer.summary()
    return Figure(
        jobs_per_s=on.jobs / summary["sending_s"], cpu_us=summary["cpu_s"] / summary["arrived"] * 1e6
    )


def execute_and_ack(on: Bench) -> Figure:
    """One worker on a full queue."""
    enqueue_at_max(on)
    worker = LoadProcess("worker", on.worker())
    began_ns = now_ns()
    asyncio.run(_until_empty(on.address))
    seconds = (now_ns() - began_ns) / 1e9
    worker.say("stop")
    summary = worker.summary()
    return Figure(
        jobs_per_s=summary["executions"] / seconds, cpu_us=summary["cpu_s"] / summary["executions"] * 1e6
    )


def open_loop(on: Bench) -> Figure:
    """One producer at 1,000/s for five seconds."""
    producer = LoadProcess("producer", Bench(on.directory, on.address, 5000).producer(1000.0))
    producer.say(f"go {now_ns() + 100_000_000}")
    summary = producer.summary()
    return Figure(
        jobs_per_s=summary["arrived"] / summary["sending_s"],
        cpu_us=summary["cpu_s"] / summary["arrived"] * 1e6,
        late_p99_ms=summary["late_p99_s"] * 1e3,
    )


def with_ghz(program: str) -> Callable[[Bench], Figure]:
    """ghz, with as many calls in flight."""

    def run(on: Bench) -> Figure:
        proto = Path(__file__).parent.parent / "proto" / "reseolio.proto"
        template = {
            "name": "chaos",
            "args": make_payload(RUN, 0, PAYLOAD_BYTES).hex()[:PAYLOAD_BYTES],
            "idempotency_key": "{{.RequestNumber}}",
        }
        command = [program, "--insecure", "--proto", str(proto), "--call", "reseolio.Reseolio.EnqueueJob"]
        command += ["-c", str(IN_FLIGHT), "-n", str(on.jobs), "-d", json.dumps(template), "-O", "json"]
        before = psutil.Process().cpu_times()
        answer = subprocess.run([*command, on.address], capture_output=True, check=True)
        after = psutil.Process().cpu_times()
        cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
        return Figure(jobs_per_s=float(json.loads(answer.stdout)["rps"]), cpu_us=cpu_s / on.jobs * 1e6)

    return run


def with_node(directory: Path) -> Callable[[Bench], Figure]:
    """The Node.js SDK of Reseolio, all jobs at once."""
    script = directory / "enqueue.mjs"
    script.write_text(NODE_SCRIPT, encoding="utf-8")

    def run(on: Bench) -> Figure:
        command = ["node", str(script), on.address, str(on.jobs), str(PAYLOAD_BYTES)]
        answer = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
        seconds = next(line.split()[1] for line in answer.stdout.splitlines() if line.startswith("SECONDS"))
        return Figure(jobs_per_s=on.jobs / float(seconds))

    return run


async def _until_ready(address: str) -> None:
    async with asyncio.timeout(15.0):
        while not await is_ready(address):  # noqa: ASYNC110 - there is nothing to be woken by
            await asyncio.sleep(0.005)


async def _until_empty(address: str) -> None:
    async with asyncio.timeout(120.0), QueueClient(address) as client:
        while (backlog := await client.backlog(at_most=0)).depth:  # noqa: ASYNC110 - nor here
            await asyncio.sleep(0.02 if backlog.complete else 0.2)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--ghz", default=shutil.which("ghz"))
    parser.add_argument("--node", type=Path)
    options = parser.parse_args()
    measured: dict[str, Callable[[Bench], Figure]] = {
        "enqueue at rate max": enqueue_at_max,
        "execute and ack": execute_and_ack,
        "open loop at 1,000/s": open_loop,
    }
    if options.ghz:
        measured["enqueue with ghz"] = with_ghz(options.ghz)
    if options.node:
        measured["enqueue with its Node.js SDK"] = with_node(options.node.absolute())
    figures: dict[str, list[Figure]] = {name: [] for name in measured}
    for _ in range(options.repeat):
        for name, measure in measured.items():
            with bench(options.jobs) as on:
                figures[name].append(measure(on))
            time.sleep(0.2)
    print(f"{'':30} {'jobs/s':>8} {'CPU, µs a job':>14} {'late p99, ms':>13}")
    for name, taken in figures.items():
        cells = [
            _median([getattr(f, field) for f in taken]) for field in ("jobs_per_s", "cpu_us", "late_p99_ms")
        ]
        print(f"{name:30} {cells[0]:>8} {cells[1]:>14} {cells[2]:>13}")


def _median(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    median = statistics.median(known)
    return f"{median:.2f}" if median < 10 else f"{median:,.0f}"


if __name__ == "__main__":
    main()
