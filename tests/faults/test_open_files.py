"""A process that may open no further file: new connections find nobody, old ones are served, and the undo mends it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import grpc.aio
import psutil
import pytest

from chaos.faults.open_files import OpenFiles
from chaos.faults.protocol import NotConfirmed
from chaos.load.connection import OPTIONS, Link
from chaos.processes.errors import ProcessError
from chaos.systems.readiness import lists_jobs
from chaos.wire import reseolio_pb2 as pb
from tests.faults.stage_of_one import CAST, StageOfOne, play, spec_of, stage_of_one

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a live process: Linux only")


def fault_with(**options: object) -> OpenFiles:
    return OpenFiles(spec_of(OpenFiles, **{"target": "core", **options}))


def limit_of(stage: StageOfOne) -> tuple[int, int]:
    return psutil.Process(stage.core.process.pid).rlimit(psutil.RLIMIT_NOFILE)


async def is_served(stage: StageOfOne, within_s: float) -> bool:
    """Whether a new connection gets an answer."""
    assert stage.core.address is not None
    return await lists_jobs(stage.core.address, within_s)


def test_no_new_connection_is_served_until_the_limit_is_given_back(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with()
        async with stage_of_one(tmp_path) as stage:
            own = limit_of(stage)
            assert await is_served(stage, 2.0)
            await fault.inject(stage)
            evidence = await fault.confirm(stage)
            assert limit_of(stage) == (evidence["limit"]["core"], own[1])
            assert not await is_served(stage, 0.3)
            after = await fault.revert(stage)
            assert limit_of(stage) == own
            assert after["limit_after"]["core"] == own[0]
            assert after["new_connection_served_after_ms"]["core"] is not None
            assert await is_served(stage, 2.0)

    play(scene())


def test_what_a_process_has_yet_to_close_is_not_counted_as_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.faults.open_files._ASK_EVERY_S", 0.5)

    async def scene() -> None:
        async with stage_of_one(tmp_path) as stage:
            served: list[bool] = []
            closing: list[asyncio.Task[None]] = []

            async def answers() -> bool:
                channel = grpc.aio.insecure_channel(stage.core.address or "", OPTIONS)
                try:
                    await Link(channel).list_jobs(pb.ListJobsRequest(limit=1), timeout=0.3)
                    served.append(True)
                except grpc.aio.AioRpcError:
                    served.append(False)
                closing.append(asyncio.create_task(_closed_later(channel)))
                return served[-1]

            monkeypatch.setattr(stage.core, "answers", answers)
            fault = fault_with()
            await fault.inject(stage)
            await fault.confirm(stage)
            assert served == [True, False, False], "the limit was right before anybody was turned away"
            await fault.revert(stage)
            await asyncio.gather(*closing)

    play(scene())


async def _closed_later(channel: grpc.aio.Channel) -> None:
    await asyncio.sleep(0.02)
    await channel.close(None)


def test_the_deed_gives_the_limit_back_and_may_come_twice_or_too_late(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with()
        async with stage_of_one(tmp_path) as stage:
            own = limit_of(stage)
            (deed,) = fault.undo(stage)
            await fault.inject(stage)
            assert limit_of(stage) != own
            deed.carry_out()
            deed.carry_out()
            assert limit_of(stage) == own
        deed.carry_out()

    play(scene())


def test_a_limit_that_leaves_room_is_not_confirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaos.faults.open_files._CONFIRMED_WITHIN_S", 0.2)

    async def scene() -> None:
        fault = fault_with(limit=500)
        async with stage_of_one(tmp_path) as stage:
            own = limit_of(stage)
            await fault.inject(stage)
            with pytest.raises(NotConfirmed, match="could still open files with a limit of 500"):
                await fault.confirm(stage)
            await fault.revert(stage)
            assert limit_of(stage) == own

    play(scene())


def test_of_two_that_overlap_the_last_gives_the_limit_back_that_was_there_before_both(tmp_path: Path) -> None:
    async def scene() -> None:
        first, second = fault_with(limit=500), fault_with(limit=10)
        async with stage_of_one(tmp_path) as stage:
            own = limit_of(stage)
            await first.inject(stage)
            stage.name = "second"
            (deed,) = second.undo(stage)
            await second.inject(stage)
            stage.name = "fault"
            assert (await first.revert(stage))["still_lowered_by_another"] == {"core": ["second"]}
            assert limit_of(stage)[0] == 10
            stage.name = "second"
            await second.revert(stage)
            assert limit_of(stage) == own
            deed.carry_out()
            assert limit_of(stage) == own

    play(scene())


def test_a_limit_that_was_raised_meanwhile_did_not_last(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with(**{"for": "1ms"})
        async with stage_of_one(tmp_path) as stage:
            own = limit_of(stage)
            await fault.inject(stage)
            await fault.sustain(stage)
            psutil.Process(stage.core.process.pid).rlimit(psutil.RLIMIT_NOFILE, own)
            with pytest.raises(NotConfirmed, match="had its own limit"):
                await fault.sustain(stage)
            await fault.revert(stage)

    play(scene())


def test_a_process_that_is_gone_has_nothing_to_undo(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with()
        async with stage_of_one(tmp_path) as stage:
            await fault.inject(stage)
            await stage.core.kill(9)
            with pytest.raises(ProcessError):
                await fault.confirm(stage)
            assert (await fault.revert(stage))["limit_after"] == {}
            await stage.core.bring_back()
            assert await is_served(stage, 2.0), "the next process has its own limit"

    play(scene())


def test_who_takes_no_connections_is_no_target() -> None:
    (problem,) = fault_with(target="workers").problems(CAST)
    assert problem.startswith("worker-1 takes no connections")


def test_it_shows_within_a_second(tmp_path: Path) -> None:
    async def scene() -> None:
        fault = fault_with(**{"for": "1s"})
        async with stage_of_one(tmp_path) as stage:
            await fault.inject(stage)
            async with asyncio.timeout(1.5):
                assert (await fault.confirm(stage))["new_connection"] == "not served"
            await fault.revert(stage)

    play(scene())
