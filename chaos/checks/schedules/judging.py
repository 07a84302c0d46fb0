"""Due times against fires: the rules of docs/checks.md for the findings about schedules.

A fire belongs to the latest due time that had come by then. One too many there may be a late one of a due time before
it that has none. Around an outage it is open which fire is whose, so fires are counted there: as many as the due times
that may have come while a core could fire, and for those that were missed for certain what the policy says.

Times are Unix seconds here; `WallClock` says which of the machine's monotonic clock they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final, NamedTuple

from chaos.checks.findings import Finding
from chaos.checks.schedules.lives import Era, Life
from chaos.checks.schedules.outages import NEVER_NS, Outage
from chaos.cron import Cron, Missed
from chaos.ledger.events import RunStarted
from chaos.ledger.records import UNFINISHED

SETTLES_S: Final = 1.0
"""From a change on, the schedule may still fire, or not yet fire, as it was before."""

LATE_S: Final = 15.0
"""A due time is over when the next one has come, or after this time: what has not fired by then never did."""

CLOCKS_AGREE_S: Final = 0.1
"""How far the two clocks may run apart within a run, and how long it takes to fire."""

BACK_AFTER_S: Final = 0.5
"""How soon after a core is ready a due time is no longer one that came while it was down."""


class WallClock:
    """What a time of the machine's monotonic clock was in Unix time, taking both as they were when the run began."""

    def __init__(self, start: RunStarted) -> None:
        self._ahead_s = datetime.fromisoformat(start.wall_time).timestamp() - start.time_ns / 1e9

    def at(self, time_ns: int) -> float:
        """The Unix time, in seconds."""
        return self._ahead_s + time_ns / 1e9

    def when_ns(self, time_s: float) -> int:
        """The time of the monotonic clock."""
        return round((time_s - self._ahead_s) * 1e9)


def dues_of(
    crons: Iterable[str], timezone: str, clock: WallClock, begin_ns: int, end_ns: int
) -> list[tuple[int, ...]]:
    """When each of these expressions is due, in Unix seconds, between two times of the monotonic clock."""
    begin_s, end_s = clock.at(begin_ns), clock.at(end_ns)
    return [tuple(Cron(cron, timezone).between(begin_s, end_s)) for cron in crons]


class Sight(NamedTuple):
    """A finding about a schedule, at this Unix time, in plain words."""

    finding: Finding
    schedule: int
    at_s: float
    what: str


@dataclass(frozen=True)
class Rules:
    """What schedules are judged by.

    Attributes:
        dues: When each of the load's expressions is due within the run, in their order.
        missed: What the system promises about due times that pass while it is down.
        outages: When no core could fire.
        clock: Which Unix time it was.
        resolution_s: How coarse the system's clock is.
    """

    dues: Sequence[Sequence[int]]
    missed: Missed
    outages: Sequence[Outage]
    clock: WallClock
    resolution_s: float


@dataclass
class Judged:
    """What came of judging some lives: what was found, and how often each finding could have been seen."""

    sights: list[Sight] = field(default_factory=list)
    opportunities: dict[Finding, int] = field(default_factory=dict)
    unread: int = 0

    def could_have(self, finding: Finding, number: int = 1) -> None:
        """It could have been seen so many times more."""
        self.opportunities[finding] = self.opportunities.get(finding, 0) + number


def judge(lives: Iterable[Life], rules: Rules) -> Judged:
    """Judge the lives of all schedules."""
    judged = Judged()
    for life in lives:
        if life.told:
            judged.could_have(Finding.CHANGE_LOST, life.told)
            judged.could_have(Finding.SCHEDULE_DOUBLED)
        if life.lost_change_ns is not None:
            at_s = rules.clock.at(life.lost_change_ns)
            what = "the system does not have the schedule as it had acknowledged it"
            judged.sights.append(Sight(Finding.CHANGE_LOST, life.number, at_s, what))
        if len(life.ids) > 1:
            what = f"{len(life.ids)} schedules have this name"
            judged.sights.append(Sight(Finding.SCHEDULE_DOUBLED, life.number, _end_s(life, rules), what))
        if not life.fires_read:
            judged.unread += 1
            continue
        judged.could_have(Finding.FIRE_STUCK, len(life.fires))
        stuck = [fire for fire in life.fires if fire.state in UNFINISHED]
        for fire in stuck:
            what = "what was fired then was not finished in the end"
            judged.sights.append(Sight(Finding.FIRE_STUCK, life.number, fire.fired_ms / 1000, what))
        fires = [fire.fired_ms / 1000 for fire in life.fires]
        for era in life.eras:
            _Era(life.number, era, fires, rules, judged).judge()
    return judged


def _end_s(life: Life, rules: Rules) -> float:
    return rules.clock.at(life.eras[-1].end_ns) if life.eras else rules.clock.at(0)


class _Era:
    """One era of one schedule, being judged."""

    def __init__(self, schedule: int, era: Era, fires: Sequence[float], rules: Rules, judged: Judged) -> None:
        self._schedule = schedule
        self._rules = rules
        self._judged = judged
        self._is_active = era.is_active
        self._from_s, self._to_s = rules.clock.at(era.begin_ns) + SETTLES_S, rules.clock.at(era.end_ns)
        self._fires = fires
        every = rules.dues[era.cron - 1] if era.cron else ()
        self._dues = every[bisect_left(every, self._from_s - SETTLES_S) : bisect_left(every, self._to_s)]

    def judge(self) -> None:
        if self._to_s <= self._from_s:
            return
        dues = self._dues
        if not self._is_active:
            self._judged.could_have(Finding.MISFIRED, sum(due >= self._from_s for due in dues))
            self._none_may_fire(self._from_s, self._to_s)
        elif dues:
            self._judge_active(dues)
        else:
            self._none_may_fire(self._from_s, self._to_s)

    def _none_may_fire(self, from_s: float, to_s: float) -> None:
        """A fire there is one too many. Its time may be told as earlier than it was, by what the clock can't tell."""
        for fired_s in self._between(from_s, to_s - self._rules.resolution_s):
            self._see(Finding.MISFIRED, fired_s, "it was not due")

    def _judge_active(self, dues: Sequence[int]) -> None:
        self._none_may_fire(self._from_s, min(dues[0], self._to_s))
        begin_s = self._from_s
        for outage in self._rules.outages:
            window = self._window(outage, dues, begin_s)
            if window is None:
                continue
            self._judge_live([due for due in dues if begin_s <= due < window.begin_s], window.begin_s)
            self._judge_window(window)
            begin_s = window.end_s
        self._judge_live([due for due in dues if begin_s <= due], self._to_s)

    # -- while a core could fire --------------------------------------------------------------------------------

    def _judge_live(self, dues: Sequence[int], to_s: float) -> None:
        """Each due time that is over has one fire; one too many may make up for a late one before it."""
        unfired: list[float] = []
        for due_s, next_s in pairwise((*dues, to_s)):
            fired = len(self._between(due_s, next_s))
            is_over = next_s < to_s or to_s >= due_s + LATE_S
            if fired or is_over:
                self._judged.could_have(Finding.NEVER_FIRED)
                self._judged.could_have(Finding.FIRED_TWICE)
            if not fired and is_over:
                unfired.append(due_s)
            for _ in range(fired - 1):
                while unfired and unfired[0] < due_s - LATE_S:
                    self._never_fired(unfired.pop(0))
                if unfired:
                    unfired.pop(0)
                else:
                    self._see(Finding.FIRED_TWICE, due_s, f"it was due once, and fired {fired} times")
        for due_s in unfired:
            self._never_fired(due_s)

    def _never_fired(self, due_s: float) -> None:
        self._see(Finding.NEVER_FIRED, due_s, "it was due, and did not fire")

    # -- around an outage ---------------------------------------------------------------------------------------

    def _window(self, outage: Outage, dues: Sequence[int], begin_s: float) -> _Window | None:
        """The due times around an outage, as far as it lies within what is not judged yet; None if none are there."""
        clock = self._rules.clock
        asked_s = clock.at(outage.span.begin_ns) - CLOCKS_AGREE_S
        well_s = clock.at(outage.span.end_ns) + BACK_AFTER_S
        if well_s <= begin_s or asked_s >= self._to_s:
            return None
        first_s = max(asked_s, begin_s)
        at = bisect_left(dues, first_s)
        if at and begin_s <= dues[at - 1] and first_s < dues[at - 1] + LATE_S:
            before_s = dues[at - 1]
            if not self._between(before_s, first_s):
                at, first_s = at - 1, before_s
        end_s = next((due for due in dues[at:] if due > well_s), self._to_s)
        within = [due for due in dues[at:] if due < end_s]
        downs = [
            (clock.at(down.begin_ns) + CLOCKS_AGREE_S, clock.at(down.end_ns) - CLOCKS_AGREE_S)
            for down in outage.downs
        ]
        missed = [due for due in within if any(begin < due < end for begin, end in downs)]
        is_whole = asked_s > begin_s and well_s < self._to_s and outage.span.end_ns < NEVER_NS
        return _Window(first_s, end_s, len(within) - len(missed), len(missed), len(outage.downs), is_whole)

    def _judge_window(self, window: _Window) -> None:
        if not window.is_whole or not window.live + window.missed:
            return
        fired = len(self._between(window.begin_s, window.end_s))
        least, most = window.bounds(self._rules.missed)
        if window.missed:
            self._judged.could_have(Finding.MISSED_POLICY)
        what = (
            f"around an outage it was due {window.live + window.missed} times, {window.missed} of them while no core "
            f"ran, and fired {fired} times: by the policy `{self._rules.missed}` it must be {_span(least, most)}"
        )
        if fired > window.live + window.missed:
            self._see(Finding.FIRED_TWICE, window.begin_s, what)
        elif not least <= fired <= most:
            self._see(Finding.MISSED_POLICY, window.begin_s, what)

    # -- the parts of it ----------------------------------------------------------------------------------------

    def _between(self, from_s: float, to_s: float) -> Sequence[float]:
        return self._fires[bisect_left(self._fires, from_s) : bisect_left(self._fires, to_s)]

    def _see(self, finding: Finding, at_s: float, what: str) -> None:
        self._judged.sights.append(Sight(finding, self._schedule, at_s, what))


class _Window(NamedTuple):
    """The due times around an outage: until `end_s`, the first due time that is certainly none of them.

    Attributes:
        live: How many may have come while a core could fire.
        missed: How many came while none ran, for certain.
        downs: How often none ran.
        is_whole: Whether the schedule was the same, for certain, all the time.
    """

    begin_s: float
    end_s: float
    live: int
    missed: int
    downs: int
    is_whole: bool

    def bounds(self, policy: Missed) -> tuple[int, int]:
        """How many fires there must be at least and at most."""
        every = self.live + self.missed
        match policy:
            case Missed.ALL:
                return every, every
            case Missed.ONCE:
                return 1, self.live + min(self.missed, self.downs)
            case Missed.NONE:
                return 0, self.live


def _span(least: int, most: int) -> str:
    return str(most) if least == most else f"{least} to {most}"
