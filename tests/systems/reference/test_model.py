"""The rules of the queue against a model so simple that it is seen to be right.

Time is given, not passed: the queue runs in this process over a real database, and is crashed, rolled back and asked
everything.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chaos.systems.reference.dispatch import MOST_LEASED, HandOut, Session
from chaos.systems.reference.jobs import (
    Ack,
    Acked,
    Backoff,
    JobState,
    Moment,
    NewJob,
    Options,
    Reason,
    Refused,
)
from chaos.systems.reference.queue import Queue
from chaos.systems.reference.reader import Query, Reader
from chaos.systems.reference.store import LEASE_GRACE_MS, Store
from chaos.systems.reference.timetable import Timetable

WORKERS = ("w1", "w2", "w3")
NAMES = ("a", "b")
TERMINAL = (JobState.SUCCESS, JobState.DEAD, JobState.CANCELLED)
OPTIONS = Options(
    max_attempts=2,
    backoff=Backoff.FIXED,
    initial_delay_ms=200,
    max_delay_ms=200,
    timeout_ms=1_000,
    jitter=0.0,
)


@dataclass
class ModelJob:
    """What a job must be like."""

    name: str
    key: str | None
    state: JobState = JobState.PENDING
    attempt: int = 0
    spent_before: int = 0
    worker: str | None = None
    due_ms: int = 0
    lease_until_ms: int = 0
    answers: dict[tuple[str, int, bool], Acked] = field(default_factory=dict)


@dataclass
class Received:
    """An attempt that a worker was sent."""

    seq: int
    worker: str
    attempt: int


class QueueMachine(RuleBasedStateMachine):
    """Producers, workers, crashes and a disk that fails, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="queue-model-"))
        self.path = self.directory / "queue.db"
        self.now_ms = 1_000_000
        self.jobs: dict[int, ModelJob] = {}
        self.received: list[Received] = []
        self.sessions: dict[str, Session] = {}

    @initialize()
    def start(self) -> None:
        self.store = Store.open(self.path, self.moment)
        self.store._connection.execute("PRAGMA synchronous = OFF")  # speed: durability is tested elsewhere
        self.queue = Queue(self.store, self.moment, Timetable(self.store.schedules, self.moment))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        shutil.rmtree(self.directory)

    @property
    def moment(self) -> Moment:
        return Moment(self.now_ms, self.now_ms + 1_700_000_000_000)

    def transact(self, *operations: Any) -> list[Any]:
        """Carry out operations in one transaction, then receive what was sent."""
        self.end_model_leases()
        self.queue.begin(self.moment)
        answers = []
        for operation in operations:
            try:
                answers.append(operation())
            except Refused as refusal:
                answers.append(refusal.reason)
        self.queue.finish()
        self.store.commit()
        committed = self.queue.committed()
        assert not committed.unsent
        return answers

    def end_model_leases(self) -> None:
        """A transaction ends leases after its operations: do it before, in one of its own, to keep the model simple."""
        self.queue.begin(self.moment)
        self.queue.finish()
        self.store.commit()
        self.queue.committed()
        for job in self.jobs.values():
            if job.state == JobState.RUNNING and job.lease_until_ms <= self.now_ms:
                self.end_attempt(job, delay_ms=0)
        self.receive()

    def end_attempt(self, job: ModelJob, delay_ms: int) -> None:
        exhausted = job.attempt - job.spent_before >= OPTIONS.max_attempts
        job.state = JobState.DEAD if exhausted else JobState.PENDING
        job.worker = None
        job.due_ms = self.now_ms + delay_ms

    def receive(self) -> None:
        """Workers read what was pushed, and each hand-out must be one that the model allows."""
        for worker, session in self.sessions.items():
            while session.outbox:
                hand_out = session.outbox.popleft()
                hand_out.sent_ms = self.now_ms
                job = self.jobs[hand_out.job.seq]
                assert job.state == JobState.PENDING
                assert job.due_ms <= self.now_ms
                assert session.takes(job.name)
                assert hand_out.job.attempt == job.attempt + 1
                job.state, job.worker, job.attempt = JobState.RUNNING, worker, job.attempt + 1
                job.lease_until_ms = self.now_ms + OPTIONS.timeout_ms + LEASE_GRACE_MS
                assert job.attempt - job.spent_before <= OPTIONS.max_attempts
                self.received.append(Received(hand_out.job.seq, worker, job.attempt))

    # -- what can happen ----------------------------------------------------------------------------------------

    @rule(name=st.sampled_from(NAMES), key=st.none() | st.sampled_from("xyz"))
    def enqueue(self, name: str, key: str | None) -> None:
        known = [
            seq for seq, job in self.jobs.items() if key is not None and (job.name, job.key) == (name, key)
        ]
        [answer] = self.transact_enqueue(NewJob(name, b"args", key, OPTIONS))
        assert answer.deduplicated == bool(known)
        if known:
            assert answer.seq == known[0]

    def transact_enqueue(self, *new: NewJob) -> list[Any]:
        self.end_model_leases()
        self.queue.begin(self.moment)
        answers = [self.queue.enqueue(job) for job in new]
        self.queue.finish()
        self.store.commit()
        self.queue.committed()
        for job, answer in zip(new, answers, strict=True):
            if not answer.deduplicated:
                assert answer.seq not in self.jobs
                self.jobs[answer.seq] = ModelJob(job.name, job.key, due_ms=self.now_ms)
        self.receive()
        return answers

    @rule(name=st.sampled_from(NAMES), key=st.sampled_from("xyz"))
    def enqueue_twice_at_once(self, name: str, key: str) -> None:
        new = NewJob(name, b"args", key, OPTIONS)
        first, second = self.transact_enqueue(new, new)
        assert second.deduplicated
        assert first.seq == second.seq

    @rule(
        worker=st.sampled_from(WORKERS),
        concurrency=st.integers(0, 3),
        names=st.sampled_from([frozenset(), frozenset("a"), frozenset("ab")]),
    )
    def connect(self, worker: str, concurrency: int, names: frozenset[str]) -> None:
        session = Session(worker, names, concurrency, wake=lambda: None)
        former = self.sessions.get(worker)
        self.end_model_leases()
        self.sessions[worker] = session
        self.transact(lambda: self.queue.join(session))
        assert former is None or former.ended
        self.receive()

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.sessions)))
        assert self.queue.dispatcher.leave(self.sessions.pop(worker)) == []

    @precondition(lambda self: self.received)
    @rule(data=st.data(), success=st.booleans(), should_retry=st.booleans())
    def acknowledge(self, data: st.DataObject, success: bool, should_retry: bool) -> None:
        """Any attempt that any worker ever received: a current one, a stale one, or one acknowledged before."""
        received = data.draw(st.sampled_from(self.received))
        self.end_model_leases()
        job = self.jobs[received.seq]
        ack = Ack(received.seq, success, should_retry, "", b"", received.worker, received.attempt)
        is_current = (job.state, job.worker, job.attempt) == (
            JobState.RUNNING,
            received.worker,
            received.attempt,
        )
        [answer] = self.transact(lambda: self.queue.ack(ack))
        said = (received.worker, received.attempt, success)
        if is_current:
            self.end_by_ack(job, success, should_retry)
            assert answer.state == job.state
            job.answers[said] = answer
        elif said in job.answers and (not success or job.state == JobState.SUCCESS):
            assert answer == job.answers[said]
        else:
            assert answer == Reason.STALE
        self.receive()

    def end_by_ack(self, job: ModelJob, success: bool, should_retry: bool) -> None:
        if success:
            job.state = JobState.SUCCESS
        elif should_retry:
            self.end_attempt(job, OPTIONS.initial_delay_ms)
        else:
            job.state, job.worker = JobState.DEAD, None

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        seq = data.draw(st.sampled_from(sorted(self.jobs)))
        self.end_model_leases()
        job = self.jobs[seq]
        assert self.transact(lambda: self.queue.cancel(seq)) == [job.state]
        if job.state not in TERMINAL:
            job.state, job.worker = JobState.CANCELLED, None
        self.receive()

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def retry_by_hand(self, data: st.DataObject) -> None:
        seq = data.draw(st.sampled_from(sorted(self.jobs)))
        self.end_model_leases()
        job = self.jobs[seq]
        assert self.transact(lambda: self.queue.retry(seq)) == [job.state]
        if job.state == JobState.DEAD:
            job.state, job.due_ms, job.spent_before = JobState.PENDING, self.now_ms, job.attempt
        self.receive()

    @rule(ms=st.sampled_from([1, 50, 200, 1_000, 1_600]))
    def pass_time(self, ms: int) -> None:
        self.now_ms += ms
        self.end_model_leases()

    @rule()
    def crash(self) -> None:
        self.store.close()
        for session in self.sessions.values():
            session.ended = True
        self.sessions.clear()
        self.start()
        self.end_model_leases()

    @rule(data=st.data(), success=st.booleans())
    def fail_to_write(self, data: st.DataObject, success: bool) -> None:
        """A transaction that did all kinds of things is not stored: none of them has happened."""
        self.queue.begin(self.moment)
        self.queue.enqueue(NewJob("a", b"never", None, OPTIONS))
        if self.received:
            one = data.draw(st.sampled_from(self.received))
            with contextlib.suppress(Refused):
                self.queue.ack(Ack(one.seq, success, True, "", b"", one.worker, one.attempt))
        self.queue.finish()
        self.queue.rolled_back()

    # -- what always holds --------------------------------------------------------------------------------------

    @invariant()
    def the_queue_knows_what_the_model_knows(self) -> None:
        if not hasattr(self, "queue"):
            return
        reader = Reader(self.path)
        listing = reader.list(Query(limit=10_000, ascending=True))
        counts = {state: reader.list(Query(states=(state,))).total for state in JobState}
        reader.close()
        stored = {job.seq: (job.name, job.state, job.attempt) for job in listing.jobs}
        assert stored == {seq: (job.name, job.state, job.attempt) for seq, job in self.jobs.items()}
        assert listing.total == len(self.jobs)
        assert +Counter(counts) == Counter(job.state for job in self.jobs.values())

    @invariant()
    def no_worker_has_more_than_it_may(self) -> None:
        leased = Counter(job.worker for job in self.jobs.values() if job.state == JobState.RUNNING)
        for worker, session in self.sessions.items():
            assert session.held >= 0
            assert session.promised == 0
            if session.concurrency:
                assert session.held <= session.concurrency
            assert session.held <= leased[worker]

    @invariant()
    def no_job_waits_that_a_worker_has_room_for(self) -> None:
        leased = Counter(job.worker for job in self.jobs.values() if job.state == JobState.RUNNING)
        for worker, session in self.sessions.items():
            room = min(session.concurrency - session.held, MOST_LEASED * session.concurrency - leased[worker])
            due = [
                job
                for job in self.jobs.values()
                if job.state == JobState.PENDING and job.due_ms <= self.now_ms
            ]
            assert room <= 0 or not [job for job in due if session.takes(job.name)]

    @invariant()
    def the_queue_wakes_for_what_comes_next(self) -> None:
        if not hasattr(self, "queue"):
            return
        ends = [job.lease_until_ms for job in self.jobs.values() if job.state == JobState.RUNNING]
        if ends:
            wake_ms = self.queue.wake_ms()
            assert wake_ms is not None
            assert wake_ms <= min(ends)


QueueMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_the_queue_does_as_the_model = pytest.mark.timeout(120)(QueueMachine.TestCase)


def opened(tmp_path: Path, moment: Moment) -> Queue:
    store = Store.open(tmp_path / "queue.db", moment)
    return Queue(store, moment, Timetable(store.schedules, moment))


def carry_out(queue: Queue, moment: Moment, *operations: Any) -> list[HandOut]:
    """One transaction; returns what could not be sent."""
    queue.begin(moment)
    for operation in operations:
        operation()
    queue.finish()
    queue.store.commit()
    return queue.committed().unsent


def test_a_job_never_sent_is_given_back_without_costing_an_attempt(tmp_path: Path) -> None:
    moment = Moment(0, 0)
    queue = opened(tmp_path, moment)
    gone = Session("w1", frozenset(), 1, wake=lambda: None)
    carry_out(queue, moment, lambda: queue.join(gone), lambda: queue.enqueue(NewJob("a", b"", None, OPTIONS)))
    [hand_out] = queue.dispatcher.leave(gone)
    present = Session("w2", frozenset(), 1, wake=lambda: None)

    carry_out(queue, moment, lambda: queue.give_back([hand_out]), lambda: queue.join(present))

    assert present.outbox[0].job.attempt == 1


def test_a_stream_that_ends_while_its_job_is_being_stored_gives_it_back(tmp_path: Path) -> None:
    moment = Moment(0, 0)
    queue = opened(tmp_path, moment)
    session = Session("w1", frozenset(), 1, wake=lambda: None)
    queue.begin(moment)
    queue.join(session)
    queue.enqueue(NewJob("a", b"", None, OPTIONS))
    queue.finish()
    queue.dispatcher.leave(session)
    queue.store.commit()

    assert [hand_out.job.seq for hand_out in queue.committed().unsent] == [1]


def test_a_lease_counts_from_when_the_job_was_sent(tmp_path: Path) -> None:
    queue = opened(tmp_path, Moment(0, 0))
    session = Session("w1", frozenset(), 1, wake=lambda: None)
    carry_out(
        queue,
        Moment(0, 0),
        lambda: queue.join(session),
        lambda: queue.enqueue(NewJob("a", b"", None, OPTIONS)),
    )
    session.outbox.popleft().sent_ms = 700

    carry_out(queue, Moment(2_199, 0))
    assert queue.find(1).state == JobState.RUNNING
    assert queue.wake_ms() == 2_200

    carry_out(queue, Moment(2_200, 0))
    assert queue.find(1).attempt == 2


def test_a_job_that_could_not_be_sent_in_its_time_is_not_sent(tmp_path: Path) -> None:
    queue = opened(tmp_path, Moment(0, 0))
    session = Session("w1", frozenset(), 1, wake=lambda: None)
    carry_out(
        queue,
        Moment(0, 0),
        lambda: queue.join(session),
        lambda: queue.enqueue(NewJob("a", b"", None, OPTIONS)),
    )
    session.concurrency = 0

    carry_out(queue, Moment(1_500, 0))

    assert not session.outbox
    assert (queue.find(1).state, queue.find(1).attempt) == (JobState.PENDING, 0)


def test_setting_the_wall_clock_moves_no_lease_and_no_retry(tmp_path: Path) -> None:
    queue = opened(tmp_path, Moment(0, 1_000_000_000))
    session = Session("w1", frozenset(), 1, wake=lambda: None)
    start = Moment(0, 1_000_000_000)
    carry_out(
        queue, start, lambda: queue.join(session), lambda: queue.enqueue(NewJob("a", b"", None, OPTIONS))
    )
    session.outbox.popleft().sent_ms = 0

    carry_out(queue, Moment(1, 9_000_000_000))
    assert queue.find(1).attempt == 1
    carry_out(queue, Moment(1_500, 5))
    assert queue.find(1).attempt == 2


def test_after_a_restart_of_the_machine_leases_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = opened(tmp_path, Moment(50_000_000, 0))
    session = Session("w1", frozenset(), 1, wake=lambda: None)
    new = [NewJob("a", b"", None, OPTIONS) for _ in range(2)]
    carry_out(
        queue,
        Moment(50_000_000, 0),
        lambda: queue.join(session),
        *(lambda job=job: queue.enqueue(job) for job in new),
    )
    queue.store.close()
    monkeypatch.setattr("chaos.systems.reference.store.clock_name", lambda: "machine/next-boot")

    queue = opened(tmp_path, Moment(10, 60_000))

    assert queue.wake_ms() == 10 + OPTIONS.timeout_ms + LEASE_GRACE_MS
    assert queue.store.due("a", 10, Moment(10, 60_000)).jobs[0].seq == 2
