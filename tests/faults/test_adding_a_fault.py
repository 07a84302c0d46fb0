"""The example of docs/adding-a-fault.md, installed as a package of its own and used."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "adding-a-fault.md"


def code_block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A machine where the example's package is installed."""
    (tmp_path / "pin_fault.py").write_text(code_block("python"))
    info = tmp_path / "pin_fault-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pin-fault\nVersion: 1.0\n")
    name, reference = re.findall(r'^([\w-]+) = "(.+)"$', code_block("toml"), re.MULTILINE)[0]
    (info / "entry_points.txt").write_text(f"[chaos.faults]\n{name} = {reference}\n")
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)}


def chaos(environment: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chaos", *map(str, arguments)]
    return subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=environment["HOME"],
    )


def test_it_is_told_like_any_other(environment: dict[str, str]) -> None:
    told = json.loads(chaos(environment, "faults", "pin", "--output", "json").stdout)
    assert [key["key"] for key in told["keys"]] == ["target", "processors"]
    assert "for" in [key["key"] for key in told["shared_keys"]]
    assert told["undo"] == "Let every thread run where it could before."


@pytest.mark.skipif(sys.platform != "linux", reason="the example binds threads, which only Linux does")
def test_it_bites_and_is_undone(environment: dict[str, str], tmp_path: Path) -> None:
    experiment = tmp_path / "pinned.yaml"
    experiment.write_text(code_block("yaml"))
    done = chaos(environment, "run", experiment, "--runs", tmp_path / "runs")
    assert done.returncode == 0, done.stdout + done.stderr
    (results,) = (tmp_path / "runs").glob("*/results.json")
    core, worker = json.loads(results.read_text())["faults"]
    assert core["evidence"]["threads"] > 1
    assert len(core["evidence"]["processors"]) == 1
    assert core["reverted_s"] >= core["confirmed_s"] + 0.4
    assert worker["requested_s"] >= core["reverted_s"]
