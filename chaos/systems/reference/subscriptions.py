"""Who wants to hear that a job is finished."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Subscription:
    """One stream of one subscriber.

    Attributes:
        wake: Called when there is something to tell.
        awaited: Jobs it waits for.
        told: Jobs it was told of, or is about to be.
        outbox: Finished jobs that it is to be told of, oldest first.
        unknown: Ids it asked for that no job has.
    """

    wake: Callable[[], None]
    awaited: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    outbox: deque[int] = field(default_factory=deque)
    unknown: deque[str] = field(default_factory=deque)

    def tell(self, seq: int) -> None:
        """Let the subscriber hear of a finished job, unless it has on this stream."""
        if seq not in self.told:
            self.told.add(seq)
            self.outbox.append(seq)
            self.wake()


class Subscriptions:
    """The open subscriptions, by job."""

    def __init__(self) -> None:
        self._by_job: defaultdict[int, set[Subscription]] = defaultdict(set)

    def add(self, subscription: Subscription, seq: int) -> None:
        """Tell a subscriber when this job is finished."""
        subscription.awaited.add(seq)
        self._by_job[seq].add(subscription)

    def add_finished(self, subscription: Subscription, seq: int) -> None:
        """Tell a subscriber of this job, which is finished already."""
        subscription.tell(seq)

    def remove(self, subscription: Subscription, seq: int) -> None:
        """Tell a subscriber no more; one that asks anew after this is told anew."""
        subscription.told.discard(seq)
        subscription.awaited.discard(seq)
        subscribers = self._by_job.get(seq)
        if subscribers is not None:
            subscribers.discard(subscription)
            if not subscribers:
                del self._by_job[seq]

    def waiting(self, seq: int) -> frozenset[Subscription]:
        """Who waits for this job."""
        return frozenset(self._by_job.get(seq, ()))

    def close(self, subscription: Subscription) -> None:
        """Forget a stream that has ended."""
        for seq in list(subscription.awaited):
            self.remove(subscription, seq)

    def completed(self, seqs: Iterable[int]) -> None:
        """Tell those who wait that these jobs are finished."""
        for seq in seqs:
            for subscription in self._by_job.pop(seq, ()):
                subscription.awaited.discard(seq)
                subscription.tell(seq)
