"""The report for maintainers."""

from __future__ import annotations

from dataclasses import replace

from chaos.checks.findings import Finding, Witness
from chaos.findings.summary import summaries
from chaos.findings.writing import again, write_findings
from tests.findings.observations import ORDINARY, observed


def _written(*runs: object) -> str:
    [said] = summaries(runs)  # type: ignore[arg-type]
    return write_findings(said)


def test_a_finding_stands_with_frequency_cause_need_witness_and_command() -> None:
    text = _written(observed(1, {Finding.STUCK: 3}), observed(2, {Finding.STUCK: 0}))
    assert text.startswith("# What 2 runs found in reseolio 0.1.3\n")
    assert "\n## stuck\n" in text
    assert "| crash-recovery | as by default | 1 of 2 | 9% to 91% | 1: 3 jobs |" in text
    assert "**Likely cause.** When a core starts" in text
    assert "**What the guarantee would need.** A job that was handed out needs a lease" in text
    assert "**Witness.** Job 1 in crash-recovery, seed 1, around kill:" in text
    assert "   1.0000 s  worker-1     step 1\n" in text
    assert "\nchaos run experiments/crash-recovery.yaml --system reseolio --seed 1\n" in text


def test_what_is_not_known_is_not_guessed() -> None:
    text = _written(observed(1, {Finding.CORRUPTED: 1}))
    assert "**Cause.** Not known" in text
    assert "Likely cause" not in text


def test_a_long_chain_is_told_from_both_ends() -> None:
    text = _written(observed(1, {Finding.STUCK: 1}, events=50))
    assert "26 more events" in text
    assert "step 0\n" in text
    assert "step 49\n" in text
    assert "step 25\n" not in text


def test_runs_that_found_nothing_say_so() -> None:
    text = _written(observed(1))
    assert "No job was lost" in text
    assert "| crash-recovery | as by default | 1 | 1 | 0 | 0 |" in text


def test_the_command_makes_the_same_runs_again() -> None:
    setup = replace(ORDINARY, variant=(("system.storage", "postgres"), ("system.cores", "2")), profile="full")
    assert again(setup, [3, 4, 5]) == (
        "chaos run experiments/crash-recovery.yaml --system reseolio --set system.storage=postgres "
        "--set system.cores=2 --profile full --seed 3 --repeat 3"
    )


def test_seeds_that_do_not_follow_each_other_are_run_apart() -> None:
    text = _written(observed(1), observed(2), observed(9))
    assert "--seed 1 --repeat 2\n" in text
    assert "--seed 9\n" in text


def test_what_a_system_says_stays_text() -> None:
    run = observed(1, {Finding.STUCK: 1})
    evil = Witness(1, Finding.STUCK, ({"at_s": 0.0, "who": "core", "what": "```\n# <script>"},))
    text = _written(replace(run, witnesses=(evil,)))
    assert "\n# <script>" not in text
