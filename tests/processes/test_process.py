from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from chaos.processes.errors import NotInTimeError, ProcessGoneError, StartFailedError
from chaos.processes.process import Process, start_process
from chaos.processes.tree import session_members

pytestmark = pytest.mark.usefixtures("way")

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("stubborn", flush=True)
    time.sleep(60)
"""
ECHO = """
    import sys
    for line in sys.stdin:
        print("heard", line.strip(), flush=True)
"""


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", textwrap.dedent(code))


def until_gone(pid: int) -> None:
    """Wait without giving the event loop a turn."""
    for _ in range(5000):
        if not is_alive(pid):
            return
        time.sleep(0.002)
    raise TimeoutError


def started_as(pid: int) -> subprocess.Popen[bytes]:
    """A process with this number; skips where Linux does not let a test choose it."""
    for _ in range(200):
        try:
            Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))
        except OSError as error:
            pytest.skip(f"this machine does not let a test choose the next process's number: {error}")
        process = subprocess.Popen(["sleep", "60"])
        if process.pid == pid:
            return process
        process.kill()
        process.wait()
    pytest.skip("other programs took the number each time")


async def started(directory: Path, code: str) -> tuple[Process, str]:
    """A Python process with a channel, and its first line."""
    process = await start_process(python(code), log_path=directory / "log", control=True)
    return process, await process.next_line(10, waiting_for="its first line")


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("code", [0, 1, 42])
async def test_an_exit_is_noticed_with_its_code(tmp_path: Path, code: int) -> None:
    process = await start_process(python(f"raise SystemExit({code})"), log_path=tmp_path / "log")
    status = await process.exited()
    assert status.code == code
    assert status.signal is None
    assert str(status) == f"exit {code}"
    assert status.exited_ns > process.started_ns


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
async def test_a_death_by_signal_is_named(tmp_path: Path, number: signal.Signals) -> None:
    process = await start_process(SLEEP, log_path=tmp_path / "log")
    assert process.exit_status is None
    assert process.signal(number)
    status = await process.exited()
    assert status.signal == number
    assert str(status) == number.name


async def test_a_signal_that_ends_nothing_is_delivered(tmp_path: Path) -> None:
    process, _ = await started(
        tmp_path,
        """
        import signal, time
        signal.signal(signal.SIGUSR1, lambda *_: print("got it", flush=True))
        print("ready", flush=True)
        while True: time.sleep(1)
        """,
    )
    assert process.signal(signal.SIGUSR1)
    assert await process.next_line(10, waiting_for="an answer") == "got it"
    await process.stop(1)


async def test_a_gone_process_is_not_signalled(tmp_path: Path) -> None:
    process = await start_process(python("pass"), log_path=tmp_path / "log")
    await process.exited()
    assert not process.signal(signal.SIGKILL)


async def test_a_process_that_ended_and_was_not_noticed_yet_is_not_signalled(tmp_path: Path) -> None:
    process = await start_process(python("pass"), log_path=tmp_path / "log")
    until_gone(process.pid)
    assert not process.signal(signal.SIGTERM)
    assert str(await process.exited()) == "exit 0"


async def test_a_later_process_with_the_same_number_is_never_hit(tmp_path: Path) -> None:
    process = await start_process(python("pass"), log_path=tmp_path / "log")
    await process.exited()
    other = started_as(process.pid)
    try:
        assert not process.signal(signal.SIGKILL)
        await process.stop(0)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


async def test_both_outputs_are_appended_to_the_log_over_several_starts(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "core.log"
    for turn in ("one", "two"):
        process = await start_process(
            python(f"import sys; print('out {turn}', flush=True); print('err {turn}', file=sys.stderr)"),
            log_path=log,
        )
        await process.exited()
    assert log.read_text() == "out one\nerr one\nout two\nerr two\n"


async def test_the_environment_is_added_to_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INHERITED", "1")
    process = await start_process(
        python("import os; print(os.environ['INHERITED'], os.environ['ADDED'], os.getcwd())"),
        environment={"ADDED": "2"},
        cwd=tmp_path,
        log_path=tmp_path / "log",
    )
    await process.exited()
    assert process.log_path.read_text() == f"1 2 {tmp_path}\n"


async def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartFailedError, match="can't start /no/such/core: there is no /no/such/core"):
        await start_process(("/no/such/core",), log_path=tmp_path / "log")


async def test_a_missing_working_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartFailedError, match=r"there is no .*nowhere"):
        await start_process(SLEEP, cwd=tmp_path / "nowhere", log_path=tmp_path / "log")


async def test_a_log_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartFailedError, match=r"the log .* can't be written: Is a directory"):
        await start_process(SLEEP, log_path=tmp_path)


async def test_a_file_that_is_no_program_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("not a program")
    with pytest.raises(StartFailedError, match=r"can't start .*text: Permission denied"):
        await start_process((str(text),), log_path=tmp_path / "log")
    text.chmod(0o755)
    with pytest.raises(StartFailedError, match=r"can't start .*text: Exec format error"):
        await start_process((str(text),), log_path=tmp_path / "log")


async def test_it_has_a_session_of_its_own(tmp_path: Path) -> None:
    process = await start_process(SLEEP, log_path=tmp_path / "log")
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    await process.stop(1)


def test_ctrl_c_does_not_reach_it(tmp_path: Path) -> None:
    """Ctrl-C is SIGINT for the whole foreground group of a terminal."""
    parent = subprocess.Popen(
        python(f"""
            import asyncio
            from pathlib import Path
            from chaos.processes.process import start_process

            async def main():
                process = await start_process({SLEEP!r}, log_path=Path({str(tmp_path / "log")!r}))
                print(process.pid, flush=True)
                await asyncio.sleep(60)

            asyncio.run(main())
        """),
        process_group=0,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.killpg(parent.pid, signal.SIGINT)
    assert is_alive(child)
    os.kill(child, signal.SIGKILL)


async def test_stop_lets_it_leave_by_itself(tmp_path: Path) -> None:
    process, _ = await started(
        tmp_path,
        """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        print("ready", flush=True)
        time.sleep(60)
        """,
    )
    assert str(await process.stop(10)) == "exit 7"


async def test_stop_kills_what_ignores_sigterm(tmp_path: Path) -> None:
    process, _ = await started(tmp_path, STUBBORN)
    assert str(await process.stop(0.1)) == "SIGKILL"


async def test_stop_of_a_stopped_process_lets_it_leave_by_itself(tmp_path: Path) -> None:
    process = await start_process(SLEEP, log_path=tmp_path / "log")
    process.signal(signal.SIGSTOP)
    assert str(await process.stop(10)) == "SIGTERM"


async def test_stop_of_a_gone_process_says_how_it_ended(tmp_path: Path) -> None:
    process = await start_process(python("raise SystemExit(3)"), log_path=tmp_path / "log")
    await process.exited()
    assert str(await process.stop(1)) == "exit 3"
    assert str(await process.stop(1)) == "exit 3"


@pytest.mark.parametrize("own_session", [False, True], ids=["same session", "session of its own"])
async def test_stop_ends_grandchildren_that_ignore_sigterm(tmp_path: Path, own_session: bool) -> None:
    process, grandchild = await started(
        tmp_path,
        f"""
        import subprocess, sys, time
        stubborn = {textwrap.dedent(STUBBORN)!r}
        child = subprocess.Popen([sys.executable, "-c", stubborn], start_new_session={own_session},
                                 stdout=subprocess.PIPE)
        child.stdout.readline()
        print(child.pid, flush=True)
        time.sleep(60)
        """,
    )
    assert str(await process.stop(0.2)) == "SIGTERM"
    assert not is_alive(int(grandchild))


async def test_stop_ends_the_orphans_of_a_process_that_crashed(tmp_path: Path, way: str) -> None:
    if way == "thread":
        pytest.skip("orphans are only known where the end is noticed before the process is reaped")
    process, line = await started(
        tmp_path,
        """
        import os, subprocess
        print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
        os.kill(os.getpid(), 9)
        """,
    )
    orphan = int(line)
    assert str(await process.exited()) == "SIGKILL"
    assert process.left_orphans
    assert is_alive(orphan)
    await process.stop(1)
    assert not is_alive(orphan)


async def test_stop_ends_one_that_keeps_starting_others(tmp_path: Path, way: str) -> None:
    if way == "thread":
        pytest.skip("orphans are only known where the end is noticed before the process is reaped")
    process, _ = await started(
        tmp_path,
        """
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("up", flush=True)
        while True:
            subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
            time.sleep(0.002)
        """,
    )
    assert str(await process.stop(0.1)) == "SIGKILL"
    assert not [member for member in session_members(process.pid) if is_alive(member.pid)]


async def test_how_it_ended_is_known_even_where_child_signals_were_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        process = await start_process(python("raise SystemExit(3)"), log_path=tmp_path / "log")
        assert str(await process.exited()) == "exit 3"
    finally:
        signal.signal(signal.SIGCHLD, before)


async def test_many_processes_are_noticed_each(tmp_path: Path) -> None:
    processes = [await start_process(SLEEP, log_path=tmp_path / f"log-{n}") for n in range(40)]
    for process in processes:
        assert process.signal(signal.SIGKILL)
    statuses = await asyncio.gather(*(process.exited() for process in processes))
    assert {str(status) for status in statuses} == {"SIGKILL"}


async def test_whoever_waits_may_give_up_without_harm(tmp_path: Path) -> None:
    process = await start_process(SLEEP, log_path=tmp_path / "log")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await process.exited()
    assert await process.exited_within(0.01) is None
    await process.stop(1)
    assert await process.exited_within(0) is not None


async def test_lines_go_both_ways(tmp_path: Path) -> None:
    process = await start_process(python(ECHO), log_path=tmp_path / "log", control=True)
    await process.send("one")
    await process.send("zwölf")
    assert await process.next_line(10, waiting_for="an answer") == "heard one"
    assert await process.next_line(float("inf"), waiting_for="an answer") == "heard zwölf"
    await process.stop(1)


async def test_lines_that_came_before_the_end_are_still_read(tmp_path: Path) -> None:
    process = await start_process(
        python("print('last'); print('words')"), log_path=tmp_path / "log", control=True
    )
    await process.exited()
    assert await process.next_line(10, waiting_for="a word") == "last"
    assert await process.next_line(10, waiting_for="a word") == "words"


async def test_a_line_is_not_lost_to_one_who_gave_up(tmp_path: Path) -> None:
    process = await start_process(python(ECHO), log_path=tmp_path / "log", control=True)
    with pytest.raises(NotInTimeError, match=r"did not say 'ready' within 0.01 s"):
        await process.next_line(0.01, waiting_for="ready")
    await process.send("hello")
    assert await process.next_line(10, waiting_for="an answer") == "heard hello"
    await process.stop(1)


async def test_an_end_before_the_line_is_told_with_status_and_log(tmp_path: Path) -> None:
    process = await start_process(
        python("import sys; print('no space left', file=sys.stderr); sys.exit(3)"),
        log_path=tmp_path / "log",
        control=True,
    )
    with pytest.raises(ProcessGoneError, match=r"ended \(exit 3\) before it said 'ready'.*\n.*no space left"):
        await process.next_line(10, waiting_for="ready")
    with pytest.raises(ProcessGoneError):
        await process.next_line(10, waiting_for="ready")


async def test_sending_to_a_gone_process_is_an_error(tmp_path: Path) -> None:
    process = await start_process(python("pass"), log_path=tmp_path / "log", control=True)
    await process.exited()
    with pytest.raises(ProcessGoneError):
        await process.send("stop")


async def test_sending_to_one_that_does_not_read_ends_in_an_error_and_never_blocks(tmp_path: Path) -> None:
    process = await start_process(SLEEP, log_path=tmp_path / "log", control=True)

    async def send_much() -> None:
        for _ in range(1000):
            await process.send("x" * 1000)

    with pytest.raises(NotInTimeError, match="does not read its commands"):
        await send_much()
    await process.stop(1)


async def test_a_command_of_several_lines_is_refused(tmp_path: Path) -> None:
    process = await start_process(python(ECHO), log_path=tmp_path / "log", control=True)
    with pytest.raises(ValueError, match="not one line"):
        await process.send("stop\nstop")
    await process.stop(1)


async def test_garbage_on_the_channel_is_a_line_like_others(tmp_path: Path) -> None:
    process = await start_process(
        python("import sys; sys.stdout.buffer.write(b'\\xff\\x00\\n' + b'y' * 3_000_000 + b'\\nend\\n')"),
        log_path=tmp_path / "log",
        control=True,
    )
    assert await process.next_line(10, waiting_for="a line") == "\ufffd\x00"
    lines: list[str] = []
    while not lines or lines[-1] != "end":
        lines.append(await process.next_line(10, waiting_for="a line"))
    assert sum(len(line) for line in lines[:-1]) == 3_000_000
    await process.exited()


async def test_a_process_without_control_has_no_lines(tmp_path: Path) -> None:
    process = await start_process(SLEEP, log_path=tmp_path / "log")
    with pytest.raises(ValueError, match="control=True"):
        await process.send("stop")
    await process.stop(1)
