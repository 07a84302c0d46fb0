"""What the toolkit starts of itself is its own, whatever lies where it starts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import chaos
from chaos.processes.own_program import own_program

SOURCES = Path(chaos.__file__).parent
AS_A_MODULE = '"-m"'


def test_a_file_that_is_called_as_a_module_of_python_does_not_take_its_place(tmp_path: Path) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit('the queue of the team')\n", encoding="utf-8")
    told = subprocess.run(
        own_program("chaos", "schema", "schedules"),
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, b"")


def test_no_other_module_of_the_toolkit_is_started_in_another_way() -> None:
    starts = {
        file.relative_to(SOURCES).as_posix()
        for file in SOURCES.rglob("*.py")
        if AS_A_MODULE in file.read_text(encoding="utf-8")
    }
    assert starts == {"processes/own_program.py", "proxies/fetch.py"}  # the latter runs pip
