"""The end of a run on the console."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from chaos.ledger.events import FaultConfirmed, FaultFailed, FaultRequested, FaultReverted
from chaos.report.summary import print_summary
from chaos.report.words import say
from chaos.run_directory import RunDirectory
from chaos.verdict.results import ExitCode, FaultResult, Reason, Results, SystemUnderTest

NOTHING = {"p50": None, "p95": None, "p99": None}
RESULTS = Results(
    run="r",
    started_at="",
    duration_s=1.0,
    seed=1,
    chaos_version="0",
    machine="here",
    experiment={"title": "a title"},
    system=SystemUnderTest("reference", "0", {}),
    crashed=(),
    reasons=(),
    notes=(),
    hypotheses=(),
    faults=(),
    checks=(),
    metrics={
        "enqueued": 0,
        "acknowledged": 0,
        "completed": 0,
        "executions": 0,
        "throughput": 0.0,
        "latency": NOTHING,
        "enqueue_latency": NOTHING,
        "recovery": {"ready_s": None, "first_completion_s": None, "drained_s": None},
    },
)
CUT = FaultResult(
    name="cut",
    kind="disconnect",
    target="worker-1, worker-2",
    requested_s=2.0,
    confirmed_s=2.1,
    reverted_s=3.0,
    evidence={"round_trip_before_ms": 0.4, "round_trip_during": "refused"},
)


def summary_of(*faults: FaultResult) -> list[str]:
    """The lines that tell of faults."""
    out = io.StringIO()
    directory = RunDirectory(Path("r"))
    print_summary(Console(file=out, width=200), replace(RESULTS, faults=faults), directory)
    return [line for line in out.getvalue().splitlines() if line.startswith(("fault", "            …"))]


def test_a_fault_is_told_with_its_targets_and_its_evidence() -> None:
    assert summary_of(CUT) == [
        "fault       cut (disconnect) on worker-1, worker-2 at 2.00 s, undone at 3.00 s: "
        "round trip before 0.4 ms, round trip during refused"
    ]


def test_of_many_times_the_first_are_told_and_those_that_went_wrong() -> None:
    times = [replace(CUT, name=f"cut#{number}") for number in range(2, 12)]
    times[6] = replace(times[6], confirmed_s=None, evidence={})
    lines = summary_of(CUT, *times)
    assert [line.split()[1] for line in lines] == ["cut", "cut#2", "cut#3", "cut#8", "and"]
    assert "not seen to have bitten" in lines[3]
    assert lines[4].strip() == "… and 7 more, each seen and undone"


def test_nothing_from_outside_commands_the_terminal() -> None:
    out = io.StringIO()
    evil = "a\x1b]0;title\x07\x1b[31mb\u202ec"
    told = replace(
        RESULTS, experiment={"title": evil}, reasons=(Reason(ExitCode.FAILED, evil),), notes=(evil,)
    )
    print_summary(Console(file=out, width=200), told, RunDirectory(Path("r")))
    assert not {"\x1b", "\x07", "\u202e"} & set(out.getvalue())
    assert "because a]0;titlebc" in out.getvalue()


def test_what_did_not_happen_is_said() -> None:
    never = replace(CUT, requested_s=None, confirmed_s=None, reverted_s=None, target="", evidence={})
    left = replace(CUT, reverted_s=None, evidence={})
    assert summary_of(never) == ["fault       cut: not injected"]
    assert summary_of(left) == [
        "fault       cut (disconnect) on worker-1, worker-2 at 2.00 s, not seen to be undone"
    ]


def test_the_steps_of_a_fault_are_told_as_they_happen() -> None:
    targets = tuple(f"worker-{number}" for number in range(1, 8))
    assert say(FaultRequested(time_ns=1, fault="cut#2", kind="disconnect", targets=targets, due_ns=0)) == (
        "fault cut#2: disconnect on worker-1, worker-2, worker-3 and 4 more"
    )
    assert say(FaultConfirmed(time_ns=1, fault="cut", evidence={"executions_in_flight": 3})) == (
        "fault cut confirmed: executions in flight 3"
    )
    assert say(FaultReverted(time_ns=1, fault="cut")) == "fault cut undone"
    assert say(FaultReverted(time_ns=1, fault="cut", evidence={"round_trip_after_ms": 0.5})) == (
        "fault cut undone: round trip after 0.5 ms"
    )
    assert say(FaultFailed(time_ns=1, fault="cut", stage="sustain", reason="it ended\nby itself")) == (
        "fault cut did not last as it should: it ended"
    )
