"""`chaos ui` refuses by name what it can't do."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from chaos.cli import main


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["ui", "--port", str(port)])
    assert result.exit_code == 2
    assert f"127.0.0.1:{port} can't be listened on" in result.output
    assert "--port" in result.output


def test_experiments_in_a_directory_that_is_not_there_are_refused() -> None:
    result = CliRunner().invoke(main, ["ui", "--experiments", "nowhere"])
    assert result.exit_code == 2
    assert "nowhere is no directory" in result.output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_it_says_that_it_closes_where_a_shell_has_made_it_ignore_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "chaos", "ui", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("the page is at ")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (0, "the page is closed; runs go on")


@pytest.mark.parametrize("library", ["starlette", "uvicorn"])
def test_what_is_missing_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    for module in [
        name for name in sys.modules if name.split(".")[0] == library or name.startswith("chaos.page.")
    ]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    result = CliRunner().invoke(main, ["ui"])
    assert result.exit_code == 2
    assert (
        f"chaos ui needs {library}, which is not installed: pip install 'chaos-queue[page]'" in result.output
    )
