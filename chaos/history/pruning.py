"""Throwing old runs away: the newest stay, and whatever is or may be under way."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chaos.guardian.runs import is_registered
from chaos.history.kept import Choice, KeptRun, State, kept_runs

_REMOVING: Final = ".removing-"
_MAY_BE_JUDGED_S: Final = 3600.0
"""A run without results that has written within this time may be being judged just now."""


@dataclass(frozen=True)
class Pruned:
    """What became of the runs that are too many.

    Attributes:
        removed: The names of those that are gone.
        kept: What stays of them, and why.
    """

    removed: tuple[str, ...]
    kept: tuple[str, ...]


def prune(runs: Path, keep: int, choice: Choice, *, dry_run: bool = False) -> Pruned:
    """Remove all but the newest of the chosen runs.

    Args:
        runs: Where runs are kept.
        keep: How many of them stay.
        choice: Which runs it is about; others are not counted, and not touched.
        dry_run: Only say what would be removed.

    Raises:
        OSError: `runs` can't be read, or a run can't be removed; it is gone from the list of runs then, and the next
            pruning removes the rest of it.
    """
    if not dry_run:
        _finish(runs)
    removed, kept = [], []
    for run in [run for run in kept_runs(runs) if choice.holds(run)][keep:]:
        if (why := _must_stay(run)) is not None:
            kept.append(f"{run.name} stays: {why}")
            continue
        if not dry_run:
            _remove(run.directory.path)
        removed.append(run.name)
    return Pruned(tuple(removed), tuple(kept))


def _must_stay(run: KeptRun) -> str | None:
    """Why a directory must not be removed."""
    if not run.is_certain:
        return "it may be something else than a run; if it is one, remove it by hand"
    if run.state is State.RUNNING:
        return "it is running"
    if is_registered(run.name):
        return f"it was not healed: `chaos heal {run.directory}`"
    if run.results is None and _age_s(run) < _MAY_BE_JUDGED_S:
        return "it has no results, and may be being judged just now"
    return None


def _age_s(run: KeptRun) -> float:
    """How long ago anything was written into a run."""
    places = [run.directory.path, *_entries(run.directory.ledger)]
    return time.time() - max(place.stat().st_mtime for place in places)


def _entries(directory: Path) -> Iterator[Path]:
    if directory.is_dir():
        yield from directory.iterdir()


def _remove(path: Path) -> None:
    """In two steps, so that what is half removed is never taken for a run."""
    doomed = path.with_name(f"{_REMOVING}{path.name}")
    path.rename(doomed)
    shutil.rmtree(doomed)


def _finish(runs: Path) -> None:
    """Remove what an earlier pruning began to."""
    for doomed in runs.glob(f"{_REMOVING}*"):
        if doomed.is_dir() and not doomed.is_symlink():
            shutil.rmtree(doomed)
