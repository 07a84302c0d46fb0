"""Every process of a run is sampled, a component that starts again by its new process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from chaos.clock import now_ns
from chaos.ledger.events import ComponentDown, ComponentUp
from chaos.monitor.sampler import Sampler
from chaos.monitor.samples import RUNNER, ResourceSample
from chaos.monitor.usage import disk_bytes

Start = Callable[[str], subprocess.Popen[str]]
BUSY = "while True: pass"
HOLDING = """\
kept = b"x" * (32 << 20)
files = [open("/dev/null") for _ in range(10)]
print("holds", flush=True)
input()
"""
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDING!r}])"


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a Python program; it is ended with the test."""
    children: list[subprocess.Popen[str]] = []

    def started(program: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        children.append(child)
        return child

    yield started
    for child in children:
        assert child.stdin is not None
        child.stdin.close()  # those that were started in turn wait for its end
        if child.args == [sys.executable, "-c", BUSY]:
            child.kill()
        child.wait(timeout=10)
        assert child.stdout is not None
        child.stdout.close()


def _sampler(child: subprocess.Popen[str], incarnation: int = 1, data: Path | None = None) -> Sampler:
    sampler = Sampler(lambda _component: data)
    sampler.take(_up(child, incarnation))
    return sampler


def _up(child: subprocess.Popen[str], incarnation: int = 1, *, ago_s: float = 1.0) -> ComponentUp:
    time_ns = now_ns() - int(ago_s * 1e9)
    return ComponentUp(time_ns=time_ns, component="core", incarnation=incarnation, pid=child.pid)


def _of_core(sampler: Sampler) -> ResourceSample | None:
    samples, _ = sampler.sample()
    return next((sample for sample in samples if sample.component == "core"), None)


def _of_runner(sampler: Sampler) -> tuple[ResourceSample, float]:
    deadline = time.monotonic() + 20
    while True:
        samples, pause_s = sampler.sample()
        for sample in samples:
            if sample.component == RUNNER:
                return sample, pause_s
        assert time.monotonic() < deadline, "the runner was not sampled within 20 s"
        time.sleep(0.05)


def _says(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdout is not None
    assert child.stdout.readline() == f"{line}\n"


def test_memory_open_files_and_threads_are_those_of_the_process(start: Start) -> None:
    child = start(HOLDING)
    _says(child, "holds")
    sample = _of_core(_sampler(child))
    assert sample is not None
    assert sample.resident_bytes > 32 << 20
    assert sample.open_files >= 13
    assert sample.threads == 1
    assert sample.data_bytes is None


def test_what_a_component_has_started_counts_for_it(start: Start) -> None:
    child = start(PARENT)
    _says(child, "holds")
    sample = _of_core(_sampler(child))
    assert sample is not None
    assert sample.resident_bytes > 40 << 20
    assert sample.threads >= 2


def test_cpu_is_the_share_of_a_core_since_the_sample_before(start: Start) -> None:
    sampler = _sampler(start(BUSY))
    sample = _of_core(sampler)
    spent_s = sampler.cpu_s()["core"]
    deadline = time.monotonic() + 20
    while sampler.cpu_s()["core"] < spent_s + 0.2:
        assert time.monotonic() < deadline, "a busy process got no time on a CPU within 20 s"
        time.sleep(0.05)
        sample = _of_core(sampler)
    assert sample is not None
    assert 0 < sample.cpu_percent < 150


def test_a_component_that_is_down_is_not_sampled_and_the_next_start_is(start: Start) -> None:
    first, second = start(BUSY), start(HOLDING)
    _says(second, "holds")
    sampler = _sampler(first)
    assert _of_core(sampler) is not None
    sampler.take(ComponentDown(time_ns=now_ns(), component="core", incarnation=1, status="x", expected=True))
    assert _of_core(sampler) is None
    assert sampler.latest("core") is None
    sampler.take(_up(second, 2))
    sample = _of_core(sampler)
    assert sample is not None
    assert sample.incarnation == 2
    assert sample.resident_bytes > 32 << 20
    assert sampler.latest("core") == sample


def test_a_process_that_died_unnoticed_is_left_out(start: Start) -> None:
    child = start(BUSY)
    sampler = _sampler(child)
    child.kill()
    child.wait(timeout=10)
    assert _of_core(sampler) is None


def test_the_runner_is_one_of_them_without_what_it_started(start: Start) -> None:
    child = start(HOLDING)
    _says(child, "holds")
    sampler = _sampler(child)
    runner, pause_s = _of_runner(sampler)
    assert runner.threads >= 1
    assert runner.resident_bytes < 2 * psutil.Process().memory_info().rss
    assert pause_s >= 1.0


def test_what_the_runner_did_before_it_was_watched_does_not_count() -> None:
    assert time.process_time() > 0.2
    sampler = Sampler(lambda _component: None)
    asked_s = time.process_time()
    runner, _ = _of_runner(sampler)
    assert sampler.cpu_s()[RUNNER] <= time.process_time() - asked_s + 0.05
    assert runner.cpu_percent < 200


def test_a_start_is_not_sampled_before_its_share_of_a_core_can_be_told(start: Start) -> None:
    sampler = Sampler(lambda _component: None)
    sampler.take(_up(start(BUSY), ago_s=-1.0))
    assert _of_core(sampler) is None
    assert sampler.cpu_s()["core"] == 0


def test_a_data_directory_is_as_large_as_what_is_in_it(start: Start, tmp_path: Path) -> None:
    inner = tmp_path / "base" / "1"
    inner.mkdir(parents=True)
    (inner / "table").write_bytes(b"x" * 100_000)
    (tmp_path / "elsewhere").symlink_to("/usr")
    sample = _of_core(_sampler(start(BUSY), data=tmp_path))
    assert sample is not None
    assert sample.data_bytes is not None
    assert 100_000 <= sample.data_bytes < 200_000


def test_a_directory_that_is_not_there_takes_nothing(tmp_path: Path) -> None:
    assert disk_bytes(tmp_path / "gone") == 0
