"""What got better or worse from one run to another, beyond noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from chaos.history.comparison import Comparison, Line, NotComparable, comparable, compare
from chaos.history.kept import KeptRun, State, read_run
from chaos.history.noise import Change
from chaos.history.results import KeptResults
from chaos.run_directory import RunDirectory
from tests.history.conftest import checked, measured

Says = Callable[..., KeptResults]


def throughput(value: float | None, **more: Any) -> dict[str, Any]:
    return {"measurements": [measured("throughput", value, **more)]}


def line(comparison: Comparison, name: str) -> Line:
    [found] = [line for line in comparison.lines if line.name == name]
    return found


def change(before: KeptResults, after: KeptResults, name: str, kept: Sequence[KeptResults] = ()) -> Change:
    return line(compare(before, after, kept), name).change


def test_the_spread_of_runs_alike_is_the_noise(says: Says) -> None:
    kept = [says(**throughput(100 + spread)) for spread in (-2, -1, 0, 1, 2)]
    before = kept[2]
    assert change(before, says(**throughput(95.0)), "throughput", kept) is Change.SAME
    worse = compare(before, says(**throughput(80.0)), kept)
    assert line(worse, "throughput").change is Change.WORSE
    noise = line(worse, "throughput").noise
    assert noise is not None
    assert noise.source == "5 runs alike"
    assert [line.name for line in worse.regressions] == ["throughput"]


@pytest.mark.parametrize(
    "otherwise",
    [
        {"machine": "elsewhere"},
        {"experiment": {"as_run": "b"}},
        {"experiment": {"profile": "full"}},
        {"system": {"version": "2"}},
        {"system": {"name": "reseolio"}},
        {"verdict": "inconclusive", "exit_code": 4},
    ],
)
def test_runs_that_differ_in_more_than_chance_are_not_alike(says: Says, otherwise: dict[str, Any]) -> None:
    kept = [says(**throughput(100.0 + spread), **otherwise) for spread in range(10)]
    noise = line(compare(says(**throughput(100.0)), says(**throughput(80.0)), kept), "throughput").noise
    assert noise is not None
    assert noise.source == "10%, declared"


def test_runs_that_do_not_tell_what_they_were_are_never_alike(says: Says) -> None:
    kept = [says(**throughput(100.0 + spread), experiment={"as_run": ""}) for spread in range(10)]
    noise = line(compare(kept[0], kept[1], kept), "throughput").noise
    assert noise is not None
    assert noise.source == "10%, declared"


def test_the_run_that_is_compared_does_not_hide_its_change_in_the_noise(says: Says) -> None:
    kept = [says(**throughput(100.0 + spread)) for spread in (-1, 0, 1)]
    bad = says(**throughput(50.0))
    assert change(kept[1], bad, "throughput", [*kept, bad]) is Change.WORSE


def test_runs_alike_of_both_versions_tell_the_noise(says: Says) -> None:
    old = [says(**throughput(100.0 + spread)) for spread in (-1, 1)]
    new = [says(**throughput(90.0 + spread), system={"version": "2"}) for spread in (-1, 0, 1)]
    compared = compare(old[0], new[0], [*old, *new])
    noise = line(compared, "throughput").noise
    assert noise is not None
    assert noise.source == "5 runs alike"
    assert compared.caveats == ("another version: 1, then 2",)


def test_what_was_measured_in_one_run_only_is_named(says: Says) -> None:
    compared = compare(says(**throughput(1.0)), says(measurements=[measured("latency", 1.0)]), [])
    assert [each.about for each in compared.lines] == ["verdict", "check", "check"]
    assert "measured in one of them only: latency, throughput" in compared.caveats


def test_a_figure_that_has_no_grade_any_more_says_so(says: Says) -> None:
    before, after = says(**throughput(90.0, grade="poor")), says(**throughput(50.0))
    assert line(compare(before, after, []), "throughput").note == "poor to no grade"


def test_a_value_that_can_not_be_told_is_neither_better_nor_worse(says: Says) -> None:
    after = says(**throughput(None, note="too short to tell"))
    compared = line(compare(says(**throughput(1.0)), after, []), "throughput")
    assert (compared.change, compared.note) == (Change.UNKNOWN, "too short to tell")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("passed", "failed", Change.WORSE),
        ("passed", "inconclusive", Change.WORSE),
        ("failed", "passed", Change.BETTER),
        ("inconclusive", "passed", Change.BETTER),
        ("failed", "inconclusive", Change.UNKNOWN),
        ("inconclusive", "failed", Change.UNKNOWN),
        ("failed", "failed", Change.SAME),
    ],
)
def test_a_verdict_is_worse_if_it_passed_before(
    says: Says, before: str, after: str, expected: Change
) -> None:
    assert change(says(verdict=before), says(verdict=after), "verdict") is expected


def test_the_first_lost_job_is_a_regression(says: Says) -> None:
    compared = compare(says(), says(lost=1), [])
    assert {line.name for line in compared.regressions} == {"verdict", "loss", "stuck"}


def test_counts_that_fail_in_both_differ_by_more_than_counts_vary(says: Says) -> None:
    assert change(says(lost=10), says(lost=14), "stuck") is Change.SAME
    assert change(says(lost=10), says(lost=40), "stuck") is Change.WORSE
    assert change(says(lost=40), says(lost=10), "stuck") is Change.BETTER


def test_a_loss_that_could_not_have_been_seen_is_not_mended(says: Says) -> None:
    after = says()
    loss = checked("loss") | {"opportunities": {"stuck": 0}}
    unseen = KeptResults.model_validate(after.model_dump() | {"checks": [loss]})
    compared = line(compare(says(lost=6), unseen, []), "stuck")
    assert (compared.change, compared.note) == (Change.UNKNOWN, "it could not have been seen")


def test_findings_that_are_allowed_have_no_direction(says: Says) -> None:
    after = says(checks=[checked("duplication", redelivered=9)])
    assert change(says(), after, "redelivered") is Change.CHANGED


def test_hypotheses_are_compared_window_by_window(says: Says) -> None:
    def held(now: bool | None) -> KeptResults:
        return says(hypotheses={"after": [{"name": "ready", "held": now}]})

    assert change(held(True), held(False), "ready, after") is Change.WORSE
    assert change(held(False), held(True), "ready, after") is Change.BETTER
    assert change(held(True), held(None), "ready, after") is Change.UNKNOWN
    assert change(held(True), held(True), "ready, after") is Change.SAME


@pytest.mark.parametrize("code", [4, 5])
def test_a_run_that_says_nothing_of_the_system_is_refused(
    keep: Callable[..., RunDirectory], code: int
) -> None:
    run = read_run(keep(verdict="inconclusive", exit_code=code))
    with pytest.raises(NotComparable, match="says nothing about the system"):
        comparable(run)


def test_a_run_without_results_is_refused_with_its_state() -> None:
    with pytest.raises(NotComparable, match=r"r is running; it can't be compared"):
        comparable(KeptRun(RunDirectory(Path("r")), State.RUNNING))


def test_runs_of_another_variant_of_the_system_are_not_alike_and_are_told_as_such(says: Says) -> None:
    plain = [says(**throughput(100.0 + spread)) for spread in (-1, 0, 1)]
    two_cores = {"variant": {"system.cores": "2"}}
    others = [says(**throughput(300.0 + spread), system=two_cores) for spread in (-1, 0, 1)]
    compared = compare(plain[0], plain[1], [*plain, *others])
    noise = line(compared, "throughput").noise
    assert noise is not None
    assert noise.source == "10%, declared"
    assert compare(plain[0], others[0], []).caveats == (
        "another system: reference, then reference (cores=2)",
    )
