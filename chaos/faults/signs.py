"""What shows that a change to some links bit: round trips through their proxies, or the calls of the load.

A sign is read before the change, under it, and after it is undone. Round trips are asked for by the fault itself, over
connections of their own; where a small request on a new connection shows nothing, the load's own calls must.
"""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from chaos.clock import now_ns
from chaos.faults.protocol import Evidence, Link, RoundTrip, Scene
from chaos.ledger.calls import Calls

BEFORE_S: Final = 2.0
"""How far back the load's calls are looked at to tell what is normal."""

Ask = Callable[[Link], Awaitable[RoundTrip]]
"""Sends something through a link's proxy and times it."""

_READINGS: Final = 3
_MOST_READINGS: Final = 10
_WELL_AT_ONCE: Final = 8
"""How many links are asked at once whether they are well again; some may keep one waiting."""
_CALM_AT_ONCE: Final = 2
"""How many round trips are under way at once where one should take no time: more would slow each other down."""


class Sign(ABC):
    """What shows that a change to some links bit."""

    @abstractmethod
    async def read_before(self) -> None:
        """Learn what is normal, before the change is made."""

    @abstractmethod
    async def shows(self) -> bool:
        """Whether the change is to be seen, asked now."""

    @abstractmethod
    async def is_gone(self, link: Link) -> bool:
        """Whether nothing more is to be seen on this link, asked now, once the change is undone."""

    @abstractmethod
    def evidence(self) -> Evidence:
        """What was read before the change and, last, under it."""

    @abstractmethod
    def evidence_after(self) -> Evidence:
        """What was read last once the change was undone."""


class RoundTrips(Sign):
    """Requests through the proxy of every link, of which each must show the change.

    Busy machines make round trips slower and never faster, so each reading is the fastest of three.

    Args:
        links: Where the change is made.
        bitten: Whether the second round trip, compared with the first one from before the change, shows it.
        ask: How a link is asked.
        ask_after: How it is asked once the change is undone, and no delay is to be waited for; None: as before.
        calm_ms: How fast an answer must be before the change, so that the change can be told from a busy machine; it is
            asked for up to ten times.
    """

    def __init__(
        self,
        links: Sequence[Link],
        bitten: Callable[[RoundTrip, RoundTrip], bool],
        *,
        ask: Ask,
        ask_after: Ask | None = None,
        calm_ms: float = math.inf,
    ) -> None:
        self._links = links
        self._bitten = bitten
        self._ask = ask
        self._ask_after = ask_after or ask
        self._calm_ms = calm_ms
        self._turns = asyncio.Semaphore(_CALM_AT_ONCE)
        self._turns_after = asyncio.Semaphore(_WELL_AT_ONCE)
        self._before: dict[str, RoundTrip] = {}
        self._during: dict[str, RoundTrip] = {}
        self._after: dict[str, RoundTrip] = {}

    async def read_before(self) -> None:
        """One reading of each link."""
        trips = await asyncio.gather(*(self._read_calm(link, self._ask, self._turns) for link in self._links))
        self._before = self._by_name(trips)

    async def shows(self) -> bool:
        """Whether every link that answered before now shows the change. One that didn't can't show anything."""
        trips = await asyncio.gather(*(self._read_at_once(link) for link in self._links))
        self._during = self._by_name(trips)
        return all(
            before.failure is None and self._bitten(before, self._during[name])
            for name, before in self._before.items()
        )

    async def is_gone(self, link: Link) -> bool:
        """Whether the link answers, and no longer shows the change: by the fastest answer since it was undone."""
        name = link_name(link)
        latest = await self._read_calm(link, self._ask_after, self._turns_after)
        after = _fastest([latest, self._after.get(name, latest)]) if latest.failure is None else latest
        self._after[name] = after
        before = self._before.get(name)
        was_normal = before is not None and before.failure is None
        return after.failure is None and not (
            was_normal and before is not None and self._bitten(before, after)
        )

    def evidence(self) -> Evidence:
        """The slowest link before, the fastest under the change; or how they failed."""
        return {
            **_figures("round_trip_before", self._before.values(), max),
            **_figures("round_trip_during", self._during.values(), min),
        }

    def evidence_after(self) -> Evidence:
        """The slowest link afterwards."""
        return _figures("round_trip_after", self._after.values(), max)

    async def _read_calm(self, link: Link, ask: Ask, turns: asyncio.Semaphore) -> RoundTrip:
        """The fastest of three or more, one after the other; no more are asked for once one has failed."""
        async with turns:
            trips = [await ask(link)]
            while trips[-1].failure is None and (
                len(trips) < _READINGS
                or (len(trips) < _MOST_READINGS and _fastest(trips).took_ms > self._calm_ms)
            ):
                trips.append(await ask(link))
            return _fastest(trips)

    async def _read_at_once(self, link: Link) -> RoundTrip:
        """The fastest of three that wait for their delay, or for their end, together."""
        return _fastest(await asyncio.gather(*(self._ask(link) for _ in range(_READINGS))))

    def _by_name(self, trips: Sequence[RoundTrip]) -> dict[str, RoundTrip]:
        return {link_name(link): trip for link, trip in zip(self._links, trips, strict=True)}


def _fastest(trips: Sequence[RoundTrip]) -> RoundTrip:
    """The fastest that was answered; else the first that failed."""
    answered = [trip for trip in trips if trip.failure is None]
    return min(answered or trips, key=lambda trip: trip.took_ms)


class LoadCalls(Sign):
    """The calls of the load, made over its own connections.

    Args:
        scene: Tells of the calls.
        callers: Whose calls, each client of a changed link by itself; or all together, where cores are the clients.
        bitten: Whether the calls since the change, beside those from before it, show it; None: they tell nothing. It is
            told, too, how long the slowest request on one of `beside` took since the change, in ms; None: one failed.
        ask: How a link is asked, beside the calls, and whether it is well again.
        beside: Links that are asked on connections of their own whenever the calls are looked at: what slows these
            requests down as well is the machine.
    """

    def __init__(
        self,
        scene: Scene,
        callers: Sequence[Sequence[str]],
        bitten: Callable[[Calls, Calls, float | None], bool | None],
        *,
        ask: Ask,
        beside: Sequence[Link] = (),
    ) -> None:
        self._scene = scene
        self._callers = callers
        self._bitten = bitten
        self._ask = ask
        self._beside = beside
        self._beside_ms = 0.0
        self._recovery = RoundTrips((), lambda before, after: False, ask=ask)  # noqa: ARG005
        self._changed_ns = 0
        self._before: Sequence[Calls] = ()
        self._during: Sequence[Calls] = ()
        self._everybody = [name for group in callers for name in group]
        self._figures: Evidence = {}

    async def read_before(self) -> None:
        """The calls of the last two seconds."""
        self._changed_ns = now_ns()
        start_ns = self._changed_ns - round(BEFORE_S * 1e9)
        self._before = self._calls(start_ns, self._changed_ns)
        self._figures = figures_of(self._scene.calls(self._everybody, start_ns, self._changed_ns), "before")

    async def shows(self) -> bool:
        """Whether the calls of every client that tell anything show the change, and those of one do."""
        beside_ms = await self._slowest_beside()
        until_ns = now_ns()
        self._during = self._calls(self._changed_ns, until_ns)
        during = figures_of(self._scene.calls(self._everybody, self._changed_ns, until_ns), "during")
        shown = [
            self._bitten(before, since, beside_ms)
            for before, since in zip(self._before, self._during, strict=True)
        ]
        by = [name for group, it_does in zip(self._callers, shown, strict=True) if it_does for name in group]
        beside = {"round_trip_during_ms": round(beside_ms, 3)} if beside_ms else {}
        self._figures = {**self._figures, **during, **beside, "shown_by": by}
        return True in shown and False not in shown

    async def is_gone(self, link: Link) -> bool:
        """Whether the link answers: the load may have ended, and call no more."""
        return await self._recovery.is_gone(link)

    def evidence(self) -> Evidence:
        """The calls before and since, and whose show it."""
        return self._figures

    def evidence_after(self) -> Evidence:
        """A round trip afterwards."""
        return self._recovery.evidence_after()

    async def _slowest_beside(self) -> float | None:
        """The slowest request beside the calls since the change, in ms; None if one of these was not answered."""
        trips = await asyncio.gather(*(self._ask(link) for link in self._beside))
        if any(trip.failure is not None for trip in trips):
            return None
        self._beside_ms = max([self._beside_ms, *(trip.took_ms for trip in trips)])
        return self._beside_ms

    def _calls(self, start_ns: int, end_ns: int) -> Sequence[Calls]:
        return [self._scene.calls(group, start_ns, end_ns) for group in self._callers]


def figures_of(calls: Calls, when: str) -> Mapping[str, float | int | None]:
    """What some calls saw, as evidence: `calls_median_before_ms`, …"""
    return {
        f"calls_answered_{when}": calls.answered,
        f"calls_fast_{when}_ms": _rounded(calls.fast_ms),
        f"calls_median_{when}_ms": _rounded(calls.median_ms),
        f"calls_unanswered_{when}": calls.unanswered,
        f"connections_lost_{when}": calls.connections_lost,
    }


def _rounded(took_ms: float | None) -> float | None:
    return None if took_ms is None else round(took_ms, 3)


def link_name(link: Link) -> str:
    """A link for people: `worker-1 > core`."""
    return f"{link.client} > {link.server}"


def _figures(
    name: str, trips: Iterable[RoundTrip], worst: Callable[[list[float]], float]
) -> Mapping[str, float | str]:
    """How long they took, one for all, or how they failed."""
    trips = list(trips)
    answered_ms = [trip.took_ms for trip in trips if trip.failure is None]
    failures = sorted({trip.failure for trip in trips if trip.failure is not None})
    figures: dict[str, float | str] = {}
    if answered_ms:
        figures[f"{name}_ms"] = round(worst(answered_ms), 3)
    if failures:
        figures[name] = ", ".join(failures)
    return figures
