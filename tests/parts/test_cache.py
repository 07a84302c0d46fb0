from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.parts.cache import cache_directory, keep, sha256_of, workshop
from chaos.parts.errors import PartError


def test_the_cache_is_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAOS_CACHE", str(tmp_path / "cache"))
    assert cache_directory() == tmp_path / "cache"


def test_otherwise_it_is_where_the_operating_system_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAOS_CACHE", raising=False)
    assert "chaos-queue" in str(cache_directory())


def test_a_finished_file_is_kept_and_nothing_else_stays(tmp_path: Path) -> None:
    place = tmp_path / "cache" / "core"
    with workshop(place.parent) as made:
        (made / "half-made").write_text("half")
        (made / "core").write_text("whole")
        keep(made / "core", place, executable=True)
    assert [path.name for path in place.parent.iterdir()] == ["core"]
    assert place.read_text() == "whole"
    assert place.stat().st_mode & 0o111


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    place = tmp_path / "core"
    place.write_text("old")

    def fail_half_way() -> None:
        with workshop(tmp_path) as made:
            (made / "core").write_text("half")
            raise PartError("wrong")

    with pytest.raises(PartError, match="wrong"):
        fail_half_way()
    assert [path.name for path in tmp_path.iterdir()] == ["core"]
    assert place.read_text() == "old"


def test_a_cache_that_can_not_be_made_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(PartError, match=r"can't be (used|written).*CHAOS_CACHE=DIRECTORY"),
        workshop(tmp_path / "file" / "cache"),
    ):
        pass


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "small"
    disk.mkdir()
    done = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("this user can't mount a small disk")
    yield disk
    subprocess.run(["/bin/umount", str(disk)], check=True)


def test_a_full_disk_is_told_with_the_way_out(small_disk: Path) -> None:
    with (
        pytest.raises(PartError, match=r"no space is left.*CHAOS_CACHE=DIRECTORY"),
        workshop(small_disk) as made,
    ):
        (made / "core").write_bytes(b"x" * 200_000)
    assert list(small_disk.iterdir()) == []


def test_a_hash_is_of_the_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert sha256_of(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
