"""What `chaos schedule run` costs while nothing is due: memory and processor time of the real process.

python benchmarks/schedule_idle.py [SECONDS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

BARS = {"memory MiB": 60.0, "cpu %": 0.1}
SETTLES_S = 5.0
"""How long it may take to set its alarms, after it says that it begins."""
FILE = """
schedules:
  - {name: nightly, experiments: [check.yaml], cron: 30 3 29 2 *}
  - {name: yearly, experiments: [check.yaml], cron: 0 0 29 2 *, time-zone: Europe/Berlin}
"""


def main() -> None:
    """Start a service, leave it alone, and print what it used meanwhile."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "check.yaml").touch()
        (Path(place) / "schedules.yaml").write_text(FILE, encoding="utf-8")
        service = subprocess.Popen(
            [Path(sys.executable).parent / "chaos", "schedule", "run", "--no-rehearsal", "--state", "state"],
            cwd=place,
            env={**os.environ, "CHAOS_STATE": place},
            stdout=subprocess.PIPE,
        )
        try:
            assert service.stdout is not None  # it is a pipe
            service.stdout.readline()
            time.sleep(SETTLES_S)
            process = psutil.Process(service.pid)
            before, start = process.cpu_times(), time.perf_counter()
            time.sleep(seconds)
            after, took = process.cpu_times(), time.perf_counter() - start
            cpu = 100 * (after.user + after.system - before.user - before.system) / took
            found = {"memory MiB": process.memory_full_info().rss / 2**20, "cpu %": cpu}
        finally:
            service.terminate()
            service.wait(30)
    for name, value in found.items():
        print(f"{name:<12}{value:>8.2f}   bar {BARS[name]}")


if __name__ == "__main__":
    main()
