from __future__ import annotations

import pytest

from tests.experiment.specs import KILL, SMALLEST, Files

LOAD = "the load takes 12.5s (5000 jobs at 400/s)"


def test_a_fault_after_the_end_of_the_load_is_told(files: Files) -> None:
    assert files.problems(KILL, ["faults[0].at=20s"]) == [
        f"--set faults[0].at=20s: faults[0].at: {LOAD}, so this fault would never be injected"
    ]


def test_a_fault_that_leaves_no_baseline_is_told(files: Files) -> None:
    (problem,) = files.problems(KILL, ["faults[0].at=1s"])
    assert problem.endswith(
        "only 1s is left before the first fault, and the hypotheses that hold in `baseline` need 2s; " + LOAD
    )


def test_a_fault_that_leaves_no_time_after_it_is_told(files: Files) -> None:
    (problem,) = files.problems(KILL, ["faults[0].at=11s"])
    assert problem.endswith(
        "only 1s is left once the last fault is undone, and the hypotheses that hold in `after` need 2s; "
        + LOAD
    )


def test_a_fault_that_lasts_until_the_load_ends_leaves_no_time_after_it(files: Files) -> None:
    (problem,) = files.problems(KILL, ["faults[0].restart-after=null"])
    assert "no time is left once the last fault is undone" in problem


def test_a_load_too_short_for_any_baseline_is_told(files: Files) -> None:
    text = SMALLEST + "steady-state: [{probe: throughput, at-least: 1/s}]\n"
    (problem,) = files.problems(text, ["load.jobs=400"])
    assert "load.jobs: only 1s is left before the end of the load" in problem


@pytest.mark.parametrize("hold", ["[during]", "[baseline, during]", "[after]"])
def test_a_window_that_never_comes_is_told(files: Files, hold: str) -> None:
    (problem,) = files.problems(SMALLEST + f"steady-state: [{{probe: ready, hold: {hold}}}]\n")
    assert "there are no faults, so the load has no window" in problem


@pytest.mark.parametrize(
    "changes",
    [
        [],
        ["load.rate=max", "faults[0].at=20s"],
        ["faults[0].at=1s", "steady-state[0].hold=[after]"],
        ["faults[0].at=12s", "steady-state[0].hold=[baseline]"],
        ["faults[0].at=0s", "steady-state=[]"],
    ],
)
def test_what_arithmetic_cannot_rule_out_is_fine(files: Files, changes: list[str]) -> None:
    assert files.read(KILL, changes).faults
