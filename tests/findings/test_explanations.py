"""Causes and needs by kind of finding."""

from __future__ import annotations

from chaos.checks.findings import Finding
from chaos.faults.registry import FAULTS
from chaos.findings.explanations import KNOWN_CAUSES, NEEDS, OF_DATABASE, likely_causes
from chaos.systems.registry import SYSTEMS


def test_every_finding_has_what_the_guarantee_would_need() -> None:
    assert set(NEEDS) == set(Finding)


def test_every_known_cause_is_of_a_system_and_of_faults_that_exist() -> None:
    for known in KNOWN_CAUSES:
        assert known.system in SYSTEMS.names()
        assert {kind.removesuffix(OF_DATABASE) for kind in known.faults} <= set(FAULTS.names())


def test_a_cause_is_told_of_the_versions_that_it_is_known_of() -> None:
    assert list(likely_causes("reseolio", "0.1.3", Finding.STUCK, ["kill"]))
    assert not list(likely_causes("reseolio", "9.9.9", Finding.STUCK, ["kill"]))
    assert not list(likely_causes("reference", "0.1.3", Finding.STUCK, ["kill"]))


def test_a_cause_is_told_where_a_fault_that_provokes_it_has_bitten() -> None:
    assert not list(likely_causes("reseolio", "0.1.3", Finding.OVERLAPPING, ["kill"]))
    assert list(likely_causes("reseolio", "0.1.3", Finding.OVERLAPPING, ["kill", "disconnect"]))


def test_a_way_to_a_database_is_another_one_than_that_to_a_worker() -> None:
    cut_off = list(likely_causes("reseolio", "0.1.3", Finding.STUCK, [f"partition{OF_DATABASE}"]))
    assert cut_off
    assert set(cut_off).isdisjoint(likely_causes("reseolio", "0.1.3", Finding.STUCK, ["partition"]))
