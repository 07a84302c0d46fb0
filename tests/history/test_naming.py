"""A run is named by its directory, its name, how that begins or ends, or `latest`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.history.naming import NoSuchRun, find_run
from chaos.run_directory import RunDirectory

Keep = Callable[..., RunDirectory]


def test_a_run_is_found_by_all_that_only_it_is_called(runs: Path, keep: Keep) -> None:
    one, other = keep(), keep()
    for text in (one.name, str(one.path), one.name[-6:], one.name[:-3]):
        assert find_run(text, runs) == one
    assert find_run(other.name[-6:], runs) == other


def test_the_latest_is_the_newest_with_results(runs: Path, keep: Keep) -> None:
    keep()
    newest = keep()
    RunDirectory.create(runs, "under-way")
    assert find_run("latest", runs) == newest


def test_a_name_of_several_is_refused_with_them(runs: Path, keep: Keep) -> None:
    kept = [keep() for _ in range(8)]
    with pytest.raises(NoSuchRun, match=rf"'2026' is the name of 8 runs.*{kept[-1].name}.* and 3 more"):
        find_run("2026", runs)


def test_a_whole_name_that_begins_another_is_meant(runs: Path, keep: Keep) -> None:
    one = keep()
    (runs / f"{one.name}-copy" / "ledger").mkdir(parents=True)
    assert find_run(one.name, runs) == one


def test_a_name_that_no_run_has_is_refused_with_the_nearest(runs: Path, keep: Keep) -> None:
    name = keep().name
    with pytest.raises(NoSuchRun, match=f"Did you mean {name}"):
        find_run(name.replace("-x-", "-y-"), runs)


@pytest.mark.parametrize("text", ["latest", "", "1f2e3d"])
def test_where_nothing_is_kept_the_place_is_named(runs: Path, text: str) -> None:
    with pytest.raises(NoSuchRun, match="CHAOS_RUNS names another place"):
        find_run(text, runs)
