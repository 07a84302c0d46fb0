"""A full disk of a component's own: seen by the component and by the system's own tools, gone after the undo."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import grpc
import psutil
import pytest
from pydantic import ValidationError

from chaos.faults.ballast import Ballast
from chaos.faults.disk_full import DiskFull
from chaos.faults.protocol import NotConfirmed, NotReverted, OwnDisk
from chaos.processes.errors import ProcessError, ProcessGoneError
from chaos.processes.own_disk import OwnDiskInReach, why_no_own_disk
from chaos.wire import reseolio_pb2 as pb
from chaos.wire.methods import ENQUEUE_JOB
from tests.faults.stage_of_one import CAST, StageOfOne, play, spec_of, stage_of_one

WHY_NOT = why_no_own_disk()
needs_own_disk = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

MIB = 2**20
DISK = OwnDisk("core", 8 * MIB)


def fault_with(**options: object) -> DiskFull:
    return DiskFull(spec_of(DiskFull, **{"target": "core", "size": "8MiB", **options}))


async def enqueue(stage: StageOfOne, payload_bytes: int = 100_000) -> grpc.StatusCode:
    """Ask the core to keep a job; how it answers."""
    assert stage.core.address is not None
    async with grpc.aio.insecure_channel(stage.core.address) as channel:
        ask = channel.unary_unary(
            ENQUEUE_JOB.path,
            request_serializer=pb.EnqueueRequest.SerializeToString,
            response_deserializer=pb.EnqueueResponse.FromString,
        )
        try:
            await ask(pb.EnqueueRequest(name="job", args=bytes(payload_bytes)), timeout=5)
        except grpc.aio.AioRpcError as error:
            code: grpc.StatusCode = error.code()
            return code
        return grpc.StatusCode.OK


@needs_own_disk
def test_the_component_can_write_nothing_while_its_disk_is_full_and_everything_afterwards(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        fault = fault_with()
        async with stage_of_one(tmp_path, DISK) as stage:
            assert await enqueue(stage) is grpc.StatusCode.OK
            await fault.inject(stage)
            evidence = await fault.confirm(stage)
            full = [await enqueue(stage) for _ in range(3)]
            after = await fault.revert(stage)

            assert evidence["write_refused"] == "ENOSPC"
            assert evidence["free_bytes"]["core"] == 0
            assert evidence["free_before_bytes"]["core"] > 4 * MIB
            assert full == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 3
            assert after["free_after_bytes"]["core"] > 4 * MIB
            assert await enqueue(stage) is grpc.StatusCode.OK

    play(scene())


@needs_own_disk
def test_only_the_component_sees_its_disk_and_nothing_is_mounted_for_others(tmp_path: Path) -> None:
    mounted = psutil.disk_partitions(all=True)

    async def scene() -> int:
        async with stage_of_one(tmp_path, DISK) as stage:
            fault = fault_with()
            await fault.inject(stage)
            assert psutil.disk_partitions(all=True) == mounted
            assert list((tmp_path / "system").iterdir()) == [], "what the component writes is on its own disk"
            assert (stage.holder.reach / "queue.db").exists()
            process = psutil.Process(stage.core.process.pid)
            assert "chaos.systems.reference" in process.cmdline(), (
                "the component's process is the one started"
            )
            return stage.holder.pid

    holder = play(scene())
    assert not psutil.pid_exists(holder)
    assert not Path(f"/proc/{holder}/root").exists()


@needs_own_disk
def test_some_room_may_be_left(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with(leave="2MiB")
        async with stage_of_one(tmp_path, DISK) as stage:
            await fault.inject(stage)
            evidence = await fault.confirm(stage)
            assert 1.5 * MIB < evidence["free_bytes"]["core"] <= 2 * MIB
            assert await enqueue(stage) is grpc.StatusCode.OK
            await fault.revert(stage)

    play(scene())


@needs_own_disk
def test_the_deed_removes_what_fills_the_disk_and_may_come_twice_or_too_late(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with()
        async with stage_of_one(tmp_path, DISK) as stage:
            (deed,) = fault.undo(stage)
            deed.carry_out()
            await fault.inject(stage)
            assert await enqueue(stage) is grpc.StatusCode.RESOURCE_EXHAUSTED
            deed.carry_out()
            assert await enqueue(stage) is grpc.StatusCode.OK
        deed.carry_out()

    play(scene())


@needs_own_disk
def test_a_component_killed_on_a_full_disk_comes_back_and_serves_when_there_is_room(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with()
        async with stage_of_one(tmp_path, DISK) as stage:
            assert await enqueue(stage) is grpc.StatusCode.OK
            await fault.inject(stage)
            await stage.core.kill(9)
            await stage.core.bring_back()
            assert await enqueue(stage) is grpc.StatusCode.RESOURCE_EXHAUSTED
            await fault.revert(stage)
            assert await enqueue(stage) is grpc.StatusCode.OK

    play(scene())


@needs_own_disk
def test_of_two_that_overlap_the_second_takes_over_and_the_first_is_undone_all_the_same(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        first, second = fault_with(leave="2MiB"), fault_with()
        async with stage_of_one(tmp_path, DISK) as stage:
            await first.inject(stage)
            await first.confirm(stage)
            stage.name = "second"
            await second.inject(stage)
            await second.confirm(stage)
            sustaining = asyncio.create_task(second.sustain(stage))
            await asyncio.sleep(0)  # it looks at the disk's room all the time
            stage.name = "fault"
            assert (await first.revert(stage))["still_filled_by_another"] == {"core": ["second"]}
            sustaining.cancel()
            await asyncio.gather(sustaining, return_exceptions=True)
            stage.name = "second"
            after = await second.revert(stage)
            assert "still_filled_by_another" not in after
            assert after["free_after_bytes"]["core"] > 4 * MIB

    play(scene())


@needs_own_disk
def test_one_that_finds_the_disk_full_already_did_not_fill_it(tmp_path: Path) -> None:
    async def scene() -> None:
        first, second = fault_with(), fault_with()
        async with stage_of_one(tmp_path, DISK) as stage:
            await first.inject(stage)
            stage.name = "second"
            await second.inject(stage)
            with pytest.raises(NotConfirmed, match="took nothing from it"):
                await second.confirm(stage)
            await second.revert(stage)

    play(scene())


def test_a_disk_is_asked_for_from_the_start_of_the_run() -> None:
    assert fault_with(target="cores").preparations(CAST) == [OwnDisk("core", 8 * MIB)]


def test_who_keeps_no_data_has_no_disk_to_fill() -> None:
    (problem,) = fault_with(target="workers").problems(CAST)
    assert problem.startswith("worker-1 keeps no data")


def test_a_disk_that_would_never_be_full_is_refused() -> None:
    with pytest.raises(ValidationError, match="never be full"):
        fault_with(leave="8MiB")


@needs_own_disk
def test_a_ballast_on_a_disk_with_room_is_not_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        async with stage_of_one(tmp_path, DISK) as stage:
            ballast = Ballast(OwnDiskInReach.at(stage.holder.reach, DISK.size_bytes), "fault")
            assert not ballast.is_refused(0)
            assert ballast.held_bytes() == 0, "what was tried is taken back"
            ballast.remove()
            ballast.remove()
            assert not ballast.path.exists()

    play(scene())


@needs_own_disk
def test_what_was_being_filled_when_it_was_called_off_stays_removed(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with()
        async with stage_of_one(tmp_path, DISK) as stage:
            (ballast,) = fault._made(stage).values()
            injecting = asyncio.create_task(fault.inject(stage))
            while not ballast.path.exists():  # noqa: ASYNC110 - the thread tells nobody
                await asyncio.sleep(0)
            injecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await injecting
            await fault.revert(stage)
            await asyncio.sleep(0.05)
            assert not ballast.path.exists()

    play(scene())


@needs_own_disk
def test_without_the_holder_nothing_is_written_and_nobody_says_it_was(tmp_path: Path) -> None:
    async def scene() -> None:
        early, late = fault_with(), fault_with()
        async with stage_of_one(tmp_path, DISK) as stage:
            assert len(early.undo(stage)) == 1
            await stage.holder.stop()
            assert late.undo(stage) == []
            for fault in (early, late):
                with pytest.raises(ProcessGoneError, match="is gone"):
                    await fault.inject(stage)
                assert (await fault.revert(stage))["free_after_bytes"] == {}
            assert list((tmp_path / "system").rglob(".ballast*")) == []

    play(scene())


@needs_own_disk
def test_a_disk_whose_holder_ended_while_it_was_full_is_not_taken_for_undone(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with()
        async with stage_of_one(tmp_path, DISK) as stage:
            await fault.inject(stage)
            await stage.holder.stop()
            with pytest.raises(ProcessError, match="is gone"):
                await fault.confirm(stage)
            with pytest.raises(NotReverted, match="is gone"):
                await fault.revert(stage)

    play(scene())
