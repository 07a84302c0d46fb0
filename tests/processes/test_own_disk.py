"""A disk of a component's own: there for it alone, as small as asked, and gone with the processes that used it."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from chaos.ledger.events import Event
from chaos.processes import own_disk
from chaos.processes.component import Component
from chaos.processes.errors import ProcessError, ProcessGoneError
from chaos.processes.own_disk import OwnDiskHolder, OwnDiskInReach, why_no_own_disk

WHY_NOT = why_no_own_disk()
needs_own_disk = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

SIZE_BYTES = 2 * 2**20
TELL = """
import os, pathlib, sys, time
place = pathlib.Path(sys.argv[1])
(place / "told.part").write_text(f"{os.getpid()} {os.getcwd()}")
os.rename(place / "told.part", place / "told")
time.sleep(60)
"""


@pytest.fixture(params=["as this user", "in a user namespace"])
def rights(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root needs no user namespace, and everybody else one; root can be told to do as others do."""
    if request.param == "in a user namespace":
        monkeypatch.setattr(own_disk, "is_root", lambda: False)
        why_not = why_no_own_disk.__wrapped__()
        if why_not is not None:
            pytest.skip(why_not)


@needs_own_disk
@pytest.mark.usefixtures("rights")
async def test_a_component_lives_on_it_as_the_process_that_was_started(tmp_path: Path) -> None:
    data, heard = tmp_path / "data", list[Event]()
    holder, component = OwnDiskHolder(), Component("core", heard.append)
    try:
        await holder.start("core", data, SIZE_BYTES, tmp_path / "disk.log", heard.append)
        command = holder.wrap([sys.executable, "-c", TELL, str(data)])
        process = await component.start(command, log_path=tmp_path / "core.log")
        await component.wait_ready(lambda: exists(holder.reach / "told"), 10)
        pid, cwd = (holder.reach / "told").read_text(encoding="utf-8").split()

        assert int(pid) == process.pid
        assert cwd == os.getcwd()  # noqa: PTH109
        assert os.listdir(data) == [], "nobody else sees it"  # noqa: PTH208
        room = os.statvfs(holder.reach)
        assert room.f_blocks * room.f_frsize == SIZE_BYTES
        with pytest.raises(OSError, match="No space left") as full:
            (holder.reach / "large").write_bytes(bytes(SIZE_BYTES + 1))
        assert full.value.errno == errno.ENOSPC

        await component.kill()
        await component.restart()
        assert (holder.reach / "large").exists(), "it outlives the component, as a disk does"
    finally:
        await component.stop()
        pid_of_holder = holder.pid
        await holder.stop()
    assert not psutil.pid_exists(pid_of_holder)
    assert not any(str(tmp_path) in partition.mountpoint for partition in psutil.disk_partitions(all=True))


@needs_own_disk
async def test_it_ends_when_the_one_who_made_it_dies(tmp_path: Path) -> None:
    holder = OwnDiskHolder()
    await holder.start("core", tmp_path / "data", SIZE_BYTES, tmp_path / "disk.log", lambda _: None)
    assert holder._holder is not None
    stdin = holder._holder.process._child.stdin
    assert stdin is not None
    stdin.close()  # as the kernel does when a process dies
    status = await holder._holder.process.exited_within(5)
    assert status is not None
    assert status.code == 0


@needs_own_disk
async def test_what_the_system_says_is_told_when_it_can_not_be_made(tmp_path: Path) -> None:
    holder = OwnDiskHolder()
    try:
        with pytest.raises(ProcessGoneError, match=r"(?s)mounted.*mount:"):
            await holder.start("core", tmp_path / "data", -1, tmp_path / "disk.log", lambda _: None)
    finally:
        await holder.stop()


@needs_own_disk
async def test_another_file_system_is_never_taken_for_it(tmp_path: Path) -> None:
    holder = OwnDiskHolder()
    assert holder.component is None
    await holder.start("core", tmp_path / "data", SIZE_BYTES, tmp_path / "disk.log", lambda _: None)
    try:
        assert holder.component is not None
        assert holder.component.process.pid == holder.pid
        own = OwnDiskInReach.at(holder.reach, SIZE_BYTES)
        with own.opened() as directory:
            assert os.fstatvfs(directory).f_blocks > 0
        with (
            pytest.raises(ProcessError, match="no file system of its own"),
            replace(own, size_bytes=1).opened(),
        ):
            pass
        of_the_machine = replace(own, path=tmp_path / "data", size_bytes=2**60)
        with pytest.raises(ProcessError, match="no file system of its own"), of_the_machine.opened():
            pass
        later = replace(own, holder=replace(own.holder, started=own.holder.started + 1))
        with pytest.raises(ProcessGoneError, match="is gone"), later.opened():
            pass
    finally:
        await holder.stop()
    with pytest.raises(ProcessGoneError, match="is gone"), own.opened():
        pass


async def test_stopping_what_was_never_made_does_no_harm() -> None:
    await OwnDiskHolder().stop()


def test_a_machine_without_the_programs_says_which_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "platform", "linux")
    assert why_no_own_disk.__wrapped__() == "the program unshare is not on PATH"


def test_another_operating_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert why_no_own_disk.__wrapped__() == "only Linux gives a process a file system of its own"


async def exists(path: Path) -> bool:
    return os.path.exists(path)  # noqa: ASYNC240, PTH110
