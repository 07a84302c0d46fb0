from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.openmetrics import exposition, parser
from prometheus_client.parser import text_string_to_metric_families as text_format

from chaos.probes.exposition import Sample, samples_of

WRITES_OPEN_METRICS: Any = exposition.generate_latest
READS_OPEN_METRICS: Any = parser.text_string_to_metric_families

PAGE = """\
# HELP jobs_total Jobs, by queue. jobs_total 99
# TYPE jobs_total counter
jobs_total{queue="mail",state="done"} 1027 1395066363000
jobs_total{queue="mail", state="dead" ,} 3
jobs_total_of_others 7
  jobs_waiting   12
latency_seconds_bucket{le="+Inf"} 144320 # {trace_id="KOO5S4vxi0o"} 0.67
latency_seconds_sum 5.3423e+04
oldest NaN
path{dir="C:\\\\DIR\\\\",error="can't \\"find\\"\\n{it}"} 1.5
jobs_broken{queue="mail" 5
"""


def values(name: str) -> list[float]:
    return [sample.value for sample in samples_of(PAGE, name)]


def test_the_samples_of_a_name_are_found_with_their_labels() -> None:
    assert list(samples_of(PAGE, "jobs_total")) == [
        Sample({"queue": "mail", "state": "done"}, 1027.0),
        Sample({"queue": "mail", "state": "dead"}, 3.0),
    ]
    assert values("jobs_waiting") == [12.0]
    assert values("latency_seconds_bucket") == [144320.0]
    assert values("latency_seconds_sum") == [53423.0]
    assert math.isnan(values("oldest")[0])
    assert values("nothing") == []


def test_escapes_in_labels_are_resolved() -> None:
    (sample,) = samples_of(PAGE, "path")
    assert sample.labels == {"dir": "C:\\DIR\\", "error": 'can\'t "find"\n{it}'}


def test_a_line_that_is_no_sample_is_told() -> None:
    with pytest.raises(ValueError, match="line 11 of the page is no sample of jobs_broken"):
        list(samples_of(PAGE, "jobs_broken"))


def test_a_page_of_the_standard_library_for_it_is_read_as_it_reads_itself() -> None:
    registry = CollectorRegistry()
    Counter("jobs", "Jobs.", ["queue"], registry=registry).labels('a "b"\\\n').inc(3)
    Gauge("depth", "Waiting.", registry=registry).set(-2.5e-7)
    Histogram("took_seconds", "How long.", buckets=(0.1, 1.0), registry=registry).observe(0.5)
    plain, open_metrics = generate_latest(registry).decode(), WRITES_OPEN_METRICS(registry).decode()
    for page, families in ((plain, text_format(plain)), (open_metrics, READS_OPEN_METRICS(open_metrics))):
        samples = [each for family in families for each in family.samples]
        assert len(samples) > 6
        for name in {sample.name for sample in samples}:
            expected = [Sample(each.labels, each.value) for each in samples if each.name == name]
            assert list(samples_of(page, name)) == expected


@given(
    st.dictionaries(
        st.from_regex("[a-z_][a-z0-9_]{0,5}", fullmatch=True),
        st.text(st.characters(codec="utf-8")),
        max_size=4,
    ),
    st.floats(allow_nan=False),
)
def test_whatever_a_label_says_is_read_back(labels: dict[str, str], value: float) -> None:
    written = ",".join(
        f'{name}="{text}"'
        for name, raw in labels.items()
        for text in [raw.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")]
    )
    line = f"metric{{{written}}} {value!r}\n" if labels else f"metric {value!r}\n"
    assert list(samples_of(line, "metric")) == [Sample(labels, value)]
