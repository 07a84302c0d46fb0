"""Old runs are thrown away; the newest stay, and whatever is or may be under way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.guardian.runs import register
from chaos.history.kept import Choice
from chaos.history.pruning import prune
from chaos.run_directory import RunDirectory

Keep = Callable[..., RunDirectory]


def names(runs: Path) -> set[str]:
    return {path.name for path in runs.iterdir()}


def old(directory: RunDirectory) -> RunDirectory:
    """Nothing was written into it for hours."""
    hours_ago = time.time() - 7200
    for path in (*directory.ledger.iterdir(), directory.ledger, directory.path):
        os.utime(path, (hours_ago, hours_ago))
    return directory


def test_the_newest_stay(runs: Path, keep: Keep) -> None:
    kept = [keep() for _ in range(5)]
    pruned = prune(runs, 2, Choice())
    assert pruned.removed == tuple(run.name for run in kept[2::-1])
    assert names(runs) == {run.name for run in kept[3:]}


def test_a_rehearsal_removes_nothing(runs: Path, keep: Keep) -> None:
    kept = keep()
    assert prune(runs, 0, Choice(), dry_run=True).removed == (kept.name,)
    assert names(runs) == {kept.name}


def test_runs_that_were_not_chosen_are_neither_counted_nor_touched(runs: Path, keep: Keep) -> None:
    others = [keep(system={"name": "reseolio"}) for _ in range(3)]
    mine = [keep() for _ in range(3)]
    prune(runs, 1, Choice(system="reference"))
    assert names(runs) == {run.name for run in (*others, mine[-1])}


def test_a_run_that_is_under_way_stays(runs: Path) -> None:
    running = old(RunDirectory.create(runs, "slow"))
    register(running)
    pruned = prune(runs, 0, Choice())
    assert pruned.removed == ()
    assert pruned.kept == (f"{running.name} stays: it is running",)
    assert running.path.exists()


def test_a_run_that_may_be_being_judged_stays_and_one_left_long_ago_goes(runs: Path) -> None:
    fresh = RunDirectory.create(runs, "fresh")
    left = old(RunDirectory.create(runs, "left"))
    pruned = prune(runs, 0, Choice())
    assert pruned.removed == (left.name,)
    assert "may be being judged" in pruned.kept[0]
    assert names(runs) == {fresh.name}


def test_what_is_no_run_stays(runs: Path, keep: Keep) -> None:
    keep()
    (runs / "notes").mkdir()
    (runs / "notes.txt").touch()
    prune(runs, 0, Choice())
    assert names(runs) == {"notes", "notes.txt"}


@pytest.mark.parametrize(
    "inside", ["ledger/accounts.csv", "results.json"], ids=["a ledger of money", "results of another program"]
)
def test_what_only_looks_like_a_run_stays_and_is_told(runs: Path, keep: Keep, inside: str) -> None:
    kept = keep()
    foreign = runs / "mine" / inside
    foreign.parent.mkdir(parents=True)
    foreign.write_text('{"a": 1}')
    hours_ago = time.time() - 7200
    for path in (foreign, foreign.parent, runs / "mine"):
        os.utime(path, (hours_ago, hours_ago))
    pruned = prune(runs, 0, Choice())
    assert pruned.removed == (kept.name,)
    assert pruned.kept == (
        "mine stays: it may be something else than a run; if it is one, remove it by hand",
    )
    assert foreign.exists()


def test_a_directory_with_the_name_of_a_run_and_no_ledger_stays(runs: Path) -> None:
    foreign = runs / "20250102T030405Z-photos-aabbcc"
    foreign.mkdir(parents=True)
    os.utime(foreign, (0, 0))
    assert prune(runs, 0, Choice()).removed == ()
    assert foreign.exists()


def test_what_a_link_leads_to_stays(runs: Path, keep: Keep, tmp_path: Path) -> None:
    kept = keep()
    elsewhere = kept.path.rename(tmp_path / kept.name)
    for name in (kept.name, f".removing-{kept.name}"):
        (runs / name).symlink_to(elsewhere)
    assert prune(runs, 0, Choice()).removed == ()
    assert (elsewhere / "results.json").exists()


def test_what_an_earlier_pruning_left_half_removed_goes(runs: Path, keep: Keep) -> None:
    kept = keep()
    (runs / ".removing-x" / "ledger").mkdir(parents=True)
    prune(runs, 5, Choice())
    assert names(runs) == {kept.name}
