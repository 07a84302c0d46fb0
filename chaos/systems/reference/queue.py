"""The rules of the queue: what each operation does to a job.

A `Queue` works in transactions that the writer begins and ends: `begin`, any number of operations, `finish`, then
`committed` or `rolled_back`. Everything in one transaction happens at one moment. Operations raise `Refused` before
they have changed anything.

What goes wrong on purpose (`defects`) is a subclass that overrides one of these rules: there is no trace of it here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from chaos.chance import draw
from chaos.systems.reference import backoff
from chaos.systems.reference.dispatch import Dispatcher, HandOut, Session
from chaos.systems.reference.jobs import (
    OPEN_STATES,
    Ack,
    Acked,
    DueJob,
    Enqueued,
    JobState,
    LiveJob,
    Moment,
    NewJob,
    Reason,
    Refused,
    job_id,
)
from chaos.systems.reference.log import log
from chaos.systems.reference.store import LEASE_GRACE_MS, Lease, PastFailure, Store
from chaos.systems.reference.timetable import Timetable

_AT_ONCE: Final = 200
"""How many leases are handed out, or run out, in one transaction, so that none takes long."""


class Committed(NamedTuple):
    """What came of a transaction: jobs that it finished, and hand-outs whose stream ended before they were sent."""

    completed: list[int]
    unsent: list[HandOut]


class Queue:
    """The queue over one database, with the workers that are connected to it."""

    @classmethod
    def prepare(cls, path: Path) -> None:
        """Called before the database at `path` is opened. There is nothing to do."""

    def __init__(self, store: Store, moment: Moment, timetable: Timetable) -> None:
        self.store = store
        self.moment = moment
        self.timetable = timetable
        self.dispatcher = Dispatcher(store.leases_by_worker())
        self._next_due_ms = store.next_due_by_name()
        self._next_expiry_ms = store.next_expiry_ms()
        self._seed = int(store.token, 16)
        self._completed: list[int] = []

    # -- operations ---------------------------------------------------------------------------------------------

    def enqueue(self, job: NewJob) -> Enqueued:
        """Take a job in, unless there is one of its name with its key: then that is the answer."""
        enqueued = self.store.insert(job, self.moment)
        if not enqueued.deduplicated:
            self._is_due(job.name, self.moment.now_ms)
        return enqueued

    def ack(self, ack: Ack) -> Acked:
        """End the current attempt of a job as its worker says.

        Only the worker that has the attempt may end it. The same ack again, because its answer was lost, is answered as
        it was the first time, even when the job has moved on.

        Raises:
            Refused: There is no such job, or the attempt is not (or no longer) the worker's to end.
        """
        job = self.find(ack.seq)
        if job.state != JobState.RUNNING or not _is_current(ack, job):
            return self._answer_again(ack, job)
        self.dispatcher.release(job.seq, job.worker)
        return self.succeed(job, ack) if ack.success else self._fail(job, ack)

    def cancel(self, seq: int) -> JobState:
        """Cancel a job that is not finished. Returns the state it was in; a finished one is left as it is.

        Raises:
            Refused: There is no such job.
        """
        job = self.find(seq)
        if job.state in OPEN_STATES:
            if job.state == JobState.RUNNING:
                self.dispatcher.withhold(seq)
                self.dispatcher.release(seq, job.worker)
            self.finish_job(job, JobState.CANCELLED)
        return JobState(job.state)

    def retry(self, seq: int) -> JobState:
        """Let a dead job run again, with all its attempts anew. Returns the state it was in; only DEAD ones change.

        Attempts go on being numbered: an attempt's number is what tells a late ack from a current one, so
        it is never used twice.

        Raises:
            Refused: There is no such job.
        """
        job = self.find(seq)
        if job.state == JobState.DEAD:
            self._put_back(job, attempt=job.attempt, attempts_before=job.attempt)
        return JobState(job.state)

    def join(self, session: Session) -> None:
        """Let a worker's stream take jobs. An older stream of the same worker ends."""
        self.give_back(self.dispatcher.join(session))

    def give_back(self, hand_outs: Iterable[HandOut]) -> None:
        """Make jobs pending that were handed to a stream and, for certain, never sent: their attempts don't count."""
        for hand_out in hand_outs:
            job = self.store.find(hand_out.job.seq)
            if job is not None and self._is_out_as(hand_out, job):
                self._withdraw(job)

    def look(self) -> None:
        """Do nothing but what `finish` does: to be asked for when something changed that lets jobs be handed out."""

    # -- the transaction around them ----------------------------------------------------------------------------

    def begin(self, moment: Moment) -> None:
        """Begin a transaction."""
        self.moment = moment
        self.timetable.begin(moment)
        self.store.begin()

    def finish(self) -> bool:
        """Do what is due by now: fire schedules, end leases, hand jobs out. Whether there is anything to commit."""
        self.timetable.fire_due(self.enqueue)
        if self._next_expiry_ms is not None and self._next_expiry_ms <= self.moment.now_ms:
            self.end_leases()
        self.hand_out()
        return self.store.settle()

    def committed(self) -> Committed:
        """The transaction is on the disk: what it promised to workers can be sent."""
        completed, self._completed = self._completed, []
        return Committed(completed, self.dispatcher.committed())

    def rolled_back(self) -> None:
        """Nothing of the transaction has happened."""
        self.store.rollback()
        self.dispatcher.rolled_back()
        self._completed.clear()
        self.timetable.rolled_back()
        self._next_due_ms = self.store.next_due_by_name()
        self._next_expiry_ms = self.store.next_expiry_ms()

    def wake_ms(self) -> int | None:
        """When something will be due that no operation announces (monotonic)."""
        times = [due_ms for name, due_ms in self._next_due_ms.items() if self.dispatcher.turns(name)]
        if self._next_expiry_ms is not None:
            times.append(self._next_expiry_ms)
        if (fires_ms := self.timetable.wake_ms()) is not None:
            times.append(fires_ms)
        return min(times, default=None)

    # -- handing out --------------------------------------------------------------------------------------------

    def hand_out(self) -> None:
        """Lease the jobs that are due to workers that have room, the name whose oldest job waits longest first."""
        now_ms = self.moment.now_ms
        due_names = [name for name, due_ms in self._next_due_ms.items() if due_ms <= now_ms]
        for name in sorted(due_names, key=self._next_due_ms.__getitem__):
            turns = self.dispatcher.turns(name)
            if turns:
                room = min(sum(turn.room for turn in turns), _AT_ONCE)
                jobs = self.take_due(name, room)
                self.lease(self.dispatcher.promise(jobs, turns, self.moment.wall_ms))

    def take_due(self, name: str, limit: int) -> list[DueJob]:
        """Up to `limit` jobs of this name that can be handed out now, oldest first."""
        jobs, next_due_ms = self.store.due(name, limit, self.moment)
        if next_due_ms is None:
            del self._next_due_ms[name]
        else:
            self._next_due_ms[name] = next_due_ms
        return jobs

    def lease(self, leases: list[Lease]) -> None:
        """Write down who has which job, before anything is sent."""
        self.store.lease(leases, self.moment)
        for job, _ in leases:
            self._expires(self.moment.now_ms + job.timeout_ms + LEASE_GRACE_MS)

    # -- leases that run out ------------------------------------------------------------------------------------

    def end_leases(self) -> None:
        """Take jobs back from workers whose time is up."""
        expired = self.store.expired(_AT_ONCE, self.moment)
        for job in expired:
            self._end_lease(job)
        self._next_expiry_ms = self.store.next_expiry_ms()

    def _end_lease(self, job: LiveJob) -> None:
        """What counts is when the job was sent: that may have been late, and its worker counts from receipt."""
        hand_out = self.dispatcher.hand_out_of(job.seq)
        if hand_out is None:
            self._time_out(job)
        elif hand_out.sent_ms is None:
            self.dispatcher.withhold(job.seq)
            self._withdraw(job)
        else:
            lease_until_ms = hand_out.sent_ms + job.options.timeout_ms + LEASE_GRACE_MS
            if lease_until_ms > self.moment.now_ms:
                self.store.extend_lease(job.seq, lease_until_ms)
            else:
                self._time_out(job)

    def _time_out(self, job: LiveJob) -> None:
        error = (
            f"attempt {job.attempt} was not acknowledged by {job.worker} within {job.options.timeout_ms} ms"
        )
        log.warning("job %s: %s", job_id(job.seq, self.store.token), error)
        self.dispatcher.release(job.seq, job.worker)
        if self.is_exhausted(job):
            self.finish_job(job, JobState.DEAD, error=error)
        else:
            self._put_back(job, attempt=job.attempt, attempts_before=job.attempts_before, error=error)

    def _withdraw(self, job: LiveJob) -> None:
        self.dispatcher.release(job.seq, job.worker)
        self._put_back(job, attempt=job.attempt - 1, attempts_before=job.attempts_before)

    def _is_out_as(self, hand_out: HandOut, job: LiveJob) -> bool:
        return job.state == JobState.RUNNING and self.dispatcher.hand_out_of(job.seq) is hand_out

    # -- attempts that end --------------------------------------------------------------------------------------

    def succeed(self, job: LiveJob, ack: Ack) -> Acked:
        """End a job whose worker says that it is done."""
        self.finish_job(job, JobState.SUCCESS, result=ack.result, worker=job.worker)
        return Acked(JobState.SUCCESS)

    def _fail(self, job: LiveJob, ack: Ack) -> Acked:
        if not ack.should_retry or self.is_exhausted(job):
            self.finish_job(job, JobState.DEAD, error=ack.error, result=ack.result)
            answered = Acked(JobState.DEAD)
        else:
            failures = job.attempt - job.attempts_before
            wait_ms = backoff.delay_ms(
                job.options, failures, draw(self._seed, "backoff", job.seq, job.attempt)
            )
            next_run_at = self._put_back(
                job,
                attempt=job.attempt,
                attempts_before=job.attempts_before,
                delay_ms=wait_ms,
                error=ack.error,
            )
            answered = Acked(JobState.PENDING, job.attempt + 1, next_run_at)
        self.store.record_failure(job, PastFailure(job.worker, answered.state, answered.next_run_at))
        return answered

    def is_exhausted(self, job: LiveJob) -> bool:
        """Whether the attempt that just ended was the job's last."""
        return job.is_exhausted

    def _answer_again(self, ack: Ack, job: LiveJob) -> Acked:
        if ack.worker is not None and ack.attempt is not None:
            if ack.success:
                if job.state == JobState.SUCCESS and _is_current(ack, job):
                    return Acked(JobState.SUCCESS)
            else:
                past = self.store.past_failure(ack.seq, ack.attempt)
                if past is not None and past.worker == ack.worker:
                    next_attempt = ack.attempt + 1 if past.state == JobState.PENDING else 0
                    return Acked(past.state, next_attempt, past.next_run_at)
        raise Refused(Reason.STALE, f"stale ack of {_attempt_of(ack)}: the job is {_whereabouts(job)}")

    # -- the ways a job changes ---------------------------------------------------------------------------------

    def find(self, seq: int) -> LiveJob:
        """The job of this number.

        Raises:
            Refused: There is none.
        """
        job = self.store.find(seq)
        if job is None:
            raise Refused(Reason.NOT_FOUND, "no job has this id")
        return job

    def finish_job(
        self,
        job: LiveJob,
        state: JobState,
        *,
        error: str = "",
        result: bytes = b"",
        worker: str | None = None,
    ) -> None:
        """Put a job into a terminal state, and let those who wait for it hear of that."""
        self.store.finish(job, state, self.moment, error=error, result=result, worker=worker)
        self._completed.append(job.seq)

    def _put_back(
        self, job: LiveJob, *, attempt: int, attempts_before: int, delay_ms: int = 0, error: str = ""
    ) -> int:
        self._is_due(job.name, self.moment.now_ms + delay_ms)
        return self.store.put_back(
            job, self.moment, attempt=attempt, attempts_before=attempts_before, delay_ms=delay_ms, error=error
        )

    def _is_due(self, name: str, due_ms: int) -> None:
        known = self._next_due_ms.get(name)
        if known is None or due_ms < known:
            self._next_due_ms[name] = due_ms

    def _expires(self, lease_until_ms: int) -> None:
        if self._next_expiry_ms is None or lease_until_ms < self._next_expiry_ms:
            self._next_expiry_ms = lease_until_ms


def _is_current(ack: Ack, job: LiveJob) -> bool:
    return (ack.worker is None or ack.worker == job.worker) and (
        ack.attempt is None or ack.attempt == job.attempt
    )


def _attempt_of(ack: Ack) -> str:
    if ack.worker is None and ack.attempt is None:
        return "an attempt that is not named"
    return f"attempt {ack.attempt} by {ack.worker}"


def _whereabouts(job: LiveJob) -> str:
    where = JobState(job.state).name
    return f"{where}, attempt {job.attempt} on {job.worker}" if job.state == JobState.RUNNING else where
