"""Spans and metrics by OTLP, as a real collector receives them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from chaos.clock import now_ns
from chaos.exports.otlp import OtlpExport
from chaos.exports.place import Place, sending_place
from chaos.exports.protocol import ExportRefused
from chaos.ledger.events import FaultFailed
from chaos.processes.ports import free_port
from chaos.verdict.results import ExitCode
from tests.exports.collector import Collector, attributes, trickling
from tests.exports.events import begin, confirm, request, results, revert

pytestmark = pytest.mark.alone

RUN = {"chaos.run": "a-run", "chaos.experiment": "A title", "chaos.system": "reference"}
ERROR, OK = 2, 1


def export_to(collector: Collector) -> OtlpExport:
    return OtlpExport(collector.url, Place("127.0.0.1", collector.server_port))


def test_a_run_is_the_root_span_and_ends_with_its_verdict(collector: Collector) -> None:
    export = export_to(collector)
    begin(export)
    export.end()
    export.judged(results(ExitCode.FAILED))
    export.close()
    root = collector.spans["run a-run"]
    assert root.parent_span_id == b""
    assert attributes(root.attributes) == {
        **RUN, "chaos.seed": "7", "chaos.jobs": 100, "chaos.verdict": "failed", "chaos.exit_code": 1,
        "chaos.reasons": ["a reason"],
    }  # fmt: skip
    assert (root.status.code, root.status.message) == (ERROR, "failed")
    assert [event.name for event in root.events] == ["phase load"]


def test_a_fault_is_a_span_from_requested_to_reverted_with_confirmed_as_an_event(
    collector: Collector,
) -> None:
    export = export_to(collector)
    begin(export)
    offset_ns = time.time_ns() - now_ns()
    requested, confirmed, reverted = request(export), confirm(export), revert(export)
    export.judged(results())
    export.close()
    fault, root = collector.spans["fault cut"], collector.spans["run a-run"]
    assert (fault.trace_id, fault.parent_span_id) == (root.trace_id, root.span_id)
    assert fault.end_time_unix_nano - fault.start_time_unix_nano == reverted - requested
    assert fault.start_time_unix_nano == pytest.approx(requested + offset_ns, abs=50_000_000)
    assert attributes(fault.attributes) == {"chaos.fault.kind": "latency", "chaos.fault.targets": ["core"]}
    event, undone = fault.events
    assert (event.name, undone.name) == ("confirmed", "reverted")
    assert event.time_unix_nano - fault.start_time_unix_nano == confirmed - requested
    assert attributes(event.attributes) == {"chaos.evidence": "round trip during 102 ms"}
    assert root.status.code == OK


def test_a_fault_that_was_never_undone_is_an_error(collector: Collector) -> None:
    export = export_to(collector)
    begin(export)
    request(export)
    export.judged(results(ExitCode.TOOLKIT_FAILED))
    export.close()
    fault = collector.spans["fault cut"]
    assert (fault.status.code, fault.status.message) == (ERROR, "not seen to be undone")


def test_a_fault_that_was_not_seen_to_bite_is_an_error_with_its_reason(collector: Collector) -> None:
    export = export_to(collector)
    begin(export)
    request(export)
    export.event(FaultFailed(time_ns=now_ns(), fault="cut", stage="confirm", reason="no call was slow"))
    revert(export)
    export.judged(results())
    export.close()
    fault = collector.spans["fault cut"]
    assert (fault.status.code, fault.status.message) == (ERROR, "no call was slow")
    assert fault.events[0].name == "confirm failed"


def test_the_counts_of_the_load_and_the_verdict_are_sent(collector: Collector) -> None:
    export = export_to(collector)
    begin(export)
    request(export)
    export.judged(results())
    export.close()
    points = collector.points
    assert {name: points[name][0].as_int for name in points if name.startswith("chaos.jobs")} == {
        "chaos.jobs.planned": 100,
        "chaos.jobs.acknowledged": 50,
        "chaos.jobs.settled": 40,
    }
    assert points["chaos.completions_per_second"][0].as_double == 12.0
    assert attributes(points["chaos.jobs.settled"][0].attributes) == RUN
    [active] = points["chaos.fault.active"]
    assert (active.as_int, attributes(active.attributes)["chaos.fault"]) == (1, "cut")
    verdicts = {
        attributes(point.attributes)["chaos.verdict"]: point.as_int for point in points["chaos.verdict"]
    }
    assert verdicts == {"passed": 1, "failed": 0, "inconclusive": 0}


def test_each_run_of_a_command_is_a_trace_of_its_own(collector: Collector) -> None:
    export = export_to(collector)
    begin(export)
    request(export, "first")
    export.end()
    begin(export)
    request(export, "second")
    export.judged(results())
    export.close()
    first, second = collector.spans["fault first"], collector.spans["fault second"]
    assert first.trace_id != second.trace_id
    assert first.status.code == ERROR


def test_where_nothing_listens_it_is_refused_at_once() -> None:
    port = free_port()
    with pytest.raises(ExportRefused, match=f"nothing listens at 127.0.0.1:{port}"):
        OtlpExport(f"http://127.0.0.1:{port}", Place("127.0.0.1", port))


@pytest.mark.parametrize("status", [400, 503])
def test_a_collector_that_refuses_everything_is_named_in_bounded_time(
    collector: Collector, status: int
) -> None:
    collector.status = status
    export = export_to(collector)
    begin(export)
    export.judged(results())
    began = time.monotonic()
    with pytest.raises(OSError, match="not everything reached the OpenTelemetry collector"):
        export.close()
    assert time.monotonic() - began < 15


def test_a_collector_that_answers_byte_by_byte_is_left_after_a_while_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chaos.exports.otlp._LEFT_WITHIN_S", 0.5)
    with trickling() as url:
        export = OtlpExport(url, sending_place(url, beyond_loopback=False))
        begin(export)
        export.judged(results())
        began = time.monotonic()
        with pytest.raises(OSError, match=r"did not take what was left in 0\.5 s"):
            export.close()
        assert time.monotonic() - began < 5


def test_the_documentation_lists_every_metric(collector: Collector) -> None:
    export = export_to(collector)
    begin(export)
    request(export)
    export.judged(results())
    export.close()
    text = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    assert {name for name in collector.points if f"`{name}`" not in text} == set()
