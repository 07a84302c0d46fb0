"""A stopped process goes on, with all that it has started."""

from __future__ import annotations

import psutil

from chaos.guardian.deeds.continue_process import ContinueProcess
from chaos.guardian.registry import deed_from
from chaos.processes.identity import ProcessIdentity
from tests.guardian.conftest import SLEEP, Family, stop


def test_it_goes_on_with_its_children(family: Family) -> None:
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", {SLEEP!r}])
print(child.pid, flush=True)
time.sleep(600)
"""
    process, pid = family.start_and_hear(code)
    child = psutil.Process(int(pid))
    deed = ContinueProcess.of("core", ProcessIdentity.of(process.pid))
    stop(process)
    stop(child)
    deed.carry_out()
    assert psutil.STATUS_STOPPED not in (process.status(), child.status())
    deed.carry_out()
    child.kill()
    assert str(deed) == f"let core (process {process.pid}) go on"


def test_one_that_is_gone_is_passed_over(family: Family) -> None:
    process = family.start()
    deed = ContinueProcess.of("core", ProcessIdentity.of(process.pid))
    family.end()
    deed.carry_out()


def test_a_later_process_of_its_number_is_not_touched(family: Family) -> None:
    process = family.start()
    identity = ProcessIdentity.of(process.pid)
    stop(process)
    earlier = ProcessIdentity(identity.pid, identity.started - 1, identity.boot)
    ContinueProcess.of("core", earlier).carry_out()
    assert process.status() == psutil.STATUS_STOPPED


def test_it_is_read_back_as_it_was_written(family: Family) -> None:
    deed = ContinueProcess.of("core", ProcessIdentity.of(family.start().pid))
    assert deed_from(deed.to_dict()) == deed
