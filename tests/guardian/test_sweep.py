"""Every process of a run is found and ended, and no other."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil

from chaos.guardian.mark import MARK, is_marked, marked
from chaos.guardian.sweep import end_processes
from chaos.guardian.undo_log import Started
from chaos.processes.identity import ProcessIdentity
from chaos.processes.tree import is_alive
from chaos.run_directory import RunDirectory
from tests.guardian.conftest import SLEEP, Family, marked_processes, stop


def _with_unmarked_child(*, own_session: bool, then: str) -> str:
    """Code that starts a child without the mark, and says its number."""
    return f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", {SLEEP!r}], env={{}}, start_new_session={own_session}, stdout=2)
print(child.pid, flush=True)
{then}
"""


def _recorded(process: psutil.Process) -> list[Started]:
    return [Started("core", ProcessIdentity.of(process.pid))]


def test_who_was_recorded_is_ended_and_named(directory: RunDirectory, family: Family) -> None:
    process = family.start(marked=False)
    swept = end_processes(directory.name, _recorded(process))
    assert swept.ended == (f"core (process {process.pid})",)
    assert swept.left == ()
    assert not is_alive(process)


def test_who_carries_the_mark_is_ended_though_nobody_recorded_it(
    directory: RunDirectory, family: Family
) -> None:
    process = family.start()
    swept = end_processes(directory.name, ())
    assert swept.ended == (f"{process.name()} (process {process.pid})",)
    assert not is_alive(process)


def test_another_runs_processes_are_left_alone(directory: RunDirectory) -> None:
    other = Family(directory.name + "-2")
    process = other.start()
    assert end_processes(directory.name, ()).ended == ()
    assert is_alive(process)
    other.end()


def test_a_stopped_process_is_ended(directory: RunDirectory, family: Family) -> None:
    process = family.start()
    stop(process)
    end_processes(directory.name, ())
    assert not is_alive(process)


def test_who_descends_from_the_run_is_ended_without_the_mark(directory: RunDirectory, family: Family) -> None:
    code = _with_unmarked_child(own_session=True, then="time.sleep(600)")
    process, pid = family.start_and_hear(code)
    child = psutil.Process(int(pid))
    assert not is_marked(child, directory.name)
    assert len(end_processes(directory.name, _recorded(process)).ended) == 2
    assert not is_alive(child)


def test_orphans_in_a_session_that_the_run_leads_are_ended(directory: RunDirectory, family: Family) -> None:
    # The child's parent dies, so only the session still tells whose it is.
    middle = _with_unmarked_child(own_session=False, then="")
    code = f"""
import subprocess, sys, time
out = subprocess.run([sys.executable, "-S", "-c", {middle!r}], stdout=subprocess.PIPE, text=True).stdout
print(out, end="", flush=True)
time.sleep(600)
"""
    process, pid = family.start_and_hear(code)
    orphan = psutil.Process(int(pid))
    assert orphan.ppid() != process.pid
    assert not is_marked(orphan, directory.name)
    end_processes(directory.name, _recorded(process))
    assert not is_alive(orphan)


def test_a_process_that_keeps_forking_does_not_get_away(directory: RunDirectory, family: Family) -> None:
    code = """
import os, time
until = time.monotonic() + 6
while time.monotonic() < until:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.02)
"""
    family.start(code)
    assert end_processes(directory.name, ()).left == ()
    assert marked_processes(directory.name) == []


def test_a_reused_number_is_not_hit(directory: RunDirectory) -> None:
    other = Family("another")
    process = other.start(marked=False)
    identity = ProcessIdentity.of(process.pid)
    earlier = ProcessIdentity(identity.pid, identity.started - 1, identity.boot)
    before_the_restart = ProcessIdentity(identity.pid, identity.started, "machine/earlier")
    swept = end_processes(directory.name, [Started("core", earlier), Started("core", before_the_restart)])
    assert (swept.ended, swept.left) == ((), ())
    assert is_alive(process)
    other.end()


def test_a_zombie_is_not_alive(directory: RunDirectory, family: Family) -> None:
    process = family.start()
    process.kill()
    process.wait()
    assert end_processes(directory.name, ()).ended == ()


SWEEP = """
import sys
sys.path[:0] = {path!r}
from chaos.guardian.sweep import end_processes
swept = end_processes({run!r}, ())
print(len(swept.ended), *swept.left)
"""


def test_a_sweep_from_a_shell_of_the_run_spares_itself_and_says_so(
    directory: RunDirectory, family: Family
) -> None:
    sweep = SWEEP.format(path=sys.path, run=directory.name)
    bystander = family.start()
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sweep!r}])"
    shell, said = family.start_and_hear(code)
    assert said.startswith(
        f"1 {shell.name()} (process {shell.pid}) belongs to the run, and this command to it"
    )
    assert not is_alive(bystander)


def test_the_mark_is_inherited_within_the_block_only() -> None:
    tell = [sys.executable, "-S", "-c", f"import os; print(os.environ.get({MARK!r}))"]
    with marked("outer"):
        with marked("inner"):
            assert subprocess.run(tell, capture_output=True, text=True).stdout.strip() == "inner"
        assert subprocess.run(tell, capture_output=True, text=True).stdout.strip() == "outer"
    assert MARK not in os.environ
