"""What many runs say together."""

from __future__ import annotations

from dataclasses import replace

from chaos.checks.findings import Finding
from chaos.findings.summary import summaries
from chaos.verdict.results import Verdict
from tests.findings.observations import ORDINARY, observed

LOSS = {Finding.STUCK: 3}
NO_LOSS = {Finding.STUCK: 0}
TWO_CORES = replace(ORDINARY, variant=(("system.storage", "postgres"), ("system.cores", "2")))
CUT_OFF = replace(ORDINARY, experiment="experiments/worker-disconnect.yaml")


def test_it_is_found_so_often_in_the_runs_that_could_have_shown_it() -> None:
    [said] = summaries([observed(1, LOSS), observed(2, NO_LOSS), observed(3)])
    [frequency] = said.found[0].frequencies
    assert (frequency.rate.failed, frequency.rate.runs) == (1, 2)
    assert frequency.rate.low < 0.5 < frequency.rate.high
    assert frequency.shown == ((1, "3 jobs"),)


def test_what_was_run_in_another_way_is_told_apart() -> None:
    [said] = summaries([observed(1, LOSS), observed(1, {Finding.STUCK: 1}, setup=TWO_CORES)])
    assert [each.setup for each in said.found[0].frequencies] == [ORDINARY, TWO_CORES]
    assert said.found[0].frequencies[1].shown == ((1, "1 job"),)


def test_a_setup_that_never_shows_it_has_no_row() -> None:
    [said] = summaries([observed(1, LOSS), observed(1, NO_LOSS, setup=TWO_CORES)])
    assert [each.setup for each in said.found[0].frequencies] == [ORDINARY]


def test_a_finding_that_likely_has_other_causes_is_told_anew() -> None:
    overlapping = {Finding.OVERLAPPING: 1}
    [said] = summaries(
        [observed(1, overlapping), observed(1, overlapping, setup=CUT_OFF, faults=["disconnect"])]
    )
    unknown, known = sorted(said.found, key=lambda found: found.causes)
    assert (unknown.causes, unknown.shown_by.setup) == ((), ORDINARY)
    assert "stream of a worker ends" in known.causes[0]
    assert known.shown_by.setup == CUT_OFF


def test_the_witness_with_the_fewest_events_is_shown() -> None:
    [said] = summaries([observed(1, LOSS, events=9), observed(2, LOSS, events=4)])
    assert (said.found[0].witness.job, said.found[0].shown_by.seed) == (2, 2)


def test_versions_are_summed_up_apart() -> None:
    newer = replace(ORDINARY, version="0.2.0")
    said = summaries([observed(1, LOSS), observed(1, NO_LOSS, setup=newer)])
    assert [(each.product.version, len(each.found)) for each in said] == [("0.1.3", 1), ("0.2.0", 0)]


def test_a_claim_counts_the_runs_that_could_answer_it() -> None:
    runs = [
        observed(1, claims={"ready within 5 s": ""}),
        observed(2, claims={"ready within 5 s": "never ready"}),
    ]
    [said] = summaries([*runs, observed(3)])
    [broken] = said.broken
    assert (broken.claim, broken.frequencies[0].shown) == ("ready within 5 s", ((2, "never ready"),))
    assert (broken.frequencies[0].rate.failed, broken.frequencies[0].rate.runs) == (1, 2)


def test_all_runs_are_told_with_their_verdicts() -> None:
    [said] = summaries([observed(2, NO_LOSS), observed(1, LOSS)])
    assert said.tested[0].seeds == (1, 2)
    assert said.tested[0].verdicts == {Verdict.PASSED: 1, Verdict.FAILED: 1}
