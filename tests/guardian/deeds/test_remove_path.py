"""Removing what a fault wrote, and nothing else."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.guardian.deed import NotUndone
from chaos.guardian.deeds.remove_path import RemovePath
from chaos.processes.identity import ProcessIdentity


@pytest.mark.parametrize("name", ["file", "directory"])
def test_what_was_written_is_removed_however_often(tmp_path: Path, name: str) -> None:
    (tmp_path / "directory" / "deeper").mkdir(parents=True)
    (tmp_path / "file").write_text("much")
    deed = RemovePath.of(tmp_path / name, tmp_path)
    deed.carry_out()
    deed.carry_out()
    assert not (tmp_path / name).exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_link_points_to_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "link").symlink_to(target, target_is_directory=True)
    RemovePath.of(tmp_path / "link", tmp_path).carry_out()
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("path", ["", "../elsewhere", "inner/../../elsewhere", "/elsewhere"])
def test_nothing_outside_the_runs_own_is_removed(tmp_path: Path, path: str) -> None:
    within, elsewhere = tmp_path / "within", tmp_path / "elsewhere"
    (within / "inner").mkdir(parents=True)
    elsewhere.mkdir()
    deed = RemovePath(str(within / path if path != "/elsewhere" else elsewhere), str(within))
    with pytest.raises(NotUndone, match="not removed"):
        deed.carry_out()
    assert elsewhere.exists()
    assert within.exists()


def test_what_only_a_dead_process_saw_is_gone_with_it(tmp_path: Path) -> None:
    child = subprocess.Popen(["sleep", "60"])
    seen = tmp_path / "seen"
    seen.write_text("by whoever has that number now")
    deed = RemovePath.of(seen, tmp_path, ProcessIdentity.of(child.pid))
    later = replace(deed, started=deed.started + 1)
    later.carry_out()
    assert seen.exists(), "that process is another one"
    deed.carry_out()
    assert not seen.exists()
    child.kill()
    child.wait()
    seen.write_text("again")
    deed.carry_out()
    assert seen.exists()


def test_it_can_be_written_down_and_read_again(tmp_path: Path) -> None:
    deed = RemovePath.of(tmp_path / "file", tmp_path)
    kept = json.loads(json.dumps(deed.to_dict()))
    assert kept.pop("kind") == "remove-path"
    assert RemovePath(**kept) == deed
