"""What watching costs: CPU of the runner and its guardian while a load of 500 jobs/s is under way.

    python benchmarks/overhead.py [SECONDS]

The experiment kills a worker on the way, so that the injector is at work too. CPU is read from the operating system
between the start of the load and its end, for these two processes alone, not for the load or the system.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

RATE = 500
EXPERIMENT = """\
title: What watching costs
system: reference
load:
  jobs: {jobs}
  rate: {rate}/s
  producers: 2
  workers: {{count: 3, concurrency: 16}}
  job: {{duration: 10ms}}
steady-state:
  - {{probe: throughput, at-least: 100/s}}
faults:
  - {{fault: kill, target: worker-1, at: 40% of jobs, restart-after: 500ms}}
"""


def main() -> None:
    """Run once and print the share of one core that each of the two took."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as place:
        experiment = Path(place) / "overhead.yaml"
        experiment.write_text(EXPERIMENT.format(jobs=RATE * seconds, rate=RATE), encoding="utf-8")
        runs = Path(place) / "runs"
        command = [
            sys.executable,
            "-m",
            "chaos",
            "run",
            str(experiment),
            "--runs",
            str(runs),
            "--output",
            "json",
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as runner:
            watched = {"runner": psutil.Process(runner.pid)}
            before: dict[str, tuple[float, float]] = {}
            assert runner.stdout is not None
            for line in runner.stdout:
                event = json.loads(line)
                if event.get("component") == "guardian" and event.get("event") == "component-up":
                    watched["guardian"] = psutil.Process(event["pid"])
                elif event.get("phase") == "load":
                    before = {name: _spent(process) for name, process in watched.items()}
                elif event.get("phase") == "heal":
                    _print(before, {name: _spent(process) for name, process in watched.items()})
        print(f"exit code {runner.returncode}")


def _spent(process: psutil.Process) -> tuple[float, float]:
    """CPU seconds so far, and when that was."""
    times = process.cpu_times()
    return times.user + times.system, time.monotonic()


def _print(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> None:
    total = 0.0
    for name, (cpu_s, at_s) in after.items():
        earlier_cpu_s, earlier_at_s = before[name]
        share = (cpu_s - earlier_cpu_s) / (at_s - earlier_at_s)
        total += share
        print(f"{name:<10} {share:6.2%} of one core over {at_s - earlier_at_s:.1f} s")
    print(f"{'together':<10} {total:6.2%}")


if __name__ == "__main__":
    main()
