"""The undo log says what is open, whatever its writer died of."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.guardian.deeds.continue_process import ContinueProcess
from chaos.guardian.undo_log import UndoLog, UndoLogFailed, read_undo_log
from chaos.processes.identity import ProcessIdentity
from chaos.run_directory import RunDirectory

ME = ProcessIdentity.of(os.getpid())
DEED = ContinueProcess.of("core", ME)


def _log_file(directory: RunDirectory) -> Path:
    return directory.undo / "log.ndjson"


def test_what_was_intended_and_not_undone_is_open_the_newest_first(directory: RunDirectory) -> None:
    log = UndoLog(directory)
    for fault in ("pause", "latency", "pause#2"):
        log.intend(fault, [DEED])
    log.undone("latency")
    log.close()
    changes = read_undo_log(directory).open_changes
    assert [(change.fault, change.deeds) for change in changes] == [("pause#2", (DEED,)), ("pause", (DEED,))]


def test_started_processes_are_kept_with_their_identity(directory: RunDirectory) -> None:
    log = UndoLog(directory)
    log.started("core", ME)
    log.close()
    (started,) = read_undo_log(directory).started
    assert (started.component, started.process) == ("core", ME)


def test_a_run_without_a_log_has_nothing_open(directory: RunDirectory) -> None:
    assert read_undo_log(directory).open_changes == ()


def test_an_intention_is_on_the_disk_before_it_returns(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    log = UndoLog(directory)

    def told(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def tell(*arguments: object) -> object:
            steps.append(name)
            return call(*arguments)

        return tell

    monkeypatch.setattr(os, "write", told("write", os.write))
    monkeypatch.setattr(os, "fsync", told("fsync", os.fsync))
    log.intend("pause", [DEED, DEED])
    log.close()
    assert steps == ["write", "fsync"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_log_cut_off_anywhere_opens_only_what_was_whole(
    directory: RunDirectory, data: st.DataObject
) -> None:
    _log_file(directory).unlink(missing_ok=True)
    log = UndoLog(directory)
    sizes = []
    for number in range(3):
        log.intend(f"pause#{number}", [DEED])
        sizes.append(_log_file(directory).stat().st_size)
    log.close()
    cut = data.draw(st.integers(0, sizes[-1]))
    os.truncate(_log_file(directory), cut)
    recorded = read_undo_log(directory)
    assert len(recorded.open_changes) == sum(size <= cut for size in sizes)
    assert recorded.damage == ()
    # Whoever heals the run goes on in the same file.
    healing = UndoLog(directory)
    healing.undone("pause#0")
    healing.close()
    assert "pause#0" not in [change.fault for change in read_undo_log(directory).open_changes]
    assert read_undo_log(directory).damage == ()


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        '{"intended": "pause"}',
        '{"intended": "pause", "deeds": [{"kind": "unheard-of"}]}',
        '{"intended": "pause", "deeds": [{"kind": "continue", "pid": 1}]}',
        '{"intended": "pause", "deeds": [7]}',
        '{"started": "core", "process": {"pid": 1}}',
    ],
)
def test_a_damaged_line_is_told_and_hides_no_other(directory: RunDirectory, line: str) -> None:
    _log_file(directory).write_text(line + "\n", encoding="utf-8")
    log = UndoLog(directory)
    log.intend("latency", [DEED])
    log.close()
    recorded = read_undo_log(directory)
    assert [change.fault for change in recorded.open_changes] == ["latency"]
    (damage,) = recorded.damage
    assert f"{_log_file(directory)}, line 1, can't be read" in damage


def test_a_write_that_falls_short_is_told_and_leaves_no_half_line(directory: RunDirectory) -> None:
    log = UndoLog(directory)
    log.intend("pause", [DEED])
    size_bytes = _log_file(directory).stat().st_size
    with (
        _files_no_bigger_than(size_bytes + 20),
        pytest.raises(UndoLogFailed, match=r"log\.ndjson can't be written: only 20 of \d+ bytes"),
    ):
        log.intend("latency", [DEED])
    with (
        _files_no_bigger_than(size_bytes),
        pytest.raises(UndoLogFailed, match=r"log\.ndjson can't be written: File too large"),
    ):
        log.intend("latency", [DEED])
    log.undone("pause")
    log.close()
    recorded = read_undo_log(directory)
    assert (recorded.open_changes, recorded.damage) == ((), ())


@contextmanager
def _files_no_bigger_than(size_bytes: int) -> Iterator[None]:
    """As on a disk that is full from there on."""
    resource = pytest.importorskip("resource", reason="this system has no limits")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_log_that_cannot_be_opened_is_told(directory: RunDirectory) -> None:
    _log_file(directory).mkdir()
    with pytest.raises(UndoLogFailed, match="can't be written: Is a directory"):
        UndoLog(directory)
