"""The shared memory of a killed server is removed, and no other."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.guardian.deeds.shared_memory import RemoveSharedMemory
from chaos.guardian.registry import deed_from

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such memory")

KEY = 0x43484153
CREATE = 0o1000 | 0o600


@pytest.fixture
def segment() -> Iterator[int]:
    libc = ctypes.CDLL(None)
    number = libc.shmget(KEY, ctypes.c_size_t(56), CREATE)
    yield number
    libc.shmctl(number, 0, None)


def is_there(number: int) -> bool:
    return bool(ctypes.CDLL(None).shmget(KEY, ctypes.c_size_t(0), 0) == number)


def pid_file(place: Path, key: int, number: int) -> Path:
    path = place / "postmaster.pid"
    path.write_text(f"4711\n/data\n1\n5432\n\n127.0.0.1\n  {key}  {number}\nready   \n")
    return path


def test_it_is_removed_however_often(segment: int, tmp_path: Path) -> None:
    deed = RemoveSharedMemory(str(pid_file(tmp_path, KEY, segment)))
    assert is_there(segment)
    assert deed_from(deed.to_dict()) == deed
    deed.carry_out()
    assert not is_there(segment)
    deed.carry_out()


def test_memory_of_another_key_or_number_stays(segment: int, tmp_path: Path) -> None:
    RemoveSharedMemory(str(pid_file(tmp_path, KEY, segment + 1))).carry_out()
    RemoveSharedMemory(str(pid_file(tmp_path, KEY + 1, segment))).carry_out()
    assert is_there(segment)


@pytest.mark.skipif(not Path("/proc/sysvipc/shm").exists(), reason="this system does not list shared memory")
@pytest.mark.parametrize("used", [False, True])
def test_that_of_a_server_that_died_before_it_wrote_it_down_is_found_by_its_directory(
    used: bool, tmp_path: Path
) -> None:
    libc = ctypes.CDLL(None)
    libc.shmat.restype, libc.shmdt.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    key = ctypes.c_int(tmp_path.stat().st_ino)
    number = libc.shmget(key, ctypes.c_size_t(56), CREATE)
    memory = libc.shmat(number, None, 0) if used else None
    try:
        RemoveSharedMemory(str(tmp_path / "postmaster.pid")).carry_out()
        assert (libc.shmget(key, ctypes.c_size_t(0), 0) == number) is used
    finally:
        if memory is not None:
            libc.shmdt(memory)
            libc.shmctl(number, 0, None)


@pytest.mark.parametrize("text", ["", "4711\n", "4711\n/data\n1\n5432\n\n127.0.0.1\nready\n"])
def test_a_server_that_was_not_that_far_has_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "postmaster.pid"
    path.write_text(text)
    RemoveSharedMemory(str(path)).carry_out()
    RemoveSharedMemory(str(tmp_path / "nothing")).carry_out()
