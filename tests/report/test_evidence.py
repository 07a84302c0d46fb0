"""What showed a fault, in words."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.report.evidence import evidence_in_words, shortly


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ({"round_trip_before_ms": 0.4123}, "round trip before 0.412 ms"),
        ({"round_trip_during_ms": 102.4}, "round trip during 102 ms"),
        ({"round_trip_during": "no answer within 0.5 s"}, "round trip during no answer within 0.5 s"),
        ({"executions_in_flight": 1234}, "executions in flight 1234"),
        ({"calls_median_during_ms": None}, "calls median during –"),
        ({"by_force": True}, "by force yes"),
        ({"lasted_s": 2.5}, "lasted 2.5 s"),
        ({"machine_busy_percent": 97.5}, "machine busy 97.5 %"),
        ({"free_bytes": 0}, "free 0 B"),
        ({"resident_bytes": 64 * 2**20}, "resident 64.0 MiB"),
        ({"written_bytes_per_s": 3 * 2**30}, "written 3.0 GiB/s"),
        ({"gone_after_ms": {"core": 3.6}}, "gone after 3.6 ms"),
        (
            {"kernel_reported": {"worker-1": "SIGKILL", "worker-2": "SIGKILL"}},
            "kernel reported SIGKILL",
        ),
        (
            {"kernel_reported": {"core": "SIGKILL", "worker-1": "exit 0"}},
            "kernel reported core SIGKILL, worker-1 exit 0",
        ),
        ({"back_after_ms": {f"worker-{n}": 10.0 * n for n in range(1, 6)}}, "back after 10 ms to 50 ms"),
        ({"back_after_ms": {}}, "back after none"),
        ({"links": ["worker-1 > core"]}, "links worker-1 > core"),
        ({"threads": {"core": {"T": 12}}}, "threads T 12"),
        ({"threads": {"core": {"S": 3, "T": 12}}}, "threads S 3, T 12"),
        ({"kills": 2, "each_kill": [{"name": "worker-1"}, {"name": "worker-2"}]}, "kills 2"),
        ({}, ""),
    ],
)
def test_a_value_is_told_with_its_name_and_unit(evidence: dict[str, Any], words: str) -> None:
    assert evidence_in_words(evidence) == words


def test_of_much_evidence_the_first_is_told() -> None:
    evidence = {"a": 1, "b": 2, "c": 3}
    assert evidence_in_words(evidence, at_most=3) == "a 1, b 2, c 3"
    assert evidence_in_words(evidence, at_most=2) == "a 1, b 2, …"


def test_of_many_names_the_first_are_told() -> None:
    assert shortly(["a", "b", "c", "d"]) == "a, b, c, d"
    assert shortly(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
