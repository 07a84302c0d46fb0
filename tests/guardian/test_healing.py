"""Healing ends what runs and undoes what is open, tells what it could not, and can be repeated."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from chaos.guardian.deed import Deed, NotUndone
from chaos.guardian.healing import Healed, heal
from chaos.guardian.lock import LockHeld, RunLock
from chaos.guardian.registry import DEEDS
from chaos.guardian.runs import is_registered, register
from chaos.guardian.undo_log import UndoLog, read_undo_log
from chaos.processes.identity import ProcessIdentity
from chaos.processes.tree import is_alive
from chaos.run_directory import RunDirectory
from tests.guardian.conftest import Family


@dataclass(frozen=True)
class WriteLine(Deed):
    """Writes a line to a file, in place of undoing something."""

    kind: ClassVar[str] = "write-line"
    file: str
    line: str

    def carry_out(self) -> None:
        with Path(self.file).open("a", encoding="utf-8") as file:
            file.write(self.line + "\n")

    def __str__(self) -> str:
        return f"write {self.line}"


@dataclass(frozen=True)
class Fail(Deed):
    """Can't be carried out while a file is there."""

    kind: ClassVar[str] = "fail"
    file: str
    how: str

    def carry_out(self) -> None:
        if Path(self.file).exists() and self.how == "told":
            raise NotUndone(f"{self.file} is there; rm {self.file}")
        if Path(self.file).exists():
            raise RuntimeError("out of paper")

    def __str__(self) -> str:
        return "print"


@pytest.fixture(autouse=True)
def _deeds(monkeypatch: pytest.MonkeyPatch) -> None:
    for deed in (WriteLine, Fail):
        monkeypatch.setitem(DEEDS._loaded, deed.kind, deed)


def _intend(directory: RunDirectory, fault: str, *deeds: Deed) -> None:
    log = UndoLog(directory)
    log.intend(fault, deeds)
    log.close()


def test_open_changes_are_undone_the_newest_first_each_in_its_order(
    directory: RunDirectory, tmp_path: Path
) -> None:
    lines = tmp_path / "lines"
    _intend(directory, "first", WriteLine(str(lines), "c"))
    _intend(directory, "second", WriteLine(str(lines), "a"), WriteLine(str(lines), "b"))
    healed = heal(directory)
    assert lines.read_text(encoding="utf-8").split() == ["a", "b", "c"]
    assert healed == Healed(undone=("second: write a", "second: write b", "first: write c"))


def test_healing_twice_finds_nothing_to_do(directory: RunDirectory, tmp_path: Path, family: Family) -> None:
    family.start()
    _intend(directory, "first", WriteLine(str(tmp_path / "lines"), "a"))
    assert heal(directory) != Healed()
    assert heal(directory) == Healed()


def test_what_cannot_be_undone_is_told_and_stays_open_and_stops_nothing_else(
    directory: RunDirectory, tmp_path: Path
) -> None:
    obstacle = tmp_path / "obstacle"
    obstacle.touch()
    register(directory)
    _intend(directory, "first", WriteLine(str(tmp_path / "lines"), "a"))
    _intend(directory, "second", Fail(str(obstacle), "told"))
    _intend(directory, "third", Fail(str(obstacle), "untold"))
    healed = heal(directory)
    assert healed.undone == ("first: write a",)
    assert healed.left == (
        f"third: could not print: RuntimeError: out of paper; mend that, and run `chaos heal {directory}`",
        f"second: {obstacle} is there; rm {obstacle}",
    )
    assert is_registered(directory.name)
    obstacle.unlink()
    assert heal(directory) == Healed(undone=("third: print", "second: print"))
    assert not is_registered(directory.name)


def test_processes_are_ended_and_the_scratch_removed_and_the_run_forgotten(
    directory: RunDirectory, family: Family
) -> None:
    process = family.start(marked=False)
    register(directory)
    log = UndoLog(directory)
    log.started("core", ProcessIdentity.of(process.pid))
    log.close()
    (directory.scratch / "deep").mkdir(parents=True)
    assert heal(directory) == Healed(ended=(f"core (process {process.pid})",))
    assert not is_alive(process)
    assert not directory.scratch.exists()
    assert not is_registered(directory.name)


def test_a_run_that_goes_on_is_not_healed(directory: RunDirectory, family: Family) -> None:
    process = family.start()
    lock = RunLock(directory)
    lock.acquire()
    with pytest.raises(LockHeld):
        heal(directory)
    assert is_alive(process)
    lock.release()
    process.kill()


def test_processes_are_ended_though_the_log_is_damaged(directory: RunDirectory, family: Family) -> None:
    (directory.undo / "log.ndjson").write_text("rubbish\n", encoding="utf-8")
    process = family.start()
    healed = heal(directory)
    assert not is_alive(process)
    (left,) = healed.left
    assert "log.ndjson, line 1, can't be read" in left


def test_changes_are_undone_though_the_log_cannot_be_written(directory: RunDirectory, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system has no limits")
    lines = tmp_path / "lines"
    _intend(directory, "first", WriteLine(str(lines), "a"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((directory.undo / "log.ndjson").stat().st_size, hard))
    try:
        healed = heal(directory)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert healed.undone == ("first: write a",)
    (left,) = healed.left
    assert "can't be written: File too large" in left
    assert f"`chaos heal {directory}`" in left


def test_a_run_whose_directory_is_gone_has_its_processes_ended(
    directory: RunDirectory, family: Family
) -> None:
    process = family.start()
    register(directory)
    shutil.rmtree(directory.path)
    (left,) = heal(directory).left
    assert "is gone, and with it the record of what is to be undone" in left
    assert not is_alive(process)
    assert not is_registered(directory.name)


def test_what_was_done_is_kept(directory: RunDirectory, tmp_path: Path) -> None:
    _intend(directory, "first", WriteLine(str(tmp_path / "lines"), "a"))
    heal(directory, by="a test")
    last = (directory.undo / "log.ndjson").read_text(encoding="utf-8").splitlines()[-1]
    account = json.loads(last)["healed"]
    assert (account["by"], account["undone"]) == ("a test", ["first: write a"])
    assert read_undo_log(directory).damage == ()


def test_an_account_goes_through_a_pipe_unchanged() -> None:
    healed = Healed(("a",), ("b", "c\n"), ("ü",))
    assert Healed.from_json(healed.to_json()) == healed
    assert "\n" not in healed.to_json()


def test_every_built_in_deed_can_be_used() -> None:
    assert DEEDS.broken() == {}
    assert all(DEEDS.named(name).kind == name for name in DEEDS.names())
