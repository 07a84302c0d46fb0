"""The example of docs/adding-a-system.md, installed as a package of its own and used."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "adding-a-system.md"
TRY_IT = """
import asyncio, sys
from pathlib import Path
from chaos.processes.component import Component
from chaos.systems.registry import system_named

async def main(directory):
    system_class = system_named("my-queue")
    system = system_class(system_class.spec_model(name="my-queue"), directory / "system")
    (core,) = system.prepare()
    component = Component(core.name, print)
    await component.start(core.command, log_path=directory / "core.log", environment=core.environment)
    try:
        await component.wait_ready(core.is_ready, core.ready_within_s)
        await component.kill()
        await component.restart()
        await component.wait_ready(core.is_ready, core.ready_within_s)
    finally:
        await component.stop()

asyncio.run(main(Path(sys.argv[1])))
"""


def code_block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A machine where the example's package is installed, and its program: the reference server."""
    (tmp_path / "my_queue.py").write_text(code_block("python"))
    info = tmp_path / "my_queue-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-queue\nVersion: 1.0\n")
    name, reference = re.findall(r'^([\w-]+) = "(.+)"$', code_block("toml"), re.MULTILINE)[0]
    (info / "entry_points.txt").write_text(f"[chaos.systems]\n{name} = {reference}\n")
    program = tmp_path / "my-queue"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chaos.systems.reference "$@"\n')
    program.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)}


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_listed(environment: dict[str, str]) -> None:
    listing = run(environment, "-m", "chaos", "systems")
    assert "my-queue\n    MyQueue, as it is installed on this machine\n    available: version 1.0" in listing


def test_it_is_told_what_it_lacks(environment: dict[str, str]) -> None:
    listing = run({**environment, "PATH": "/usr/bin:/bin"}, "-m", "chaos", "systems")
    assert "not available: no program `my-queue`; to mend it: install MyQueue" in listing


def test_it_starts_and_comes_back_after_a_kill(environment: dict[str, str], tmp_path: Path) -> None:
    events = run(environment, "-c", TRY_IT, str(tmp_path))
    assert events.count("ComponentReady") == 2
