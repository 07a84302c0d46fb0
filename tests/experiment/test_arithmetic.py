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


def test_a_load_of_bursts_ends_with_the_last_of_them(files: Files) -> None:
    (problem,) = files.problems(KILL, ["load.rate=500/s", "load.burst=2500", "faults[0].at=7s"])
    assert problem.endswith(
        "the load takes 5.002s (5000 jobs at 500/s in bursts of 2500), so this fault would never be injected"
    )


def test_nobody_can_tell_how_long_workflows_take(files: Files) -> None:
    assert files.read(KILL, ["load.workflow={steps: 3}", "load.workers.count=2", "faults[0].at=60s"]).faults


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


HOLDS = "steady-state: [{probe: throughput, at-least: 1/s, hold: WINDOWS}]\n"


def with_faults(*faults: str, hold: str = "[baseline]") -> str:
    entries = "".join(f"  - {{fault: kill, target: core, {fault}}}\n" for fault in faults)
    return SMALLEST + HOLDS.replace("WINDOWS", hold) + "faults:\n" + entries


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (
            ["at: 3s, restart-after: 1s", "after: kill, delay: 9s"],
            f"7:40: faults[1].after: {LOAD}, so this fault would never be injected",
        ),
        (
            ["at: 3s", "after: kill, restart-after: 1s"],
            "7:40: faults[1].after: `kill` is on until the load ends, so this fault would never be injected",
        ),
        (
            ["every: 13s, restart-after: 1s"],
            f"6:40: faults[0].every: {LOAD}, so this fault would never be injected",
        ),
        (
            ["at: 3s, every: 2s, times: 6, restart-after: 1s"],
            f"6:59: faults[0].times: the last of 6 times would come at 13s; {LOAD}",
        ),
        (
            ["at: 3s, every: 2s, restart-after: 2500ms"],
            "6:48: faults[0].every: each time lasts 2.5s, so it can't come again 2s after it came",
        ),
        (
            ["at: 3s, every: 2s"],
            "6:48: faults[0].every: each time lasts until the load ends, so it can't come again; "
            "give it `restart-after`",
        ),
    ],
)
def test_what_can_never_come_is_told(files: Files, faults: list[str], said: str) -> None:
    assert files.problems(with_faults(*faults)) == [said]


@pytest.mark.parametrize(
    ("faults", "left"),
    [
        (["at: 3s, restart-after: 4s", "after: kill, delay: 1s, restart-after: 3s"], "only 1.5s is"),
        (["at: 3s, every: 2s, times: 4, restart-after: 2s"], "only 1.5s is"),
        (["every: 3s, restart-after: 2s"], "no time is"),
        (["at: 40% of jobs, restart-after: 7s"], "only 500ms is"),
        (["when: ready, restart-after: 1s", "at: 3s, restart-after: 9s"], "only 500ms is"),
    ],
)
def test_no_time_after_the_last_fault_is_told_however_it_comes(
    files: Files, faults: list[str], left: str
) -> None:
    (problem,) = files.problems(with_faults(*faults, hold="[after]"))
    assert f"{left} left once the last fault is undone" in problem


def test_repeating_without_an_end_is_named_as_the_reason(files: Files) -> None:
    (problem,) = files.problems(with_faults("every: 3s, restart-after: 1s", hold="[after]"))
    assert "faults[0].every: no time is left once the last fault is undone" in problem
    assert "(`every` without `times` goes on until the load ends)" in problem


@pytest.mark.parametrize("fault", ["every: 1s, restart-after: 0s", "every: 10s, at: 1s, restart-after: 0s"])
def test_no_baseline_before_a_repeated_fault_is_told(files: Files, fault: str) -> None:
    (problem,) = files.problems(with_faults(fault))
    assert "only 1s is left before the first fault" in problem


def test_a_load_without_a_known_end_has_a_baseline_all_the_same(files: Files) -> None:
    (problem,) = files.problems(with_faults("at: 1s"), ["load.rate=max"])
    assert "only 1s is left before the first fault" in problem
    assert problem.endswith("the load ends once its 5000 jobs are enqueued")


@pytest.mark.parametrize(
    "faults",
    [
        ["when: ready"],
        ["when: ready, restart-after: 1s, name: a", "after: a, restart-after: 99s"],
        ["when: ready, every: 2s, restart-after: 1s"],
        ["at: 3s, every: 2s, times: 4, restart-after: 1s", "after: kill, delay: 6s, restart-after: 0s"],
    ],
)
@pytest.mark.parametrize("rate", ["400/s", "max"])
def test_what_a_condition_or_a_rate_leaves_open_is_fine(files: Files, faults: list[str], rate: str) -> None:
    assert files.read(with_faults(*faults, hold="[baseline, after]"), [f"load.rate={rate}"]).faults
