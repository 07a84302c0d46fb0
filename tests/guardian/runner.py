"""A runner of a run that has nothing to do: registers, is guarded, does what it is told, and leaves when told to.

Its arguments are the run's directory and what it does once it is guarded: any of `start` (a process), `pause` (that
process, as a fault does), `stop` (itself), `ignore` (SIGTERM).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from chaos.guardian.deeds.continue_process import ContinueProcess
from chaos.guardian.mark import marked
from chaos.guardian.supervision import Guardian
from chaos.guardian.undo_log import UndoLog
from chaos.ledger.events import ComponentUp, Event
from chaos.processes.identity import ProcessIdentity
from chaos.processes.process import start_process
from chaos.run_directory import RunDirectory


async def _run(directory: RunDirectory, steps: list[str]) -> None:
    def record(event: Event) -> None:
        if isinstance(event, ComponentUp):
            print(event.component, event.pid, flush=True)

    guardian = Guardian(directory, record)
    await guardian.start()
    leaving = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    log = UndoLog(directory)
    process = None
    with marked(directory.name):
        for step in steps:
            match step:
                case "start":
                    log_path = directory.logs / "core.log"
                    process = await start_process((sys.executable, "-S", "-c", _SLEEP), log_path=log_path)
                    print("core", process.pid, flush=True)
                case "pause":
                    assert process is not None
                    log.intend("pause", [ContinueProcess.of("core", ProcessIdentity.of(process.pid))])
                    process.signal(signal.SIGSTOP)
                case "ignore":
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("guarded", flush=True)
        if "stop" in steps:
            os.kill(os.getpid(), signal.SIGSTOP)
        guardian.died.add_done_callback(lambda _: leaving.set())
        await leaving.wait()
        if process is not None:
            await process.stop(grace_s=0.0)
        log.undone("pause")
        log.close()
    print("left", await guardian.dismiss(), guardian.died.done(), flush=True)


_SLEEP = "import time; time.sleep(600)"

if __name__ == "__main__":
    asyncio.run(_run(RunDirectory(Path(sys.argv[1])), sys.argv[2:]))
