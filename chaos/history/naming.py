"""Which kept run is meant by a directory, a name, the beginning or the end of one, or `latest`."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path
from typing import Final

from chaos.history.kept import directories
from chaos.run_directory import RunDirectory

LATEST: Final = "latest"
_ELSEWHERE: Final = "CHAOS_RUNS names another place"
_TOLD: Final = 5
_STAMP: Final = len("20260102T030405Z")


class NoSuchRun(LookupError):
    """Nothing, or more than one run, has this name; the message says what there is."""


def find_run(text: str, runs: Path) -> RunDirectory:
    """The run that is meant.

    Args:
        text: A run's directory; a name, or how exactly one begins or ends; `latest`: the newest with results.
        runs: Where runs are kept.

    Raises:
        NoSuchRun: There is no such run, or there are several.
        OSError: `runs` can't be read.
    """
    named = RunDirectory(Path(text).absolute())
    if text and (named.results.exists() or named.ledger.is_dir()):
        return named
    kept = {directory.name: directory for directory in directories(runs)}
    if text == LATEST:
        return _latest(kept.values(), runs)
    meant = (
        [text] if text in kept else [name for name in kept if name.startswith(text) or name.endswith(text)]
    )
    if text and len(meant) == 1:
        return kept[meant[0]]
    if text and meant:
        more = f" and {len(meant) - _TOLD} more" if len(meant) > _TOLD else ""
        told = ", ".join(sorted(meant, reverse=True)[:_TOLD])
        raise NoSuchRun(
            f"{text!r} is the name of {len(meant)} runs in {runs}: {told}{more}; say more of the name"
        )
    if not kept:
        raise NoSuchRun(f"{text!r} is no run's directory, and no run is kept in {runs}; {_ELSEWHERE}")
    nearest = difflib.get_close_matches(text, kept, n=1, cutoff=0.4)
    hint = f" Did you mean {nearest[0]}?" if nearest else ""
    raise NoSuchRun(f"no run in {runs} is called {text!r}.{hint} `chaos runs` lists them")


def _latest(kept: Collection[RunDirectory], runs: Path) -> RunDirectory:
    finished = [directory for directory in kept if directory.results.exists()]
    if not finished:
        raise NoSuchRun(f"no finished run is kept in {runs}; {_ELSEWHERE}")
    return max(
        finished, key=lambda directory: (directory.name[:_STAMP], directory.results.stat().st_mtime_ns)
    )
