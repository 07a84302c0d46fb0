"""What each metric says of a small run whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chaos.checks.recovery import Recovery
from chaos.checks.terms import ScheduleTerms
from chaos.cron import Missed
from chaos.ledger.records import FIRST_SCHEDULE, NO_JOB, Kind, ScheduleCall, State
from chaos.load.slowness import is_slow
from chaos.metrics.registry import METRICS
from chaos.monitor.samples import ResourceSample, SampleWriter
from chaos.run_directory import RunDirectory
from tests.checks.history import FAILURE, Entry, History, at
from tests.metrics.finished import STARTED, entered, measured, told_by_system


def ten_jobs(*, workers: int = 2, apart: float = 0.1) -> History:
    """Ten jobs, one each tenth of a second, each done 110 ms after it was received."""
    history = History()
    for job in range(10):
        history.enqueue(job, job * apart)
        history.execute(job, job * apart + 0.02, job * apart + 0.12, worker=1 + job % workers)
        history.final(job, State.SUCCESS, read=100.0 + job)
    return history


@pytest.mark.parametrize("name", METRICS.names())
def test_no_metric_stumbles_over_a_run_in_which_nothing_happened(name: str, tmp_path: Path) -> None:
    history = History()
    history.enqueue(0, answer=None)
    found = measured(name, history, tmp_path)
    assert found.value is not None or found.note


@pytest.mark.parametrize("name", METRICS.names())
def test_every_metric_has_the_name_that_it_is_registered_under(name: str) -> None:
    metric = METRICS.named(name)
    assert metric.name == name
    assert metric.levels is None or not metric.words().misordered(metric.levels)


def test_throughput_that_keeps_pace_with_the_load_is_held_by_it(tmp_path: Path) -> None:
    found = measured("throughput", ten_jobs(), tmp_path, load={"rate": 5.0})
    assert found.held_by_load
    assert "5 jobs/s" in found.note


def test_throughput_at_full_rate_counts_until_the_last_completion(tmp_path: Path) -> None:
    found = measured("throughput", ten_jobs(), tmp_path, load={"rate": "max"})
    assert found.value == pytest.approx(10 / 1.03)
    assert not found.held_by_load


@pytest.mark.parametrize(("workers", "metric"), [(1, "throughput-1-worker"), (10, "throughput-10-workers")])
def test_the_throughput_of_some_workers_is_told_of_a_run_with_just_so_many(
    workers: int, metric: str, tmp_path: Path
) -> None:
    assert measured(metric, ten_jobs(), tmp_path, load={"workers": {"count": workers}}).value is not None
    assert measured(metric, ten_jobs(), tmp_path, load={"workers": {"count": 3}}).value is None


def test_latency_is_the_99th_percentile(tmp_path: Path) -> None:
    found = measured("latency", ten_jobs(), tmp_path)
    assert found.value == pytest.approx(0.13)
    assert not found.held_by_load


@pytest.mark.parametrize(
    "load",
    [
        {"rate": "max"},
        {"job": {"duration_s": 0.1}},
        {"job": {"slow": {"share": 0.05, "at_least_s": 1.0, "at_most_s": 1.0}}},
        {"job": {"failure_rate": 0.05, "initial_delay_s": 0.5}},
    ],
)
def test_latency_says_nothing_bad_of_a_system_whose_jobs_take_long_by_themselves(
    load: dict[str, Any], tmp_path: Path
) -> None:
    assert measured("latency", ten_jobs(), tmp_path, load=load).held_by_load


def test_a_job_that_failed_on_every_attempt_takes_nothing_from_the_success_rate(tmp_path: Path) -> None:
    history = ten_jobs()
    history.enqueue(10)
    for attempt in (1, 2, 3):
        history.execute(10, attempt, attempt + 0.1, FAILURE, attempt=attempt)
    history.final(10, State.DEAD, attempt=3)
    assert measured("success-rate", history, tmp_path, load={"jobs": 11}).value == 1.0
    assert measured("dead-after-last-attempt", history, tmp_path, load={"jobs": 11}).value == 1.0
    assert measured("amplification", history, tmp_path, load={"jobs": 11}).value == 1.0


def test_a_job_that_is_not_done_lowers_the_success_rate(tmp_path: Path) -> None:
    history = ten_jobs()
    history.enqueue(10)
    history.final(10, State.RUNNING)
    assert measured("success-rate", history, tmp_path, load={"jobs": 11}).value == pytest.approx(10 / 11)


def test_a_job_that_the_system_forgot_because_it_is_done_counts_as_succeeded(tmp_path: Path) -> None:
    history = History()
    history.enqueue(0)
    history.execute(0, 1.0, 1.1)
    history.final(0, State.ABSENT)
    forgets = [told_by_system(keeps_finished=False)]
    assert measured("success-rate", history, tmp_path, events=forgets, keeps_finished=False).value == 1.0


def test_a_success_rate_without_all_final_states_is_not_told(tmp_path: Path) -> None:
    history = ten_jobs()
    history.enqueue(10)
    found = measured("success-rate", history, tmp_path, load={"jobs": 11})
    assert (found.value, found.note) == (None, "the final state of 1 jobs is not known")


def test_one_job_enqueued_twice_is_one_duplicate(tmp_path: Path) -> None:
    history = ten_jobs()
    history.enqueue(3, 2.0, variant=1, copy=1)
    assert measured("duplicates", history, tmp_path).value == 1


def test_the_share_of_the_worker_with_the_fewest_jobs(tmp_path: Path) -> None:
    history = History()
    for job in range(60):
        history.enqueue(job)
        history.execute(job, 1.0 + job / 10, 1.05 + job / 10, worker=1 if job < 45 else 2)
    load = {"jobs": 60}
    assert measured("worker-share", history, tmp_path, load=load).value == pytest.approx(15 / 30)


def test_a_worker_that_got_nothing_has_no_share(tmp_path: Path) -> None:
    history = History()
    for job in range(60):
        history.enqueue(job)
        history.execute(job, 1.0 + job / 10, 1.05 + job / 10, worker=1)
    found = measured("worker-share", history, tmp_path, load={"jobs": 60})
    assert (found.value, found.note) == (0.0, "worker-2 completed 0 of 60")


def test_attempts_are_the_executions_by_the_jobs(tmp_path: Path) -> None:
    history = ten_jobs()
    history.execute(0, 5.0, 5.1)
    assert measured("attempts", history, tmp_path).value == pytest.approx(1.1)
    assert measured("amplification", history, tmp_path).value == pytest.approx(1.1)


FIXED = {"job": {"backoff": "fixed", "initial_delay_s": 1.0}}


def retried_after(wait: float) -> History:
    """A job that failed at 1.1 s, was answered 10 ms later, and began again so long after the ack was sent."""
    history = History()
    history.enqueue(0)
    history.execute(0, 1.0, 1.1, FAILURE)
    history.execute(0, 1.1 + wait, 3.0, attempt=2)
    return history


@pytest.mark.parametrize(("wait", "early", "late"), [(0.8, 1, 0.0), (0.95, 0, 0.0), (1.51, 0, 0.4)])
def test_a_retry_is_early_before_the_backoff_less_its_jitter_and_late_after_it(
    wait: float, early: int, late: float, tmp_path: Path
) -> None:
    history = retried_after(wait)
    assert measured("early-retries", history, tmp_path, load=FIXED).value == early
    assert measured("retry-delay", history, tmp_path, load=FIXED).value == pytest.approx(late)


@pytest.mark.parametrize(("resolution", "early"), [(0.5, 1), (0.75, 0), (1.0, None)])
def test_a_coarse_clock_excuses_an_early_retry_until_it_can_show_none(
    resolution: float, early: int | None, tmp_path: Path
) -> None:
    coarse = [told_by_system(clock_resolution_s=resolution)]
    found = measured("early-retries", retried_after(0.2), tmp_path, load=FIXED, events=coarse)
    assert found.value == early


def test_the_backoff_grows_with_the_failures(tmp_path: Path) -> None:
    history = retried_after(1.0)
    history.entries["worker-1.1"].clear()
    for attempt, start in enumerate((1.0, 2.2, 4.4), 1):
        history.execute(0, start, start + 0.1, FAILURE, attempt=attempt)
    load = {"job": {"backoff": "exponential", "initial_delay_s": 1.0, "max_delay_s": 60.0}}
    assert measured("early-retries", history, tmp_path, load=load).value == 0
    assert measured("retry-delay", history, tmp_path, load=load).value == pytest.approx(0.0)


def test_the_time_until_a_job_whose_worker_is_gone_is_executed_again(tmp_path: Path) -> None:
    history = History()
    history.enqueue(0)
    history.execute(0, 1.0)
    history.execute(0, 6.5, 6.6, worker=2, attempt=2)
    assert measured("redelivery-time", history, tmp_path).value == pytest.approx(5.5)


def test_enqueue_rate_counts_from_the_start_to_the_last_acknowledgement(tmp_path: Path) -> None:
    found = measured("enqueue-rate", ten_jobs(), tmp_path, load={"rate": "max"})
    assert found.value == pytest.approx(10 / 0.91)


def test_the_queue_is_longest_when_nothing_was_started_yet(tmp_path: Path) -> None:
    history = History()
    for job in range(5):
        history.enqueue(job, job * 0.1)
    for job in range(4):
        history.execute(job, 0.35 + job, 0.36 + job)
    assert measured("queue-peak", history, tmp_path).value == 4


def test_a_job_that_is_started_before_its_producer_is_answered_never_waited(tmp_path: Path) -> None:
    history = History()
    history.enqueue(0)
    history.execute(0, 0.005, 0.5)
    assert measured("queue-peak", history, tmp_path).value == 0


def test_recovery_times_are_metrics_too(tmp_path: Path) -> None:
    times = Recovery(ready_s=1.0, first_completion_s=2.0, drained_s=3.0)
    names = ("ready-in", "completing-in", "drained-in")
    found = [measured(name, ten_jobs(), tmp_path, recovery=times).value for name in names]
    assert found == [1.0, 2.0, 3.0]


def test_a_worker_that_comes_back_waits_from_its_connection_to_its_first_job(tmp_path: Path) -> None:
    history = ten_jobs()
    for worker, first_job in ((1, 3.5), (2, None)):
        writer = f"worker-{worker}.2"
        history.connection(writer, Kind.CONNECTED, 3.0)
        if first_job is not None:
            history.execute(0, first_job, first_job + 0.1)
            history.entries[writer] += history.entries["worker-1.1"][-4:]
            del history.entries["worker-1.1"][-4:]
    found = measured("rejoin-time", history, tmp_path)
    assert found.value == pytest.approx(0.5)
    assert found.note == "1 of 2 returns got a job"


FAULTS = [told_by_system(), entered("load:during", 2.0), entered("load:after", 4.0)]


def slower_from_the_third_second_on() -> History:
    """Ten jobs a second for four seconds; from the third on, each takes 400 ms more and only half of them are done."""
    history = History()
    for job in range(40):
        due = job / 10
        history.enqueue(job, due)
        if due < 2:
            history.execute(job, due + 0.02, due + 0.04, worker=1)
        elif job % 2:
            history.execute(job, due + 0.02, due + 0.44, worker=2)
    return history


def test_what_faults_cost(tmp_path: Path) -> None:
    load = {"jobs": 40}
    history = slower_from_the_third_second_on()
    kept = measured("throughput-kept", history, tmp_path, load=load, events=FAULTS)
    assert kept.value == pytest.approx(8 / 20)
    added = measured("added-latency", history, tmp_path, load=load, events=FAULTS)
    assert added.value == pytest.approx(0.4)


def test_quick_jobs_are_measured_apart_from_slow_ones(tmp_path: Path) -> None:
    history = History()
    slow = [is_slow(0.5, 1, job) for job in range(40)]
    for job in range(40):
        history.enqueue(job, job / 10)
        history.execute(job, job / 10 + 0.02, job / 10 + (5.0 if slow[job] else 0.09))
    load = {"jobs": 40, "job": {"slow": {"share": 0.5, "at_least_s": 5.0, "at_most_s": 5.0}}}
    assert any(slow)
    assert measured("quick-latency", history, tmp_path, load=load).value == pytest.approx(0.1)
    assert measured("quick-latency", history, tmp_path, load={"jobs": 40}).value is None


def test_a_queue_that_gets_slower_as_it_works(tmp_path: Path) -> None:
    history = History()
    for job in range(100):
        history.enqueue(job, job / 10)
        history.execute(job, job / 10 + 0.02, job / 10 + 0.1 + job / 1000)
    found = measured("slowdown", history, tmp_path, load={"jobs": 100})
    assert found.value == pytest.approx(0.08, abs=0.01)


def test_the_rate_at_which_final_states_were_read(tmp_path: Path) -> None:
    history = History()
    for job in range(101):
        history.enqueue(job)
        history.final(job, State.SUCCESS, read=50.0 + job / 100)
    found = measured("lookup-rate", history, tmp_path, load={"jobs": 101})
    assert found.value == pytest.approx(101)


def used(directory: Path, memory: Callable[[float], float], seconds: int) -> None:
    """Samples of the core once a second, whose memory is such a function of the time."""
    writer = SampleWriter(RunDirectory(directory))
    for second in range(seconds):
        resident = round(memory(second))
        writer.write([ResourceSample(at(second), "core", 1, 0.0, resident, 1, 1, None)])
    writer.close()


def test_memory_that_grows_is_told_an_hour(tmp_path: Path) -> None:
    used(tmp_path, lambda second: 50e6 + second * 1e4, 500)
    ends = [told_by_system(), entered("heal", 500.0)]
    found = measured("memory-growth", ten_jobs(), tmp_path, events=ends)
    assert found.value == pytest.approx(36e6, rel=0.01)
    assert found.note == "core"
    assert measured("memory-peak", ten_jobs(), tmp_path).value == pytest.approx(55e6, rel=0.01)


def test_a_short_run_does_not_tell_how_memory_grows(tmp_path: Path) -> None:
    used(tmp_path, lambda _: 50e6, 60)
    found = measured("memory-growth", ten_jobs(), tmp_path, events=[told_by_system(), entered("heal", 60.0)])
    assert found.value is None
    assert found.note.startswith("core: too short to tell")


def test_the_data_of_the_system_at_its_largest_without_that_of_anybody_else(tmp_path: Path) -> None:
    writer = SampleWriter(RunDirectory(tmp_path))
    for component, data_bytes in (
        ("core", 100),
        ("core", 300),
        ("core", 200),
        ("core-2", 50),
        ("runner", 9000),
    ):
        writer.write([ResourceSample(at(1.0), component, 1, 0.0, 1, 1, 1, data_bytes)])
    writer.write([ResourceSample(at(2.0), "core", 1, 0.0, 1, 1, 1, None)])
    writer.close()
    assert measured("data-size", ten_jobs(), tmp_path).value == 350


def test_a_burst_counts_until_the_last_of_its_jobs_is_done(tmp_path: Path) -> None:
    history = History()
    for job in range(10):
        history.enqueue(job, 0.0 if job < 5 else 4.0)
        history.execute(job, job % 5 + (4.0 if job >= 5 else 0.0), job % 5 + (4.99 if job >= 5 else 0.5))
    found = measured("burst-drained-in", history, tmp_path, load={"burst": 5})
    assert found.value == pytest.approx(5.0)


def test_a_load_without_bursts_has_none_to_work_off(tmp_path: Path) -> None:
    assert measured("burst-drained-in", ten_jobs(), tmp_path).value is None


def test_callers_whose_first_try_brought_no_id_were_not_told_at_once(tmp_path: Path) -> None:
    history = History()
    for copy in range(4):
        history.enqueue(
            0, copy=min(copy, 1), answer=Kind.ENQUEUE_UNKNOWN if copy == 3 else Kind.ENQUEUE_ACKNOWLEDGED
        )
    history.enqueue(0, 1.0, copy=1, attempt=2)
    found = measured("told-at-once", history, tmp_path, load={"callers": 4})
    assert found.value == pytest.approx(0.75)


def test_the_median_of_quick_jobs_is_told_apart_from_their_slowest(tmp_path: Path) -> None:
    history = History()
    quick = [job for job in range(100) if not is_slow(0.3, 1, job)]
    for job in range(100):
        history.enqueue(job, job / 10)
        took = 5.0 if job in quick[:3] else 0.1
        history.execute(job, job / 10, job / 10 + took - 0.01)
    load = {"jobs": 100, "job": {"slow": {"share": 0.3, "at_least_s": 1.0, "at_most_s": 2.0}}}
    assert measured("quick-latency-median", history, tmp_path, load=load).value == pytest.approx(0.1)
    assert measured("quick-latency", history, tmp_path, load=load).value == pytest.approx(5.0)


def about_schedules(count: int) -> tuple[History, dict[str, Any]]:
    """A history with one job and so many schedules that are due every ten seconds, and what goes with it."""
    history = History(events=[STARTED, entered("stop", 100.0)])
    history.enqueue(0)
    crons = ("*/10 * * * * *",)
    terms = ScheduleTerms(
        count=count, crons=crons, timezone="UTC", missed=Missed.ONCE, cores={}, everybody=frozenset()
    )
    load = {"jobs": 1, "schedules": {"count": count, "crons": crons}}
    return history, {"load": load, "schedules": terms, "events": [entered("stop", 100.0)]}


def call(history: History, call: ScheduleCall, job: int, serial: int, sent: float, answered: float) -> None:
    """A call about a schedule, or all of them, that was acknowledged."""
    for second, kind in ((sent, Kind.SCHEDULE_INTENDED), (answered, Kind.SCHEDULE_ACKNOWLEDGED)):
        history.tell("operator.1", Entry(at(second), kind, call, 1, job, 1, serial))


def test_how_long_after_it_was_due_a_schedule_fired(tmp_path: Path) -> None:
    history, known = about_schedules(1)
    call(history, ScheduleCall.CREATE, FIRST_SCHEDULE, 0, 0.1, 0.2)
    began_ms = round(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp() * 1000)
    for second in (10, 20, 30):
        fired = Entry(
            at(90), Kind.FIRE_TOLD, State.SUCCESS, 1, FIRST_SCHEDULE, began_ms + second * 1000 + 250
        )
        history.tell("reader.1", fired)
    assert measured("fire-delay", history, tmp_path, **known).value == pytest.approx(0.25)


def test_how_fast_schedules_are_created_and_listed(tmp_path: Path) -> None:
    history, known = about_schedules(100)
    for number in range(100):
        sent = number * 0.01
        call(history, ScheduleCall.CREATE, FIRST_SCHEDULE + number, number, sent, sent + 0.01)
    for number in range(10):
        call(history, ScheduleCall.LIST, NO_JOB, 100 + number, 2.0 + number, 2.005 + number)
    rate = measured("schedule-call-rate", history, tmp_path, **known)
    assert rate.value == pytest.approx(100)
    (tmp_path / "again").mkdir()
    listing = measured("schedule-list-latency", history, tmp_path / "again", **known)
    assert listing.value == pytest.approx(0.005)
