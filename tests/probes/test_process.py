from __future__ import annotations

import signal
import sys
from pathlib import Path

import psutil
import pytest

from chaos.processes.process import start_process
from tests.probes.scene import Scene, answer, probe


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGSTOP")
async def test_a_process_runs_is_stopped_or_is_down(tmp_path: Path) -> None:
    process = await start_process([sys.executable, "-c", "input()"], log_path=tmp_path / "log", control=True)
    scene = Scene(processes={"core": process})
    asked = probe("process", one_of=["running", "stopped"])
    try:
        assert await answer(asked, scene) == "running"
        process.signal(signal.SIGSTOP)
        while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
            pass
        assert await answer(asked, scene) == "stopped"
    finally:
        await process.stop(0)
    found = await answer(asked, scene)
    assert found == "down"
    assert not asked.judge(found).held
    assert asked.name == "process core one of running, stopped"
