"""What a probe answered is told in the unit of its tolerance."""

from __future__ import annotations

import pytest

from chaos.probes.protocol import Answer
from tests.probes.scene import probe


@pytest.mark.parametrize(
    ("kind", "options", "answer", "words"),
    [
        ("latency", {"at_most": "500ms"}, 0.0331234, "33.1234ms"),
        ("throughput", {"at_least": "200/s"}, 188.5, "188.5/s"),
        ("resource", {"what": "memory", "at_most": "200MiB"}, float(96 << 20), "96MiB"),
        ("resource", {"what": "cpu", "at_most": 2}, 1.23456, "1.23456"),
        ("queue-depth", {"at_most": 10}, 7.0, "7"),
        ("ready", {"target": "core"}, True, "true"),
        ("throughput", {"at_least": "200/s"}, None, "none"),
    ],
)
def test_an_answer_is_told_in_the_unit_of_its_tolerance(
    kind: str, options: dict[str, object], answer: Answer | None, words: str
) -> None:
    assert probe(kind, **options).spec.in_words(answer) == words
