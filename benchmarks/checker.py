"""How long it takes, and how much memory, to get from a ledger on disk to a verdict.

    python benchmarks/checker.py [--records 5000000] [--repeat 3] [--dir DIR]

Writes a ledger of ten workers and producers, seven records a job, 2 % of the jobs retried, 2 % of the keys sent twice
and a few of every finding planted; then checks it in a process of its own and prints that process's wall time and
peak memory, from its start to its end. The planted findings must be found, or it says so and fails.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

import numpy as np

from chaos.clock import clock_name
from chaos.ledger.reader import RECORD, Records
from chaos.ledger.records import CHECK, NO_JOB, Kind, Outcome, State
from chaos.ledger.writer import encode_header

PRODUCERS, WORKERS, BLOCK = 2, 8, 350_000
PLANTED = {
    "stuck": 24,
    "missing": 7,
    "contradicted": 3,
    "re-executed": 5,
    "corrupted": 2,
    "double-enqueued": 4,
}
PLANTED_STATES = {"stuck": State.RUNNING, "missing": State.ABSENT, "contradicted": State.DEAD}

CHECK_IT = """
import re
import sys
from pathlib import Path
from chaos.checks.check import check
from chaos.checks.terms import Terms
from chaos.experiment.model import Guarantee
outcome = check(Path(sys.argv[1]), Terms(jobs=int(sys.argv[2]), start_ns=0, guarantee=Guarantee.AT_LEAST_ONCE,
                                         max_attempts=5, timeout_s=5.0, clock_resolution_s=1.0))
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
for result in outcome.results:
    print(result.name, result.status, result.count, {str(k): v for k, v in result.findings.items()})
"""


def table(kind: Kind, jobs: np.ndarray, times: np.ndarray, serials: np.ndarray, **columns: object) -> Records:
    """Records of one kind."""
    made = np.zeros(len(jobs), RECORD)
    made["kind"], made["job"], made["time_ns"], made["serial"] = kind, jobs, times, serials
    made["attempt"] = 1
    for name, column in columns.items():
        made[name] = column
    return made


def append(file: BinaryIO, records: list[Records]) -> int:
    """Write records in the order of their times, with their check words."""
    together = np.concatenate(records)
    together = together[np.argsort(together["time_ns"], kind="stable")]
    words = together.view("<u4").reshape(len(together), 8)
    words[:, 7] = CHECK ^ np.bitwise_xor.reduce(words[:, :7], axis=1)
    together.tofile(file)
    return len(together)


def hashes(jobs: np.ndarray) -> np.ndarray:
    """A made-up id for each job."""
    return (jobs.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)


def generate(directory: Path, jobs: int) -> int:
    """Write the ledger, and say how many records it has."""
    files = {}
    names = [f"producer-{n + 1}" for n in range(PRODUCERS)] + [f"worker-{n + 1}" for n in range(WORKERS)]
    for name in [*names, "reader"]:
        files[name] = (directory / f"{name}.1.ledger").open("wb")
        header = {
            "format": "chaos-ledger",
            "version": 1,
            "run": "benchmark",
            "component": name,
            "incarnation": 1,
        }
        files[name].write(encode_header({**header, "pid": 1, "clock": clock_name()}))
    written, calls, executions = 0, [0] * PRODUCERS, [0] * WORKERS
    zero = np.zeros(1, np.uint64)
    for name in names:
        written += append(files[name], [table(Kind.CONNECTED, zero + NO_JOB, zero, zero)])
    for first in range(0, jobs, BLOCK):
        block = np.arange(first, min(first + BLOCK, jobs), dtype=np.uint32)
        due = np.uint64(10**12) + block.astype(np.uint64) * np.uint64(1_000_000) + np.uint64(first * 20_000)
        for n in range(PRODUCERS):
            mine = block % PRODUCERS == n
            twice = mine & (block % 50 == 7)
            sent = np.concatenate((block[mine], block[twice]))
            times = np.concatenate((due[mine], due[twice] + np.uint64(500)))
            copy = np.repeat([0, 1], [mine.sum(), twice.sum()])
            ids = hashes(sent)
            ids[(copy == 1) & (sent < 50 * PLANTED["double-enqueued"])] += np.uint64(1)
            serials = np.arange(len(sent)) + calls[n]
            calls[n] += len(sent)
            written += append(
                files[f"producer-{n + 1}"],
                [
                    table(Kind.ENQUEUE_INTENDED, sent, times, serials, detail=copy, value=times),
                    table(Kind.ENQUEUE_ACKNOWLEDGED, sent, times + np.uint64(900_000), serials, value=ids),
                ],
            )
        retried, again = block % 50 == 3, (block % 50 == 9) & (block < 50 * PLANTED["re-executed"])
        for n in range(WORKERS):
            mine = block % WORKERS == n
            second = (retried | again) & ((block + 1) % WORKERS == n)
            run = np.concatenate((block[mine], block[second]))
            attempt = np.repeat([1, 2], [mine.sum(), second.sum()])
            fails = (attempt == 1) & (run % 50 == 3)
            outcome = np.where(fails, Outcome.FAILURE, Outcome.SUCCESS)
            state = np.where(fails, State.PENDING, State.SUCCESS)
            times = np.concatenate((due[mine] + np.uint64(2_000_000), due[second] + np.uint64(200_000_000)))
            serials = np.arange(len(run)) + executions[n]
            executions[n] += len(run)
            ids = hashes(run)
            if not first:
                swapped = np.isin(run, 50 * np.arange(1, 1 + PLANTED["corrupted"]) + 21)
                ids[swapped] = hashes(run[swapped] + np.uint32(1))
            ended = times + np.uint64(20_000_000)
            common = {"attempt": attempt, "detail": outcome}
            written += append(
                files[f"worker-{n + 1}"],
                [
                    table(Kind.EXECUTION_STARTED, run, times, serials, attempt=attempt, value=ids),
                    table(Kind.EXECUTION_FINISHED, run, ended, serials, **common),
                    table(Kind.ACK_INTENDED, run, ended + np.uint64(1000), serials, **common),
                    table(
                        Kind.ACK_ACKNOWLEDGED, run, ended + np.uint64(900_000), serials, **common, value=state
                    ),
                ],
            )
        states = np.full(len(block), State.SUCCESS)
        for begin, (name, planted) in enumerate(PLANTED_STATES.items()):
            if not first:
                states[begin + 10 * np.arange(PLANTED[name])] = planted
        times = np.uint64(2 * 10**18) + block.astype(np.uint64)
        written += append(
            files["reader"],
            [table(Kind.FINAL_STATE, block, times, block, detail=states, value=hashes(block))],
        )
    for file in files.values():
        file.close()
    return written


def measure(directory: Path, jobs: int) -> tuple[float, float, str]:
    """Check it in a process of its own: seconds, MiB, what it said."""
    began = time.monotonic()
    command = [sys.executable, "-c", CHECK_IT, str(directory), str(jobs)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    took = time.monotonic() - began
    peak_kib, answers = said.split("\n", 1)
    return took, int(peak_kib) / 1024, answers


def main() -> None:
    """Generate, check, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=5_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument(
        "--dir", type=Path, help="where the ledger is written; a temporary directory otherwise"
    )
    options = parser.parse_args()
    jobs = round(options.records / 7.12)
    with tempfile.TemporaryDirectory(dir=options.dir) as temporary:
        records = generate(Path(temporary), jobs)
        print(json.dumps({"records": records, "jobs": jobs}))
        for _ in range(options.repeat):
            seconds, mebibytes, said = measure(Path(temporary), jobs)
            print(f"{seconds:.2f} s   {mebibytes:.0f} MiB")
        print(said)
        lacking = [name for name, count in PLANTED.items() if f"'{name}': {count}" not in said]
        if lacking:
            raise SystemExit(f"planted and not found as planted: {', '.join(lacking)}")


if __name__ == "__main__":
    main()
