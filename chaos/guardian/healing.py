"""Healing a run: ending what it left running, and undoing what it left changed, after its runner or for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from chaos.clock import utc_now
from chaos.guardian.deed import NotUndone
from chaos.guardian.lock import RunLock
from chaos.guardian.runs import unregister
from chaos.guardian.sweep import end_processes
from chaos.guardian.undo_log import OpenChange, Recorded, UndoLog, UndoLogFailed, read_undo_log
from chaos.run_directory import RunDirectory


@dataclass(frozen=True)
class Healed:
    """What was done to heal a run, in words for people.

    Attributes:
        undone: The deeds that were carried out.
        ended: The processes that were ended.
        left: What could not be undone or ended, and what mends it.
    """

    undone: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Healed:
        """What `to_json` wrote.

        Raises:
            ValueError: It is something else.
        """
        values = json.loads(line)
        return cls(*(tuple(values[name]) for name in ("undone", "ended", "left")))


def heal(directory: RunDirectory, within_s: float = 0.0, *, by: str = "chaos heal") -> Healed:
    """End every process of a run, undo every change that is still open, and remove its scratch files.

    Doing it twice does no harm. Once nothing is left the run is no longer registered.

    Args:
        directory: The run.
        within_s: How long to wait for the run's lock.
        by: Who heals it, for the record.

    Raises:
        LockHeld: The run goes on, or is being healed by somebody else.
        OSError: Its directory can't be written.
    """
    if not directory.undo.is_dir():
        return _heal_without_record(directory)
    lock = RunLock(directory)
    lock.acquire(within_s)
    try:
        return heal_under_lock(directory, by=by)
    finally:
        lock.release()


def heal_under_lock(directory: RunDirectory, *, by: str) -> Healed:
    """What `heal` does, by somebody who holds the run's lock, or acts for the one who does."""
    try:
        recorded = read_undo_log(directory)
    except OSError as error:
        recorded = Recorded(
            damage=(f"the undo log can't be read ({error}): allow it, and run {_again(directory)}",)
        )
    swept = end_processes(directory.name, recorded.started)
    undone, closed, left = _undo(recorded.open_changes, directory)
    left = [*swept.left, *recorded.damage, *left, *_remove_scratch(directory)]
    left += _keep_account(directory, by, closed, Healed(tuple(undone), swept.ended, tuple(left)))
    if not left:
        left = _unregister(directory)
    return Healed(tuple(undone), swept.ended, tuple(left))


def _undo(changes: Iterable[OpenChange], directory: RunDirectory) -> tuple[list[str], list[str], list[str]]:
    """Carry out every deed; which were, which changes are undone by that, and what is left."""
    undone: list[str] = []
    closed: list[str] = []
    left: list[str] = []
    for change in changes:
        failures = []
        for deed in change.deeds:
            try:
                deed.carry_out()
            except NotUndone as error:
                failures.append(f"{change.fault}: {error}")
            except Exception as error:  # noqa: BLE001 - the other changes must be undone all the same
                what = f"could not {deed}: {type(error).__name__}: {error}"
                failures.append(f"{change.fault}: {what}; mend that, and run {_again(directory)}")
            else:
                undone.append(f"{change.fault}: {deed}")
        left += failures
        if not failures:
            closed.append(change.fault)
    return undone, closed, left


def _remove_scratch(directory: RunDirectory) -> list[str]:
    try:
        if directory.scratch.exists():
            import shutil  # here: the compressors that it loads would idle in the guardian

            shutil.rmtree(directory.scratch)
    except OSError as error:
        return [f"{directory.scratch} can't be removed ({error}): rm -r {directory.scratch}"]
    return []


def _keep_account(directory: RunDirectory, by: str, closed: Iterable[str], healed: Healed) -> list[str]:
    """Write down what was done; what kept it from being written."""
    try:
        log = UndoLog(directory)
        try:
            for fault in closed:
                log.undone(fault)
            log.healed(
                {"by": by, "wall_time": utc_now().isoformat(timespec="milliseconds"), **asdict(healed)}
            )
        finally:
            log.close()
    except UndoLogFailed as error:
        return [f"{error}; make room or allow it, and run {_again(directory)}"]
    return []


def _heal_without_record(directory: RunDirectory) -> Healed:
    swept = end_processes(directory.name, ())
    lost = f"{directory} is gone, and with it the record of what is to be undone: only its processes were looked for"
    return Healed(ended=swept.ended, left=(*swept.left, lost, *_unregister(directory)))


def _unregister(directory: RunDirectory) -> list[str]:
    try:
        unregister(directory.name)
    except OSError as error:
        return [f"the run is still registered ({error}): allow its removal, and run {_again(directory)}"]
    return []


def _again(directory: RunDirectory) -> str:
    return f"`chaos heal {directory}`"
