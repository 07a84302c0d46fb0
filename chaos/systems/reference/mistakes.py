"""Queues that make one mistake each with the jobs that they are given. Most strike every fortieth job.

Who is struck is told by the job's number in the database, so a crash changes nothing about it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

from chaos.load.payload import Corrupted, make_payload, read_payload
from chaos.systems.reference.dispatch import HandOut, Session
from chaos.systems.reference.jobs import (
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
)
from chaos.systems.reference.queue import Committed, Queue
from chaos.systems.reference.store import Lease, Store
from chaos.systems.reference.timetable import Timetable

STRIKES_EVERY: Final = 40
WRITTEN_BEHIND_MS: Final = 500
AGAIN_AFTER_MS: Final = 100
INVENTED_JOBS_FROM: Final = 500_000_000
"""Added to a job's number to get one that no run enqueues."""

_NEVER_MS: Final = 2**62


def strikes(seq: int) -> bool:
    """Whether the job of this number is struck."""
    return seq % STRIKES_EVERY == 0


class _Procrastinating(Queue):
    """A queue that leaves some things for later."""

    def __init__(self, store: Store, moment: Moment, timetable: Timetable) -> None:
        super().__init__(store, moment, timetable)
        self._later: list[tuple[int, Callable[[], None]]] = []

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Do something in the first transaction after this delay."""
        self._later.append((self.moment.now_ms + delay_ms, action))

    def finish(self) -> bool:
        due = [action for at_ms, action in self._later if at_ms <= self.moment.now_ms]
        self._later = [(at_ms, action) for at_ms, action in self._later if at_ms > self.moment.now_ms]
        for action in due:
            action()
        return super().finish()

    def wake_ms(self) -> int | None:
        times = [at_ms for at_ms, _ in self._later]
        if (wake_ms := super().wake_ms()) is not None:
            times.append(wake_ms)
        return min(times, default=None)


class AckLostByCrash(_Procrastinating):
    """Successes are answered at once and stored later: a crash in between forgets them, and their jobs run again."""

    def __init__(self, store: Store, moment: Moment, timetable: Timetable) -> None:
        super().__init__(store, moment, timetable)
        self._unstored: dict[int, Ack] = {}

    def ack(self, ack: Ack) -> Acked:
        return Acked(JobState.SUCCESS) if ack == self._unstored.get(ack.seq) else super().ack(ack)

    def succeed(self, job: LiveJob, ack: Ack) -> Acked:
        self._unstored[job.seq] = ack
        self.later(WRITTEN_BEHIND_MS, lambda: self._store(ack))
        return Acked(JobState.SUCCESS)

    def _store(self, ack: Ack) -> None:
        del self._unstored[ack.seq]
        job = self.find(ack.seq)
        if job.state == JobState.RUNNING:
            super().succeed(job, ack)


class AckForgotten(Queue):
    """Some successes are answered and never stored, and their jobs are never taken back."""

    def __init__(self, store: Store, moment: Moment, timetable: Timetable) -> None:
        super().__init__(store, moment, timetable)
        self._forgotten: dict[int, Ack] = {}

    def ack(self, ack: Ack) -> Acked:
        return Acked(JobState.SUCCESS) if ack == self._forgotten.get(ack.seq) else super().ack(ack)

    def succeed(self, job: LiveJob, ack: Ack) -> Acked:
        if not strikes(job.seq):
            return super().succeed(job, ack)
        self._forgotten[job.seq] = ack
        self.store.extend_lease(job.seq, _NEVER_MS)
        return Acked(JobState.SUCCESS)


class NeverRecovered(Queue):
    """Who runs what is known to the process that handed it out, and dies with it; and no lease ever ends."""

    def __init__(self, store: Store, moment: Moment, timetable: Timetable) -> None:
        super().__init__(store, moment, timetable)
        everything = store.expired(2**31, Moment(_NEVER_MS, 0))
        self._handed_out_before = {job.seq: job.attempt for job in everything}

    def ack(self, ack: Ack) -> Acked:
        if ack.seq in self._handed_out_before:
            raise Refused(Reason.STALE, "this attempt was not handed out by this process")
        return super().ack(ack)

    def end_leases(self) -> None:
        self._next_expiry_ms = None


class HandingOutMore(_Procrastinating):
    """A queue that sends jobs past its own books."""

    def send(self, job: DueJob, session: Session) -> None:
        """Send a job to a stream that it was not leased to."""
        session.outbox.append(HandOut(job, session, self.moment.wall_ms))
        session.wake()

    def send_to_any(self, job: DueJob) -> None:
        """Send a job to the next stream that takes jobs of its name."""
        takers = [session for session in self.dispatcher.sessions if session.takes(job.name)]
        for session in takers[:1]:
            self.send(job, session)


class HandedOutTwice(HandingOutMore):
    """Some jobs are handed to two workers at once."""

    def __init__(self, store: Store, moment: Moment, timetable: Timetable) -> None:
        super().__init__(store, moment, timetable)
        self._struck: list[DueJob] = []

    def lease(self, leases: list[Lease]) -> None:
        self._struck += [job for job, _ in leases if strikes(job.seq) and job.attempt == 1]
        super().lease(leases)

    def committed(self) -> Committed:
        committed = super().committed()
        struck, self._struck = self._struck, []
        for job in struck:
            hand_out = self.dispatcher.hand_out_of(job.seq)
            takers = [session for session in self.dispatcher.sessions if session.takes(job.name)]
            takers.sort(key=lambda session: hand_out is not None and session is hand_out.session)
            for session in takers[:1]:
                self.send(job, session)
        return committed

    def rolled_back(self) -> None:
        super().rolled_back()
        self._struck.clear()


class HandedOutAfterAck(HandingOutMore):
    """Some jobs are handed out once more a moment after their success was stored."""

    def ack(self, ack: Ack) -> Acked:
        hand_out = self.dispatcher.hand_out_of(ack.seq)
        acked = super().ack(ack)
        if ack.success and hand_out is not None and strikes(ack.seq):
            job = hand_out.job._replace(attempt=hand_out.job.attempt + 1)
            self.later(AGAIN_AFTER_MS, lambda: self.send_to_any(job))
        return acked


class EnqueueDropped(Queue):
    """Some enqueues are answered with an id and not stored."""

    def __init__(self, store: Store, moment: Moment, timetable: Timetable) -> None:
        super().__init__(store, moment, timetable)
        self._enqueues = 0
        self._dropped: dict[tuple[str, str], int] = {}

    def enqueue(self, job: NewJob) -> Enqueued:
        key = (job.name, job.key or "")
        if key in self._dropped:
            return Enqueued(self._dropped[key], deduplicated=True)
        self._enqueues += 1
        if self._enqueues % STRIKES_EVERY:
            return super().enqueue(job)
        seq = 10**16 + secrets.randbelow(10**16)
        if job.key is not None:
            self._dropped[key] = seq
        return Enqueued(seq, deduplicated=False)


class KeyForgotten(Queue):
    """A key is not remembered: a second enqueue under it makes a second job."""

    def enqueue(self, job: NewJob) -> Enqueued:
        return super().enqueue(job._replace(key=None))


class _Settling(Queue):
    """A queue that, instead of handing some jobs out, says that they ended."""

    settled_as: ClassVar[JobState]

    def take_due(self, name: str, limit: int) -> list[DueJob]:
        taken = []
        for job in super().take_due(name, limit):
            if strikes(job.seq) and job.attempt == 1:
                self.finish_job(self.find(job.seq), self.settled_as)
            else:
                taken.append(job)
        return taken


class SuccessWithoutExecution(_Settling):
    """Some jobs are recorded as done that no worker was ever given."""

    settled_as = JobState.SUCCESS


class MarkedDead(_Settling):
    """Some jobs are given up before their first attempt."""

    settled_as = JobState.DEAD


class MarkedCancelled(_Settling):
    """Some jobs are cancelled that nobody asked to cancel."""

    settled_as = JobState.CANCELLED


class PayloadAltered(Queue):
    """Some payloads reach their worker with one byte changed."""

    def take_due(self, name: str, limit: int) -> list[DueJob]:
        return [_altered(job) if strikes(job.seq) else job for job in super().take_due(name, limit)]


class AttemptsUnlimited(Queue):
    """Failed jobs are tried again however often they have failed."""

    def is_exhausted(self, job: LiveJob) -> bool:  # noqa: ARG002
        return False


class SuccessTurnedFailure(Queue):
    """Some successes are answered as such and recorded as failures."""

    def succeed(self, job: LiveJob, ack: Ack) -> Acked:
        if not strikes(job.seq):
            return super().succeed(job, ack)
        self.finish_job(job, JobState.DEAD, result=ack.result, worker=job.worker)
        return Acked(JobState.SUCCESS)


class QueueLostAtRestart(Queue):
    """Every start begins with an empty queue."""

    @classmethod
    def prepare(cls, path: Path) -> None:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


class JobInvented(Queue):
    """Beside some jobs, another is handed out that nobody enqueued, of the same run and looking right."""

    def enqueue(self, job: NewJob) -> Enqueued:
        enqueued = super().enqueue(job)
        if strikes(enqueued.seq) and not enqueued.deduplicated:
            told = read_payload(job.args)
            if not isinstance(told, Corrupted):
                run, number = told
                args = make_payload(run, INVENTED_JOBS_FROM + number, len(job.args))
                super().enqueue(job._replace(args=args, key=None))
        return enqueued


def _altered(job: DueJob) -> DueJob:
    middle = len(job.args) // 2
    args = bytearray(job.args or b" ")
    args[middle] ^= 0x01
    return job._replace(args=bytes(args))
