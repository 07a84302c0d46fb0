from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from chaos.ledger.events import ComponentDown, ComponentReady, ComponentUp, Event
from chaos.processes.component import Component, State
from chaos.processes.errors import NotInTimeError, ProcessGoneError, StartFailedError
from chaos.processes.process import Process
from chaos.processes.suspension import Suspension
from chaos.processes.tree import is_alive

pytestmark = [pytest.mark.alone, pytest.mark.usefixtures("way")]

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


async def always() -> bool:
    return True


async def never() -> bool:
    return False


def until_gone(process: Process) -> None:
    """Wait without giving the event loop a turn."""
    for _ in range(5000):
        if process.is_gone:
            return
        time.sleep(0.002)
    raise TimeoutError


class Stage:
    """A component, and what it told its listener."""

    def __init__(self, directory: Path) -> None:
        self.events: list[Event] = []
        self.component = Component("core", self.events.append)
        self.log = directory / "core.log"

    async def start(self, code: str = "import time; time.sleep(60)") -> Component:
        await self.component.start((sys.executable, "-c", code), log_path=self.log)
        return self.component

    async def says(self, text: str) -> None:
        """Wait until its log says this; it counts as ready then."""

        async def said() -> bool:
            return text in self.log.read_text()

        await self.component.wait_ready(said, 10)


async def test_a_life_is_told_as_up_ready_down(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    states = [stage.component.state]
    component = await stage.start()
    states.append(component.state)
    await component.wait_ready(always, 10)
    states.append(component.state)
    pid = component.process.pid
    await component.stop()
    states.append(component.state)
    assert states == [State.DOWN, State.UP, State.READY, State.DOWN]
    up, ready, down = stage.events
    assert isinstance(up, ComponentUp)
    assert isinstance(ready, ComponentReady)
    assert isinstance(down, ComponentDown)
    assert (up.component, up.incarnation, up.pid) == ("core", 1, pid)
    assert (down.status, down.expected) == ("SIGTERM", True)
    assert up.time_ns < ready.time_ns < down.time_ns


async def test_incarnations_are_counted_and_share_a_log(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start("import time; print('here', flush=True); time.sleep(60)")
    for _ in range(2):
        await stage.says("here\n" * component.incarnation)
        await component.kill()
        await component.restart()
    await stage.says("here\n" * 3)
    await component.stop()
    assert [e.incarnation for e in stage.events if isinstance(e, ComponentUp)] == [1, 2, 3]
    assert [e.incarnation for e in stage.events if isinstance(e, ComponentDown)] == [1, 2, 3]


async def test_a_kill_is_proven(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start()
    killed = await component.kill(signal.SIGKILL)
    assert str(killed.status) == "SIGKILL"
    assert component.process.started_ns < killed.requested_ns < killed.gone_ns
    assert component.state is State.DOWN
    assert not component.unexpected.done()
    down = stage.events[-1]
    assert isinstance(down, ComponentDown)
    assert (down.status, down.expected, down.time_ns) == ("SIGKILL", True, killed.gone_ns)


async def test_a_kill_that_is_ignored_is_an_error_and_a_later_end_stays_expected(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start(
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    await stage.says("deaf")
    with pytest.raises(NotInTimeError, match=r"core .* still runs 0.05 s after SIGTERM"):
        await component.kill(signal.SIGTERM, within_s=0.05)
    component.became_ready()
    assert component.state is State.STOPPING
    component.process.signal(signal.SIGKILL)
    await component.process.exited()
    assert isinstance(down := stage.events[-1], ComponentDown)
    assert down.expected
    assert not component.unexpected.done()


async def test_what_is_gone_already_can_not_be_killed(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start("raise SystemExit(9)")
    await component.unexpected
    with pytest.raises(ProcessGoneError, match=r"core .* ended before SIGKILL was sent: exit 9"):
        await component.kill()


async def test_an_exit_that_nobody_asked_for_is_told_at_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start("raise SystemExit(5)")
    down = await component.unexpected
    assert (down.component, down.status, down.expected) == ("core", "exit 5", False)
    assert stage.events[-1] == down
    assert component.state is State.DOWN


async def test_a_crash_that_was_not_noticed_yet_is_unexpected_even_if_a_stop_follows(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start("raise SystemExit(5)")
    until_gone(component.process)
    await component.stop()
    assert (await component.unexpected).status == "exit 5"


async def test_an_exit_that_was_asked_for_by_other_means_is_expected(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start("import time; time.sleep(0.05)")
    component.expect_exit()
    await component.process.exited()
    down = stage.events[-1]
    assert isinstance(down, ComponentDown)
    assert down.expected
    assert not component.unexpected.done()


async def test_readiness_is_asked_until_it_is_there(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start()
    answers = iter([False, False, True])

    async def third_time() -> bool:
        return next(answers)

    await component.wait_ready(third_time, 10)
    assert isinstance(stage.events[-1], ComponentReady)
    await component.stop()


async def test_a_start_that_fails_ends_the_wait_at_once_with_the_last_words(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start("raise SystemExit('port already taken')")
    with pytest.raises(ProcessGoneError, match=r"ended before it was ready: exit 1.*\n.*port already taken"):
        await component.wait_ready(never, 3600)
    assert component.unexpected.done()


async def test_an_exit_ends_the_wait_even_while_the_question_hangs(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start("raise SystemExit(1)")

    async def silent() -> bool:
        await asyncio.sleep(3600)
        return True

    with pytest.raises(ProcessGoneError):
        await component.wait_ready(silent, 3600)


async def test_a_component_that_never_answers_is_given_up_and_can_be_stopped(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start("import time; print('busy with myself', flush=True); time.sleep(60)")
    await stage.says("busy")
    with pytest.raises(NotInTimeError, match=r"core was not ready within 0.1 s.*\n.*busy with myself"):
        await component.wait_ready(never, 0.1)
    await component.stop()


async def test_a_question_that_hangs_is_given_up_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start()

    async def silent() -> bool:
        await asyncio.sleep(3600)
        return True

    with pytest.raises(NotInTimeError):
        await component.wait_ready(silent, 0.1)
    await component.stop()


async def test_a_question_that_fails_is_not_hidden(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start()

    async def broken() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await component.wait_ready(broken, 10)
    await component.stop()


async def test_a_program_that_is_not_there_leaves_it_down(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with pytest.raises(StartFailedError):
        await stage.component.start(("/no/such/core",), log_path=stage.log)
    assert stage.component.state is State.DOWN
    assert stage.events == []
    assert await stage.component.stop() is None


async def test_what_runs_is_not_started_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start()
    with pytest.raises(ValueError, match="core can't be started: it is up"):
        await component.restart()
    await component.stop()


async def test_stopping_twice_does_no_harm(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start()
    assert await component.stop() == await component.stop()
    assert len(stage.events) == 2


async def test_stop_also_ends_what_an_earlier_incarnation_left(tmp_path: Path, way: str) -> None:
    if way == "thread":
        pytest.skip("orphans are only known where the end is noticed before the process is reaped")
    stage = Stage(tmp_path)
    component = await stage.start(
        "import subprocess, time; subprocess.Popen(['sleep', '60']); print('forked', flush=True); time.sleep(60)"
    )
    await stage.says("forked")
    await component.kill()
    assert component.process.left_orphans
    first = component.process
    await component.restart()
    await stage.says("forked\nforked")
    await component.stop()
    await first.stop(0)
    assert not [line for line in stage.events if isinstance(line, ComponentDown) and not line.expected]


async def test_an_end_tells_when_a_signal_asked_for_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start()
    killed = await component.kill(signal.SIGKILL)
    await component.restart()
    await component.stop()
    first, second = (event for event in stage.events if isinstance(event, ComponentDown))
    assert (first.asked_ns, second.asked_ns) == (killed.requested_ns, None)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs a process that takes no signal")
async def test_force_follows_a_signal_that_is_not_obeyed(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    component = await stage.start()
    await Suspension(component.process).stop()
    killed = await component.kill(signal.SIGTERM, force_after_s=0.1)
    assert str(killed.status) == "SIGKILL"
    assert killed.gone_ns - killed.requested_ns >= 100_000_000
    assert not component.unexpected.done()


STARTS_OTHERS = """
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    print("started", os.getpid(), flush=True)
    time.sleep(60)
time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no sessions")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_kill_ends_what_it_had_started_in_sessions_of_their_own(tmp_path: Path, number: int) -> None:
    component = Component("postgres", lambda _: None)
    process = await component.start(
        (sys.executable, "-c", STARTS_OTHERS), log_path=tmp_path / "log", control=True
    )
    other = psutil.Process(int((await process.next_line(10, waiting_for="started")).split()[1]))
    killed = await component.kill(number)
    assert not is_alive(other)
    assert killed.status.signal == number
    await component.stop()
