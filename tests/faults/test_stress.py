"""Processors, memory and the disk of this machine: used up for real, seen from outside, and given back."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from pydantic import ValidationError

from chaos.faults.cpu import Cpu
from chaos.faults.io import Io
from chaos.faults.memory import Memory
from chaos.faults.protocol import NotConfirmed, NotReverted
from chaos.processes.errors import StartFailedError
from chaos.processes.tree import descendants
from tests.faults.stage_of_one import CAST, StageOfOne, play, spec_of, stage_of_one

needs_stress_ng = pytest.mark.skipif(shutil.which("stress-ng") is None, reason="stress-ng is not installed")

MIB = 2**20


def stress_processes(stage: StageOfOne) -> list[psutil.Process]:
    """What stress-ng runs as now."""
    return [process for tool in stage.tools for process in descendants(tool.process.pid)]


def resident_bytes(processes: Sequence[psutil.Process]) -> int:
    """The memory that these hold."""
    return sum(process.memory_info().rss for process in processes)


def written_files(process: psutil.Process) -> list[Path]:
    """The files that a process has open, deleted ones among them, but for its log and devices."""
    opened = [Path(entry).readlink() for entry in Path(f"/proc/{process.pid}/fd").iterdir()]
    return [
        file
        for file in opened
        if file.is_absolute() and not file.is_relative_to("/dev") and file.suffix != ".log"
    ]


@needs_stress_ng
def test_cpu_takes_processor_time_and_gives_it_back(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = Cpu(spec_of(Cpu, cores=1))
        async with stage_of_one(tmp_path) as stage:
            await fault.inject(stage)
            evidence = await fault.confirm(stage)
            (busy,) = stress_processes(stage)
            seen_s = sum(busy.cpu_times()[:2])
            await fault.revert(stage)

            assert evidence["cores_asked"] == 1
            assert 0.01 <= evidence["cores_got"] <= 1.1
            assert {"machine_busy_before_percent", "machine_busy_percent"} <= evidence.keys()
            assert seen_s > 0, "the process that the system shows has run"
            assert not busy.is_running()
            assert list(stage.scratch.iterdir()) == []

    play(scene())


def test_memory_that_is_no_longer_to_spare_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Memory(spec_of(Memory, size="64MiB"))
    assert fault.problems(CAST) == []
    monkeypatch.setattr("chaos.faults.memory.spare_memory_bytes", lambda: 300 * MIB)

    async def scene() -> None:
        async with stage_of_one(tmp_path) as stage:
            with pytest.raises(
                StartFailedError, match="64MiB is too much: this machine has 300 MiB to spare"
            ):
                await fault.inject(stage)
            assert stress_processes(stage) == []

    play(scene())


@needs_stress_ng
def test_memory_is_held_without_further_work_and_given_back(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = Memory(spec_of(Memory, size="64MiB"))
        async with stage_of_one(tmp_path) as stage:
            await fault.inject(stage)
            evidence = await fault.confirm(stage)
            holding = stress_processes(stage)
            held_bytes = resident_bytes(holding)
            await fault.revert(stage)

            assert evidence["resident_bytes"] >= 0.95 * 64 * MIB
            assert held_bytes >= 0.95 * 64 * MIB
            assert not any(process.is_running() for process in holding)

    play(scene())


@needs_stress_ng
def test_io_writes_within_the_scratch_of_the_run_and_leaves_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = Io(spec_of(Io, writers=1, size="4MiB"))
        async with stage_of_one(tmp_path) as stage:
            await fault.inject(stage)
            evidence = await fault.confirm(stage)
            (writer,) = stress_processes(stage)
            written = written_files(writer)
            await fault.revert(stage)

            assert evidence["written_bytes"] >= MIB
            assert evidence["write_before_ms"] > 0
            assert evidence["write_ms"] > 0
            assert written
            assert all(file.is_relative_to(stage.scratch) for file in written)
            assert list(stage.scratch.iterdir()) == []
            assert not writer.is_running()

    play(scene())


@needs_stress_ng
def test_undoing_twice_and_undoing_what_never_began_does_no_harm(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage_of_one(tmp_path) as stage:
            fault = Memory(spec_of(Memory, size="4MiB"))
            assert await fault.revert(stage) == {}
            await fault.inject(stage)
            await fault.revert(stage)
            await fault.revert(stage)
            assert stress_processes(stage) == []

    play(scene())


@needs_stress_ng
def test_a_stress_that_ended_at_once_is_not_confirmed_and_its_last_words_are_told(tmp_path: Path) -> None:
    class Refused(Cpu):
        def arguments(self) -> Sequence[str]:
            return ("--no-such-option",)

    async def scene() -> None:
        fault = Refused(spec_of(Refused))
        async with stage_of_one(tmp_path) as stage:
            await fault.inject(stage)
            with pytest.raises(NotConfirmed, match="no-such-option"):
                await fault.confirm(stage)
            await fault.revert(stage)

    play(scene())


@needs_stress_ng
def test_processes_that_live_on_are_not_taken_for_undone(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = Cpu(spec_of(Cpu, cores=1))
        async with stage_of_one(tmp_path) as stage:
            await fault.inject(stage)
            await fault.confirm(stage)
            fault._processes.add(psutil.Process(stage.core.process.pid))
            with pytest.raises(NotReverted, match=str(stage.core.process.pid)):
                await fault.revert(stage)

    play(scene())


@pytest.mark.parametrize("name", ["../precious", "..", ".", "/"])
def test_nothing_outside_the_scratch_is_written_to_or_removed(tmp_path: Path, name: str) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()

    async def scene() -> None:
        async with stage_of_one(tmp_path) as stage:
            stage.name = name
            fault = Cpu(spec_of(Cpu, cores=1))
            with pytest.raises(ValueError, match="does not lie directly in"):
                await fault.inject(stage)
            with pytest.raises(ValueError, match="does not lie directly in"):
                await fault.revert(stage)
            assert precious.exists()
            assert stage.scratch.exists()
            assert stage.tools == []

    play(scene())


def test_more_memory_than_there_is_to_spare_is_refused() -> None:
    available_bytes = psutil.virtual_memory().available
    assert Memory(spec_of(Memory, size="4MiB")).problems(CAST) == []
    (problem,) = Memory(spec_of(Memory, size=f"{available_bytes}B")).problems(CAST)
    assert "is too much" in problem


def test_without_stress_ng_each_says_what_is_missing_and_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    for fault, name in ((Cpu, "cpu"), (Memory, "memory"), (Io, "io")):
        (missing,) = fault.missing()
        assert missing.what == "stress-ng is not on PATH"
        assert missing.needed_for == f"the fault `{name}`"
        assert "apt-get install stress-ng" in missing.mend


def test_no_load_is_no_fault() -> None:
    with pytest.raises(ValidationError, match="no load"):
        spec_of(Cpu, load="0%")
