"""`chaos ui` refuses by name what it can't do."""

from __future__ import annotations

import socket
import sys

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
