"""A witness tells one job's story so that a person can follow it."""

from __future__ import annotations

from pathlib import Path

from chaos.checks.findings import CheckName, Finding, Witness
from chaos.ledger.events import ComponentDown, ComponentReady, ComponentUp, FaultRequested, FaultReverted
from chaos.ledger.records import Kind, State
from tests.checks.history import History, at

KILL = FaultRequested(time_ns=at(1.05), fault="kill-core", kind="kill", targets=("core",), due_ns=at(1.0))
GONE = ComponentDown(time_ns=at(1.06), component="core", incarnation=1, status="SIGKILL", expected=True)
BACK = ComponentUp(time_ns=at(1.6), component="core", incarnation=2, pid=4)
READY = ComponentReady(time_ns=at(1.7), component="core", incarnation=2)
OVER = FaultReverted(time_ns=at(1.7), fault="kill-core")


def witnesses_of(history: History, directory: Path, name: CheckName = CheckName.LOSS) -> tuple[Witness, ...]:
    return history.check(directory, jobs=100).result(name).witnesses


def test_a_witness_tells_the_whole_chain_in_order_with_the_faults_around_it(tmp_path: Path) -> None:
    history = History(events=[KILL, GONE, BACK, READY, OVER])
    history.enqueue(7, 0.5)
    history.execute(
        7, 1.0, 1.1, acks=[(1.1, 1.2, Kind.ACK_UNKNOWN), (1.8, 1.9, Kind.ACK_ACKNOWLEDGED)], worker=2
    )
    history.final(7, State.RUNNING, read=3.0)
    stuck = next(w for w in witnesses_of(history, tmp_path) if w.finding is Finding.STUCK)
    assert stuck.job == 7
    assert stuck.faults == ("kill-core",)
    assert [(event["at_s"], event["who"], event["what"]) for event in stuck.events] == [
        (0.5, "producer-1", "sent the enqueue, try 1"),
        (0.51, "producer-1", "enqueue acknowledged, try 1: a new job"),
        (1.0, "worker-2", "received the job, attempt 1, and began to execute it"),
        (1.05, "kill-core", "fault kill requested on core"),
        (1.06, "core", "gone: SIGKILL"),
        (1.1, "worker-2", "finished attempt 1 with success"),
        (1.1, "worker-2", "sent the ack of success, attempt 1"),
        (1.2, "worker-2", "no certain answer to the ack of success: FAILED_PRECONDITION"),
        (1.6, "core", "started (start 2)"),
        (1.7, "core", "ready"),
        (1.7, "kill-core", "fault reverted"),
        (1.8, "worker-2", "sent the ack of success, attempt 1"),
        (1.9, "worker-2", "ack of success acknowledged: the job is SUCCESS now"),
        (3.0, "reader", "the system has the job as RUNNING, attempt 1"),
    ]


def test_a_witness_tells_how_the_connections_of_those_involved_came_and_went(tmp_path: Path) -> None:
    history = History()
    history.enqueue(7, 0.5)
    history.execute(7, 1.0, 1.5, worker=2, acks=[])
    history.final(7, State.RUNNING, read=3.0)
    for writer in ("worker-2.1", "worker-3.1"):
        history.connection(writer, Kind.DISCONNECTED, 1.2)
        history.connection(writer, Kind.CONNECTED, 1.3)
        history.connection(writer, Kind.DISCONNECTED, 4.0)
    stuck = next(w for w in witnesses_of(history, tmp_path) if w.finding is Finding.STUCK)
    told = [
        (event["at_s"], event["who"], event["what"]) for event in stuck.events if "connect" in event["what"]
    ]
    assert told == [(1.2, "worker-2", "lost its connection"), (1.3, "worker-2", "connected")]


def test_witnesses_are_spread_over_the_run(tmp_path: Path) -> None:
    history = History()
    for job in range(30, 41):
        history.enqueue(job, job / 10)
        history.final(job, State.ABSENT)
    assert [witness.job for witness in witnesses_of(history, tmp_path)] == [30, 35, 40]


def test_other_jobs_and_other_workers_stay_out_of_the_story(tmp_path: Path) -> None:
    history = History()
    history.done(1, start=1.0)
    history.enqueue(7, 0.5)
    history.execute(7, 1.0, 1.1, worker=2)
    history.final(7, State.ABSENT, read=3.0)
    history.execute(8, 1.0, 1.1, worker=3)
    for worker in (2, 3):
        history.events.append(
            ComponentDown(
                time_ns=at(2.0), component=f"worker-{worker}", incarnation=1, status="exit 1", expected=False
            )
        )
    (witness,) = witnesses_of(history, tmp_path)
    assert [event["what"] for event in witness.events if event["who"] == "worker-2"][
        -1
    ] == "gone: exit 1, unexpectedly"
    assert {event["who"] for event in witness.events} == {"producer-1", "worker-2", "reader"}
    assert len(witness.events) == 8


def test_the_comings_and_goings_of_the_load_are_no_part_of_the_story(tmp_path: Path) -> None:
    history = History()
    history.enqueue(7, 0.5)
    history.final(7, State.ABSENT, read=3.0)
    named = {"component": "producer-1", "incarnation": 1}
    history.events = [
        ComponentUp(time_ns=at(0.4), pid=1, **named),  # type: ignore[arg-type]
        ComponentReady(time_ns=at(0.45), **named),  # type: ignore[arg-type]
        ComponentDown(time_ns=at(2.0), status="exit 0", expected=True, **named),  # type: ignore[arg-type]
    ]
    (witness,) = witnesses_of(history, tmp_path)
    assert len(witness.events) == 3


def test_a_fault_long_over_is_not_named(tmp_path: Path) -> None:
    history = History(events=[KILL, OVER])
    history.enqueue(7, 5.0)
    history.final(7, State.ABSENT, read=6.0)
    (witness,) = witnesses_of(history, tmp_path)
    assert witness.faults == ()


def test_an_execution_that_names_no_job_is_told_by_its_id(tmp_path: Path) -> None:
    history = History()
    history.done(1)
    history.execute(7, 1.0, 1.1, corrupted=True, variant=3)
    history.execute(8, 1.0, 1.1, corrupted=True, variant=4)
    witnesses = witnesses_of(history, tmp_path, CheckName.INTEGRITY)
    assert [witness.job for witness in witnesses] == [None, None]
    assert [[event["what"].split(",")[0] for event in witness.events] for witness in witnesses] == [
        [
            "received the job with a damaged payload",
            "finished attempt 1 with success",
            "sent the ack of success",
            "ack of success acknowledged: the job is SUCCESS now",
        ]
    ] * 2


def test_a_very_long_chain_is_shortened_in_the_middle(tmp_path: Path) -> None:
    history = History()
    history.enqueue(7)
    for number in range(50):
        history.execute(7, 10.0 * number, 10.0 * number + 0.1, attempt=number)
    history.final(7, State.SUCCESS, read=1000.0)
    witness = witnesses_of(history, tmp_path, CheckName.DUPLICATION)[0]
    assert len(witness.events) == 61
    assert witness.events[30]["what"] == "143 more events"
    assert witness.events[-1]["who"] == "reader"


def test_where_there_are_several_cores_a_witness_names_the_one_that_each_talked_to(tmp_path: Path) -> None:
    history = History()
    history.enqueue(7, 0.5)
    history.execute(7, 1.0, 1.1, acks=[(1.1, 1.2, Kind.ACK_ACKNOWLEDGED)], worker=2)
    history.final(7, State.RUNNING, read=3.0)
    cores = {"producer-1": "core", "worker-2": "core-2"}
    (stuck, *_) = history.check(tmp_path, jobs=100, cores=cores).result(CheckName.LOSS).witnesses
    told = [event["what"] for event in stuck.events]
    assert "sent the enqueue to core, try 1" in told
    assert "received the job from core-2, attempt 1, and began to execute it" in told
    assert "sent the ack of success to core-2, attempt 1" in told
