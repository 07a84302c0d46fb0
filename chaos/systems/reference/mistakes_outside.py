"""Queues, and accounts of subscribers, that make one mistake each with what is asked of them from outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chaos.systems.reference.jobs import (
    OPEN_STATES,
    Ack,
    Acked,
    DueJob,
    JobState,
    LiveJob,
    Moment,
)
from chaos.systems.reference.mistakes import HandingOutMore
from chaos.systems.reference.queue import Queue
from chaos.systems.reference.store import Lease, Store
from chaos.systems.reference.subscriptions import Subscription, Subscriptions
from chaos.systems.reference.timetable import Timetable

RUN_AGAIN_AFTER_MS: Final = 1_500
ENDS_WRONG_EVERY: Final = 4


class CancelIgnored(Queue):
    """Cancellations are answered with success, and nothing comes of them."""

    def cancel(self, seq: int) -> JobState:
        return JobState(self.find(seq).state)


class RunAfterCancel(HandingOutMore):
    """Jobs that were handed out before are handed out once more some time after they were cancelled."""

    def __init__(self, store: Store, moment: Moment, timetable: Timetable) -> None:
        super().__init__(store, moment, timetable)
        self._leased: dict[int, DueJob] = {}

    def lease(self, leases: list[Lease]) -> None:
        self._leased.update({job.seq: job for job, _ in leases})
        super().lease(leases)

    def cancel(self, seq: int) -> JobState:
        before = super().cancel(seq)
        if before in OPEN_STATES and (job := self._leased.get(seq)) is not None:
            again = job._replace(attempt=job.attempt + 1)
            self.later(RUN_AGAIN_AFTER_MS, lambda: self.send_to_any(again))
        return before


class RetryIgnored(Queue):
    """Retries of dead jobs are answered with success, and the jobs stay dead."""

    def retry(self, seq: int) -> JobState:
        return JobState(self.find(seq).state)


class ResultAltered(Queue):
    """Some results are stored with one byte changed."""

    def succeed(self, job: LiveJob, ack: Ack) -> Acked:
        if job.seq % ENDS_WRONG_EVERY == 0:
            ack = ack._replace(result=b"!" + ack.result[1:])
        return super().succeed(job, ack)


class EndUntold(Subscriptions):
    """Whoever waits for some jobs is not told of their end."""

    def completed(self, seqs: Iterable[int]) -> None:
        super().completed(seq for seq in seqs if seq % ENDS_WRONG_EVERY)


class EndUntoldAnew(Subscriptions):
    """Whoever asks for a job that has ended already is told nothing."""

    def add_finished(self, subscription: Subscription, seq: int) -> None:
        pass


class EndToldTwice(Subscriptions):
    """Whoever waits for some jobs is told of their end twice."""

    def completed(self, seqs: Iterable[int]) -> None:
        seqs = list(seqs)
        again = {seq: tuple(self.waiting(seq)) for seq in seqs if not seq % ENDS_WRONG_EVERY}
        super().completed(seqs)
        for seq, subscribers in again.items():
            for subscription in subscribers:
                subscription.outbox.append(seq)
                subscription.wake()
