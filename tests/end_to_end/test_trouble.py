"""What goes wrong ends in a clear message, the right exit code, and nothing left running."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from chaos.processes.own_disk import why_no_own_disk
from tests.end_to_end.conftest import KILL, QUIET, Chaos, Done

NothingLeft = Callable[[Done], None]

ON_RESEOLIO = QUIET.replace("system: reference", "system: {name: reseolio, bin: ./core}")


def _script(chaos: Chaos, text: str) -> None:
    core = chaos.place / "core"
    core.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    core.chmod(0o755)


def _wait_for_line(child: subprocess.Popen[str], text: str) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if text in line:
            return
    raise AssertionError(f"it ended before it said {text!r}")


def test_a_core_that_exits_at_start_leaves_the_run_inconclusive(
    chaos: Chaos, nothing_left: NothingLeft
) -> None:
    _script(chaos, "echo the disk is on fire; exit 3")
    done = chaos("run", chaos.file(ON_RESEOLIO))
    assert done.code == 3
    assert "core never became ready" in done.out
    assert "the disk is on fire" in done.out
    nothing_left(done)


def test_a_core_that_answers_nothing_leaves_the_run_inconclusive(
    chaos: Chaos, nothing_left: NothingLeft
) -> None:
    _script(chaos, "exec sleep 600")
    done = chaos("run", chaos.file(ON_RESEOLIO))
    assert done.code == 3
    assert "core was not ready within 15 s" in done.out
    nothing_left(done)


def test_a_port_that_is_taken_is_told_in_the_cores_own_words(chaos: Chaos, nothing_left: NothingLeft) -> None:
    _script(
        chaos,
        "for last; do :; done\n"
        f"exec {sys.executable} -c \"import socket, sys; a = sys.argv[1].rsplit(':', 1); s = socket.socket(); "
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((a[0], int(a[1]))); s.listen(); "
        't = socket.socket(); t.bind((a[0], int(a[1])))" "$last"',
    )
    done = chaos("run", chaos.file(ON_RESEOLIO))
    assert done.code == 3
    assert "Address already in use" in done.out
    nothing_left(done)


def test_a_missing_core_is_refused_before_anything_starts(chaos: Chaos) -> None:
    done = chaos("run", chaos.file(ON_RESEOLIO))
    assert done.code == 2
    assert "system.bin names core, which is no file" in done.err
    assert not chaos.runs.exists()


def test_a_core_that_does_not_come_back_is_a_failure_of_the_system(
    chaos: Chaos, nothing_left: NothingLeft
) -> None:
    _script(
        chaos,
        "if [ -e born ]; then echo no second life; exit 9; fi\ntouch born\n"
        f'while [ "$1" != --listen-addr ]; do shift; done\n'
        f'exec {sys.executable} -P -m chaos.systems.reference --data "$PWD/data" --listen "$2"',
    )
    text = KILL.replace("system: reference", "system: {name: reseolio, bin: ./core}")
    done = chaos("run", chaos.file(text))
    assert done.code == 1, done.out + done.err
    assert "core did not come back" in done.out
    assert "no second life" in done.out
    nothing_left(done)


@pytest.mark.skipif(why_no_own_disk() is not None, reason=str(why_no_own_disk()))
def test_a_run_that_loses_the_disk_it_made_for_a_component_ends_at_once(
    chaos: Chaos, nothing_left: NothingLeft
) -> None:
    text = QUIET.replace("jobs: 200\n", "jobs: 4000\n") + (
        "faults:\n  - {fault: disk-full, target: core, size: 16MiB, at: 90% of jobs, for: 1s}\n"
    )
    child = chaos.start("run", chaos.file(text), "--output", "json")
    assert child.stdout is not None
    told = map(json.loads, child.stdout)
    holder = next(event["pid"] for event in told if event.get("component") == "core-disk")
    next(event for event in told if event.get("phase") == "load:baseline")
    os.kill(holder, signal.SIGKILL)
    done = chaos.finish(child)
    assert done.code == 5, done.err
    assert any("core-disk ended by itself (SIGKILL)" in reason for reason in done.results["reasons"])
    assert done.results["duration_s"] < 15, "it did not wait for the end of a load of 20 s"
    nothing_left(done)


def test_wrong_input_starts_nothing(chaos: Chaos) -> None:
    done = chaos("run", chaos.file(KILL.replace("target: core", "target: cor").replace("rate", "rat")))
    assert done.code == 2
    assert "experiment.yaml:5:" in done.err
    assert not chaos.runs.exists()


def test_a_target_that_is_no_component_is_refused(chaos: Chaos) -> None:
    done = chaos("run", chaos.file(KILL.replace("target: core", "target: moon")))
    assert done.code == 2
    assert "faults[0].target: no component or group is called `moon`" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["core up", "load begins", "fault kill confirmed", "draining"])
def test_a_signal_undoes_and_stops_everything(
    chaos: Chaos, nothing_left: NothingLeft, number: signal.Signals, moment: str
) -> None:
    text = KILL.replace("200ms", "1s").replace("jobs: 200", "jobs: 600")
    child = chaos.start("run", chaos.file(text), environment={"PYTHONUNBUFFERED": "1"})
    _wait_for_line(child, moment)
    child.send_signal(number)
    done = chaos.finish(child)
    assert done.code == 4, done.out + done.err
    assert done.results["exit_code"] == 4
    assert f"interrupted by {number.name}" in done.out
    nothing_left(done)


def test_the_load_processes_leave_when_the_runner_is_killed(chaos: Chaos) -> None:
    child = chaos.start("run", chaos.file(QUIET), environment={"PYTHONUNBUFFERED": "1"})
    _wait_for_line(child, "load begins")
    load = [p for p in psutil.Process(child.pid).children() if "chaos.load" in " ".join(p.cmdline())]
    core = [p for p in psutil.Process(child.pid).children() if p not in load]
    assert len(load) == 3
    child.kill()
    try:
        gone, alive = psutil.wait_procs(load, timeout=5.0)
        assert (len(gone), alive) == (3, [])
    finally:
        for process in core:  # the guardian may have been faster
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let root mount a tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_for_the_ledger_is_the_toolkits_failure(chaos: Chaos, small_disk: Path) -> None:
    before = {process.pid for process in psutil.process_iter()}
    done = chaos("run", chaos.file(QUIET.replace("200\n", "20000\n")), "--runs", str(small_disk))
    assert done.code == 5, done.out + done.err
    assert "--runs" in done.out + done.err
    after = psutil.process_iter(["cmdline"])  # None for a process that is gone meanwhile
    assert not [
        process
        for process in after
        if process.pid not in before and str(small_disk) in " ".join(process.info["cmdline"] or ())
    ]


def test_a_runs_directory_that_cannot_be_made_is_refused_before_anything_starts(chaos: Chaos) -> None:
    (chaos.place / "file").write_text("")
    done = chaos("run", chaos.file(QUIET), "--runs", "file/runs", "--repeat", "2")
    assert done.code == 2
    assert done.err.count("file/runs") == 1
    assert "nothing was started: choose a place that can be written with --runs" in done.err


def test_a_directory_that_is_no_run_is_refused(chaos: Chaos) -> None:
    again = chaos("check", str(chaos.place))
    assert again.code == 2
    assert "experiment.yaml" in again.err


def _alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid)]


def _wait_for_end(child: subprocess.Popen[str]) -> int:
    return child.wait(timeout=60.0)


def _pids_of(runs: Path) -> list[int]:
    (run,) = runs.iterdir()
    lines = (run / "ledger" / "events.ndjson").read_text(encoding="utf-8").splitlines()
    return [event["pid"] for event in map(json.loads, lines) if event["event"] == "component-up"]


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_reader_that_leaves_changes_nothing(chaos: Chaos, nothing_left: NothingLeft, output: str) -> None:
    child = chaos.start("run", chaos.file(KILL), "--output", output)
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    code = _wait_for_end(child)
    done = Done(code, "", "", chaos.runs)
    assert done.code == 0
    assert done.results["verdict"] == "passed"
    nothing_left(done)


def test_a_terminal_that_is_closed_ends_the_run_in_good_order(chaos: Chaos) -> None:
    terminal, its_end = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "chaos", "run", chaos.file(KILL.replace("jobs: 200", "jobs: 2000"))],
        cwd=chaos.place,
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
        text=True,
    )
    os.close(its_end)
    chaos.children.append(child)
    seen = b""
    while b"load begins" not in seen:
        seen += os.read(terminal, 4096)
    os.close(terminal)
    child.send_signal(signal.SIGHUP)
    assert _wait_for_end(child) == 4
    assert _alive(_pids_of(chaos.runs)) == []


def test_a_full_disk_behind_the_output_changes_nothing_about_the_run(chaos: Chaos) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "chaos", "run", chaos.file(QUIET)],
            cwd=chaos.place,
            stdout=full,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0
    assert _alive(_pids_of(chaos.runs)) == []


def test_a_kill_of_a_core_that_is_down_already_is_told_and_leaves_nothing(
    chaos: Chaos, nothing_left: NothingLeft
) -> None:
    text = QUIET.replace("jobs: 200", "jobs: 800") + (
        "faults:\n"
        "  - {fault: kill, target: core, at: 1s, restart-after: 1500ms}\n"
        "  - {fault: kill, target: core, at: 1500ms, restart-after: 200ms}\n"
    )
    done = chaos("run", chaos.file(text))
    assert done.code == 3, done.out + done.err
    assert "kill-2 was not seen to have bitten" in done.out
    nothing_left(done)


def test_a_ledger_that_turns_unwritable_leaves_nothing_running(chaos: Chaos) -> None:
    child = chaos.start(
        "run", chaos.file(QUIET.replace("jobs: 200", "jobs: 4000")), environment={"PYTHONUNBUFFERED": "1"}
    )
    _wait_for_line(child, "load begins")
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (100, 100))
    done = chaos.finish(child)
    assert done.code == 5, done.out + done.err
    assert "events.ndjson" in done.err
    assert _alive(done.pids) == []


def test_an_interrupt_before_anything_has_started_is_no_failure_of_the_system(chaos: Chaos) -> None:
    child = chaos.start("run", chaos.file(QUIET))
    ready = psutil.Process(child.pid)
    while len(ready.memory_maps()) < 60:  # it has imported its first libraries, and handles signals
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    assert chaos.finish(child).code == 4


def test_sigterm_ends_a_selftest_with_all_its_runs(chaos: Chaos) -> None:
    child = chaos.start("selftest", environment={"PYTHONUNBUFFERED": "1"})
    _wait_for_line(child, "1/31")
    below = psutil.Process(child.pid).children(recursive=True)
    child.send_signal(signal.SIGTERM)
    assert chaos.finish(child).code == 4
    _, alive = psutil.wait_procs(below, timeout=5.0)
    assert alive == []


def _remove(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 7)


def _cut_a_record(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 32)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that passed, to be copied."""
    chaos = Chaos(tmp_path_factory.mktemp("kept"))
    done = chaos("run", chaos.file(QUIET))
    assert done.code == 0, done.out + done.err
    return done.run


@pytest.mark.parametrize("harm", [_remove, _cut, _cut_a_record])
@pytest.mark.parametrize(
    "name", ["worker-1.1.ledger", "producer-1.1.ledger", "reader.1.ledger", "producer-1.1.ids"]
)
def test_a_ledger_with_a_gap_is_not_judged(
    chaos: Chaos, kept: Path, harm: Callable[[Path], None], name: str
) -> None:
    run = shutil.copytree(kept, chaos.place / "run")
    harm(run / "ledger" / name)
    again = chaos("check", str(run))
    assert again.code == 5
    assert name in again.err


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[256 + 32 * 7 + 5] ^= 0xFF
    path.write_bytes(data)


def _lose_a_line(path: Path, number: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[number]
    path.write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    ("name", "harm", "code", "said"),
    [
        ("ledger/worker-1.1.ledger", _flip, 5, "worker-1.1.ledger: damaged at byte 480"),
        ("ledger/events.ndjson", partial(_lose_a_line, number=5), 5, "events.ndjson: damaged at byte"),
        ("ledger/events.ndjson", partial(_lose_a_line, number=-1), 3, "does not tell of the end"),
        ("monitor.ndjson", partial(_lose_a_line, number=3), 3, "monitor.ndjson has"),
    ],
)
def test_a_run_whose_files_are_damaged_does_not_pass(
    chaos: Chaos, kept: Path, name: str, harm: Callable[[Path], None], code: int, said: str
) -> None:
    run = shutil.copytree(kept, chaos.place / "run")
    harm(run / name)
    again = chaos("check", str(run))
    assert again.code == code
    assert said in again.out + again.err


def test_an_experiment_that_was_changed_after_its_run_proves_nothing(chaos: Chaos, kept: Path) -> None:
    run = shutil.copytree(kept, chaos.place / "run")
    saved = run / "experiment.yaml"
    saved.write_text(saved.read_text().replace("integrity: 0", "integrity: 99"))
    again = chaos("check", str(run))
    assert again.code == 3
    assert "experiment.yaml is not the one that was run" in again.out
