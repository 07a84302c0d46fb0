"""Which worker gets which job: the open streams, what each holds, and whose turn it is.

A stream says how many jobs its worker takes at once, and the jobs handed to *that stream* count against it. Jobs that
its worker still has from an earlier stream don't, or a worker that was killed and came back would wait for its old
leases to run out before it got any work. But then a worker whose connection flaps would gather jobs without
end, so all leases of one worker id together never pass twice its concurrency: nobody starves for longer than
a timeout, nobody is buried, and no job is ever handed out twice, because a lease outlives the stream it went through.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chaos.systems.reference.jobs import DueJob
from chaos.systems.reference.store import Lease

MOST_LEASED: Final = 2
"""How many times its concurrency a worker may have leased, jobs of its earlier streams included."""


@dataclass(eq=False, slots=True)
class Session:
    """One open stream of one worker.

    Attributes:
        worker: The worker's id.
        names: The names of jobs it takes; empty: all.
        concurrency: How many jobs it takes at once; 0: none for now.
        wake: Called when there is something in the outbox, or when the session has ended.
        outbox: What is yet to be sent, oldest first.
        held: How many jobs were handed to this stream and are not finished.
        promised: How many more the transaction under way will hand to it.
        ended: Whether it may still send anything.
    """

    worker: str
    names: frozenset[str]
    concurrency: int
    wake: Callable[[], None]
    outbox: deque[HandOut] = field(default_factory=deque)
    held: int = 0
    promised: int = 0
    ended: bool = False

    def takes(self, name: str) -> bool:
        """Whether it takes jobs of this name."""
        return not self.names or name in self.names


@dataclass(eq=False, slots=True)
class HandOut:
    """One attempt of a job on its way to a worker, or there.

    Attributes:
        job: The job, with the number of this attempt.
        session: The stream it goes through.
        started_at: When it was leased, Unix milliseconds.
        sent_ms: When sending it began or, later, ended (monotonic); None while it is certain that nothing was sent.
    """

    job: DueJob
    session: Session
    started_at: int
    sent_ms: int | None = None


class Turn(NamedTuple):
    """A session and how many jobs it has room for."""

    session: Session
    room: int


class Dispatcher:
    """The open streams and what was handed to them.

    What it knows of leases follows the transaction: `release` counts at once, so that the same transaction can fill
    the place that became free, and `rolled_back` takes it back; `promise` counts as handed out once `committed`.
    """

    def __init__(self, leases: Counter[str]) -> None:
        self._sessions: dict[str, Session] = {}
        self._turns: deque[Session] = deque()
        self._leases = leases
        self._hand_outs: dict[int, HandOut] = {}
        self._released: list[tuple[str | None, HandOut | None]] = []
        self._promised: list[HandOut] = []

    @property
    def sessions(self) -> Sequence[Session]:
        """The open streams, the one whose turn is next first."""
        return tuple(self._turns)

    def join(self, session: Session) -> list[HandOut]:
        """Let a stream take jobs. An older stream of the same worker ends; returns what was never sent through it."""
        if session.ended:
            return []
        former = self._sessions.get(session.worker)
        unsent = [] if former is None else self.leave(former)
        self._sessions[session.worker] = session
        self._turns.append(session)
        return unsent

    def leave(self, session: Session) -> list[HandOut]:
        """End a stream; returns what was never sent through it. What was sent stays leased."""
        if session.ended:
            return []
        session.ended = True
        if self._sessions.get(session.worker) is session:
            del self._sessions[session.worker]
            self._turns.remove(session)
        unsent = list(session.outbox)
        session.outbox.clear()
        session.wake()
        return unsent

    def withhold(self, seq: int) -> None:
        """Don't send a job, if sending has not begun."""
        hand_out = self._hand_outs.get(seq)
        if hand_out is not None and hand_out in hand_out.session.outbox:
            hand_out.session.outbox.remove(hand_out)

    def hand_out_of(self, seq: int) -> HandOut | None:
        """How this process handed out the job's current attempt, if it did."""
        return self._hand_outs.get(seq)

    def turns(self, name: str) -> list[Turn]:
        """The sessions that can take a job of this name now, in the order in which it is their turn."""
        return [
            Turn(session, room)
            for session in self._turns
            if session.takes(name) and (room := self._room(session)) > 0
        ]

    def _room(self, session: Session) -> int:
        leased = self._leases[session.worker] + session.promised
        own = session.held + session.promised
        return min(session.concurrency - own, MOST_LEASED * session.concurrency - leased)

    def promise(self, jobs: Iterable[DueJob], turns: Iterable[Turn], started_at: int) -> list[Lease]:
        """Share jobs out, one each in turn, to sessions that have room for all of them together."""
        queue = deque(turns)
        leases = []
        for job in jobs:
            session, room = queue.popleft()
            if room > 1:
                queue.append(Turn(session, room - 1))
            session.promised += 1
            self._promised.append(HandOut(job, session, started_at))
            self._turns.remove(session)
            self._turns.append(session)
            leases.append(Lease(job, session.worker))
        return leases

    def release(self, seq: int, worker: str | None) -> None:
        """A job is no longer its worker's."""
        hand_out = self._hand_outs.pop(seq, None)
        if hand_out is not None:
            hand_out.session.held -= 1
        if worker is not None:
            self._leases[worker] -= 1
        self._released.append((worker, hand_out))

    def committed(self) -> list[HandOut]:
        """Hand out what was promised; returns those whose stream has ended meanwhile, so that nothing was sent."""
        self._released.clear()
        promised, self._promised = self._promised, []
        orphans = []
        for hand_out in promised:
            session = hand_out.session
            session.promised -= 1
            session.held += 1
            self._leases[session.worker] += 1
            self._hand_outs[hand_out.job.seq] = hand_out
            if session.ended:
                orphans.append(hand_out)
            else:
                session.outbox.append(hand_out)
                session.wake()
        return orphans

    def rolled_back(self) -> None:
        """Forget what was promised, and take back what was released."""
        for hand_out in self._promised:
            hand_out.session.promised -= 1
        self._promised.clear()
        for worker, released in self._released:
            if released is not None:
                released.session.held += 1
                self._hand_outs[released.job.seq] = released
            if worker is not None:
                self._leases[worker] += 1
        self._released.clear()
