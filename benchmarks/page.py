"""What the page costs, and how far behind it is, while a run goes on at 1,000 jobs/s.

    python benchmarks/page.py [SECONDS [BROWSERS]]

The page follows a real run on the reference system; BROWSERS listen to it as browsers do. How far one is behind is
taken from the ledger: at each message, how long ago the first enqueue was acknowledged that it had not been told of.
CPU is that of the page's server alone, from the start of the load to its end.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil

from chaos.guardian.state import STATE_VARIABLE
from chaos.ledger.reader import Ledger
from chaos.ledger.records import Kind

RATE = 1000
EXPERIMENT = """\
title: What the page costs
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


@dataclass
class Browser:
    """Listens, and keeps when it was told of how many acknowledged jobs."""

    told: list[tuple[int, int]] = field(default_factory=list)
    listens: threading.Event = field(default_factory=threading.Event)

    def listen(self, url: str) -> None:
        """Until the page is closed."""
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.netloc)
        connection.request("GET", f"/?{place.query}")
        entrance = connection.getresponse()
        entrance.read()
        cookie = entrance.headers["Set-Cookie"].partition(";")[0]
        connection.request("GET", "/live", headers={"Cookie": cookie})
        for line in connection.getresponse():
            self.listens.set()
            if line.startswith(b"data: "):
                self._take(time.monotonic_ns(), json.loads(line.removeprefix(b"data: ")))

    def _take(self, at_ns: int, message: dict[str, Any]) -> None:
        for news in message["runs"].values():
            if counts := news.get("changed", news).get("counts"):
                self.told.append((at_ns, counts["acknowledged"]))

    def behind_s(self, acknowledged_ns: np.ndarray[Any, np.dtype[np.int64]]) -> list[float]:
        """How old the oldest thing was that it did not know, right before each message that brought something."""
        return [
            (at_ns - int(acknowledged_ns[before])) / 1e9
            for (_, before), (at_ns, now) in zip(self.told, self.told[1:], strict=False)
            if now > before
        ]


def main() -> None:
    """Run once, and print the figures."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    browsers = [Browser() for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 2)]
    with tempfile.TemporaryDirectory() as place:
        runs = Path(place) / "runs"
        experiment = Path(place) / "page.yaml"
        experiment.write_text(EXPERIMENT.format(jobs=RATE * seconds, rate=RATE), encoding="utf-8")
        os.environ[STATE_VARIABLE] = str(Path(place) / "state")
        with subprocess.Popen(
            [sys.executable, "-m", "chaos", "ui", "--port", "0", "--runs", str(runs)],
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdout is not None
            url = server.stdout.readline().split()[-1]
            threads = [threading.Thread(target=browser.listen, args=(url,)) for browser in browsers]
            for thread, browser in zip(threads, browsers, strict=True):
                thread.start()
                browser.listens.wait(30)
            _run(experiment, runs, psutil.Process(server.pid))
            server.terminate()
            for thread in threads:
                thread.join(30)
        (directory,) = runs.iterdir()
        acknowledged_ns = _acknowledged_ns(directory / "ledger")
    for browser in browsers:
        behind_s = browser.behind_s(acknowledged_ns)
        median, most = np.quantile(behind_s, (0.5, 0.99))
        print(
            f"behind: median {median:.3f} s, 99th percentile {most:.3f} s, at most {max(behind_s):.3f} s "
            f"({len(behind_s)} messages)"
        )


def _run(experiment: Path, runs: Path, server: psutil.Process) -> None:
    command = [sys.executable, "-m", "chaos", "run", str(experiment), "--runs", str(runs), "--output", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout is not None
        before_s, since_s = 0.0, 0.0
        for line in runner.stdout:
            phase = json.loads(line).get("phase")
            if phase == "load":
                before_s, since_s = _cpu_s(server), time.monotonic()
            elif phase == "heal":
                length_s = time.monotonic() - since_s
                memory = server.memory_info().rss / (1 << 20)
                share = (_cpu_s(server) - before_s) / length_s
                print(f"server: {share:.2%} of one core over {length_s:.1f} s, {memory:.0f} MiB resident")
    print(f"exit code of the run {runner.returncode}")


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _acknowledged_ns(ledger: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    """When the enqueue of each job was first acknowledged, in order."""
    first: dict[int, int] = {}
    for file in Ledger.open(ledger).files:
        for records in file.chunks():
            answered = records[records["kind"] == Kind.ENQUEUE_ACKNOWLEDGED]
            for job, time_ns in zip(answered["job"].tolist(), answered["time_ns"].tolist(), strict=True):
                first[job] = min(time_ns, first.get(job, time_ns))
    return np.sort(np.fromiter(first.values(), np.int64))


if __name__ == "__main__":
    main()
