"""What hypotheses, faults and recovery times do to a verdict."""

from collections.abc import Mapping

import pytest

from chaos.checks.recovery import recovery
from chaos.checks.terms import Delay
from chaos.experiment.model import AtJobs, Recovery, Window
from chaos.experiment.targets import Cast, Target
from chaos.faults.kill import Kill, KillSpec
from chaos.faults.pause import Pause, PauseSpec
from chaos.ledger.events import (
    ComponentReady,
    ComponentUp,
    DrainEnded,
    Event,
    FaultConfirmed,
    FaultFailed,
    FaultRequested,
    FaultReverted,
    LedgerOpened,
    LoadScheduled,
    PhaseEntered,
    ProbeSampled,
    RunStarted,
)
from chaos.ledger.story import Story
from chaos.probes.throughput import Throughput, ThroughputSpec
from chaos.verdict.faults import delays, fault_reasons, fault_results
from chaos.verdict.hypotheses import hypothesis_reasons, hypothesis_results
from chaos.verdict.recovery import recovery_reasons
from chaos.verdict.results import ExitCode

S = 1_000_000_000
START = RunStarted(
    time_ns=0,
    run="r",
    wall_time="",
    clock="c",
    seed=1,
    chaos_version="0",
    experiment_file="x.yaml",
    experiment_sha256="",
    saved_sha256="",
)
KILL = Kill(KillSpec(fault="kill", target=Target("core"), at=AtJobs(share=0.4)))
IN_FLIGHT = {"executions_in_flight": 3, "acks_in_flight": 0}
REQUESTED = FaultRequested(time_ns=3 * S, fault="kill", kind="kill", targets=("core",), due_ns=3 * S)
CONFIRMED = FaultConfirmed(time_ns=3 * S + 5, fault="kill", evidence=IN_FLIGHT)
REVERTED = FaultReverted(time_ns=4 * S, fault="kill")


def _story(*events: Event) -> Story:
    return Story((START, LoadScheduled(time_ns=S, start_ns=S), *events))


def _probe(window: Window) -> Throughput:
    return Throughput(ThroughputSpec(probe="throughput", at_least=100.0, hold=(window,)))


def _sample(window: Window, value: float) -> ProbeSampled:
    return ProbeSampled(
        time_ns=2 * S, hypothesis="throughput at least 100/s", window=window, value=value, held=value >= 100.0
    )


def _hypothesis_codes(window: Window, *values: float, has_faults: bool = True) -> list[ExitCode]:
    story = _story(*(_sample(window, value) for value in values))
    results = hypothesis_results([_probe(window)], story, has_faults)
    return [reason.code for reason in hypothesis_reasons(results, has_faults)]


def test_a_hypothesis_that_holds_keeps_nothing_from_passing() -> None:
    assert _hypothesis_codes(Window.AFTER, 120.0, 100.0) == []


def test_what_kept_a_probe_from_answering_is_told() -> None:
    sample = ProbeSampled(
        time_ns=2 * S,
        hypothesis="throughput at least 100/s",
        window="after",
        value=None,
        held=False,
        note="no way",
    )
    results = hypothesis_results([_probe(Window.AFTER)], _story(sample), True)
    (reason,) = hypothesis_reasons(results, True)
    assert reason.code is ExitCode.FAILED
    assert "(worst answer: none; no way)" in reason.text


def test_one_sample_that_does_not_hold_fails_the_window() -> None:
    assert _hypothesis_codes(Window.AFTER, 120.0, 99.0) == [ExitCode.FAILED]
    assert _hypothesis_codes(Window.DURING, 99.0) == [ExitCode.FAILED]


def test_a_hypothesis_that_was_never_asked_proves_nothing() -> None:
    assert _hypothesis_codes(Window.AFTER) == [ExitCode.INCONCLUSIVE]


def test_a_baseline_that_does_not_hold_is_inconclusive_before_faults_and_a_failure_without_any() -> None:
    assert _hypothesis_codes(Window.BASELINE, 50.0) == [ExitCode.INCONCLUSIVE]
    assert _hypothesis_codes(Window.BASELINE, 50.0, has_faults=False) == [ExitCode.FAILED]


def test_without_faults_only_the_baseline_is_asked_for() -> None:
    assert _hypothesis_codes(Window.AFTER, has_faults=False) == []


def test_the_worst_answer_is_the_one_that_is_shown() -> None:
    story = _story(*(_sample(Window.AFTER, value) for value in (150.0, 110.0, 130.0)))
    (result,) = hypothesis_results([_probe(Window.AFTER)], story, True)
    assert (result.worst, result.samples, result.held) == (110.0, 3, True)


def _fault_codes(*events: Event) -> list[ExitCode]:
    return [reason.code for reason in fault_reasons([("kill", KILL)], _story(*events))]


def test_a_fault_that_bit_and_was_undone_keeps_nothing_from_passing() -> None:
    assert _fault_codes(REQUESTED, CONFIRMED, REVERTED) == []


def test_a_fault_without_its_evidence_is_inconclusive() -> None:
    failed = FaultFailed(time_ns=3 * S, fault="kill", stage="confirm", reason="it lives")
    assert _fault_codes(REQUESTED, failed, REVERTED) == [ExitCode.INCONCLUSIVE]
    assert _fault_codes(REQUESTED, REVERTED) == [ExitCode.INCONCLUSIVE]


def test_a_fault_that_was_not_injected_or_not_undone_is_inconclusive() -> None:
    assert _fault_codes() == [ExitCode.INCONCLUSIVE]
    assert _fault_codes(REQUESTED, CONFIRMED) == [ExitCode.INCONCLUSIVE]


def test_a_fault_that_had_nothing_to_harm_is_inconclusive() -> None:
    idle = FaultConfirmed(time_ns=3 * S + 5, fault="kill", evidence={**IN_FLIGHT, "executions_in_flight": 0})
    assert _fault_codes(REQUESTED, idle, REVERTED) == [ExitCode.INCONCLUSIVE]


def test_the_times_of_a_fault_count_from_the_start_of_the_load() -> None:
    (result,) = fault_results([("kill", KILL)], _story(REQUESTED, CONFIRMED, REVERTED))
    assert (result.requested_s, result.reverted_s) == (2.0, 3.0)
    assert result.evidence == IN_FLIGHT


def test_each_time_of_a_repeated_fault_has_its_result_with_whom_it_was_done_to() -> None:
    events = (REQUESTED, CONFIRMED, REVERTED, *_time(2, at_s=6, targets=("worker-2", "worker-3")))
    first, second = fault_results([("kill", KILL)], _story(*events))
    assert (first.name, first.target, first.requested_s) == ("kill", "core", 2.0)
    assert (second.name, second.target, second.requested_s) == ("kill#2", "worker-2, worker-3", 5.0)


def test_a_fault_that_was_never_injected_has_one_result() -> None:
    (result,) = fault_results([("kill", KILL)], _story())
    assert (result.name, result.target, result.requested_s, result.evidence) == ("kill", "", None, {})


def test_the_evidence_of_the_bite_and_of_the_undoing_stand_together() -> None:
    undone = FaultReverted(time_ns=4 * S, fault="kill", evidence={"back_after_ms": 12.0})
    (result,) = fault_results([("kill", KILL)], _story(REQUESTED, CONFIRMED, undone))
    assert result.evidence == {**IN_FLIGHT, "back_after_ms": 12.0}


def test_every_time_must_be_proven() -> None:
    unproven = FaultFailed(time_ns=7 * S, fault="kill#2", stage="confirm", reason="it lives")
    events = [event for event in _time(2, at_s=6) if not isinstance(event, FaultConfirmed)]
    reasons = list(fault_reasons([("kill", KILL)], _story(REQUESTED, CONFIRMED, REVERTED, *events, unproven)))
    assert [reason.text for reason in reasons] == ["kill#2 was not seen to have bitten: it lives"]


def test_one_time_that_had_something_to_harm_is_enough() -> None:
    idle = {"executions_in_flight": 0, "acks_in_flight": 0}
    assert _fault_codes(REQUESTED, CONFIRMED, REVERTED, *_time(2, at_s=6, evidence=idle)) == []
    twice = (*_time(1, at_s=3, evidence=idle), *_time(2, at_s=6, evidence=idle))
    assert _fault_codes(*twice) == [ExitCode.INCONCLUSIVE]


@pytest.mark.parametrize("stage", ["inject", "confirm", "sustain", "revert"])
def test_a_fault_that_fails_at_any_stage_is_told_with_its_reason(stage: str) -> None:
    failed = FaultFailed(time_ns=4 * S, fault="kill", stage=stage, reason="for this reason")
    events = [REQUESTED, failed]
    if stage in ("sustain", "revert"):
        events.append(CONFIRMED)
    if stage != "revert":
        events.append(REVERTED)
    (reason,) = fault_reasons([("kill", KILL)], _story(*events))
    assert reason.code is ExitCode.INCONCLUSIVE
    assert "for this reason" in reason.text


CAST = Cast(
    {"cores": ("core",), "workers": ("worker-1", "worker-2")}, (("worker-1", "core"), ("worker-2", "core"))
)
PAUSE = Pause(PauseSpec(fault="pause", target=Target("workers"), at=AtJobs(share=0.4)))


def _delays(*events: Event) -> tuple[Delay, ...]:
    opened = [LedgerOpened(time_ns=0, component=f"worker-{n}", incarnation=1) for n in (1, 2)]
    return delays([("pause", PAUSE), ("kill", KILL)], _story(*opened, *events), CAST)


def test_each_time_of_a_fault_delays_what_it_was_done_to_from_its_request_until_it_was_undone() -> None:
    first = _time(1, at_s=3, fault="pause", targets=("worker-1",))
    second = _time(2, at_s=6, fault="pause", targets=("worker-1", "worker-2"))
    assert _delays(*first, *second) == (
        Delay(3 * S, 4 * S, 1 * S, ("worker-1",)),
        Delay(6 * S, 7 * S, 1 * S, ("worker-1", "worker-2")),
    )


def test_a_fault_on_the_system_delays_all_workers() -> None:
    (delay,) = _delays(*_time(1, at_s=3, fault="pause", targets=("worker-1", "core")))
    assert delay.components == ()


def test_a_fault_that_was_never_undone_delays_until_the_run_ended() -> None:
    requested, confirmed, _ = _time(1, at_s=3, fault="pause", targets=("core",))
    (delay,) = _delays(requested, confirmed, DRAINED)
    assert (delay.begin_ns, delay.end_ns, delay.at_most_ns) == (3 * S, 12 * S, 9 * S)


def test_a_fault_that_delays_nothing_is_no_delay() -> None:
    assert _delays(*_time(1, at_s=3)) == ()


def _time(
    number: int,
    *,
    at_s: int,
    fault: str = "kill",
    targets: tuple[str, ...] = ("core",),
    evidence: Mapping[str, int] = IN_FLIGHT,
) -> tuple[Event, ...]:
    """One time of a fault: asked for and seen at `at_s`, undone a second later."""
    name = fault if number == 1 else f"{fault}#{number}"
    return (
        FaultRequested(time_ns=at_s * S, fault=name, kind=fault, targets=targets, due_ns=at_s * S),
        FaultConfirmed(time_ns=at_s * S + 5, fault=name, evidence=evidence),
        FaultReverted(time_ns=(at_s + 1) * S, fault=name),
    )


RESTARTED = (
    ComponentUp(time_ns=0, component="core", incarnation=1, pid=1),
    ComponentUp(time_ns=4 * S, component="core", incarnation=2, pid=2),
    ComponentReady(time_ns=5 * S, component="core", incarnation=2),
)
HEAL = PhaseEntered(time_ns=10 * S, phase="heal")
DRAINED = DrainEnded(time_ns=12 * S, how="drained", unsettled_by_ledger=0, queue_depth=0)
STALLED = DrainEnded(time_ns=30 * S, how="stalled", unsettled_by_ledger=2, queue_depth=2)


def _recovery_codes(allowed: Recovery, *events: Event, completion_ns: int | None = 6 * S) -> list[ExitCode]:
    story = _story(*events)
    measured = recovery(story, {"core"}, lambda _: completion_ns)
    return [reason.code for reason in recovery_reasons(measured, allowed, story, {"core"})]


def test_recovery_times_count_from_the_new_process_and_from_the_end_of_the_load() -> None:
    measured = recovery(_story(*RESTARTED, HEAL, DRAINED), {"core"}, lambda _: 6 * S)
    assert (measured.ready_s, measured.first_completion_s, measured.drained_s) == (1.0, 2.0, 2.0)


def test_a_recovery_in_time_passes_and_a_late_one_fails() -> None:
    events = (*RESTARTED, HEAL, DRAINED)
    assert _recovery_codes(Recovery(ready_s=1.0, first_completion_s=2.0, drained_s=2.0), *events) == []
    late = Recovery(ready_s=0.9, first_completion_s=1.9, drained_s=1.9)
    assert _recovery_codes(late, *events) == [ExitCode.FAILED] * 3


def test_what_never_came_fails() -> None:
    allowed = Recovery(ready_s=5.0, first_completion_s=5.0, drained_s=30.0)
    codes = _recovery_codes(allowed, *RESTARTED[:2], HEAL, STALLED, completion_ns=None)
    assert codes == [ExitCode.FAILED] * 3


def test_a_worker_that_comes_back_is_no_recovery_of_the_system() -> None:
    worker = ComponentUp(time_ns=4 * S, component="worker-1", incarnation=2, pid=2)
    assert _recovery_codes(Recovery(ready_s=0.1, first_completion_s=0.1), worker, HEAL, DRAINED) == []


def test_nothing_is_asked_of_a_run_that_restarted_nothing() -> None:
    assert _recovery_codes(Recovery(ready_s=0.1, first_completion_s=0.1), HEAL, DRAINED) == []
