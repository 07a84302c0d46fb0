"""Changes to links: what every fault does that acts on connections through their proxies."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Protocol, TypeVar

from chaos.clock import now_ns, seconds_between
from chaos.experiment.model import FaultSpec
from chaos.experiment.targets import Cast
from chaos.faults.exposure import under_way
from chaos.faults.protocol import Evidence, Fault, Link, NotConfirmed, NotReverted, RoundTrip, Scene
from chaos.faults.signs import BEFORE_S, RoundTrips, Sign, figures_of, link_name
from chaos.guardian.deed import Deed
from chaos.proxies.errors import ProxyError

SpecT = TypeVar("SpecT", bound=FaultSpec)

_POLL_S: Final = 0.05
_CONFIRMED_WITHIN_S: Final = 10.0
_GONE_WITHIN_S: Final = 10.0
_ANSWER_WITHIN_S: Final = 2.0


class Change(Protocol):
    """Something done to a link, and how it is undone."""

    async def make(self, link: Link) -> None:
        """Do it."""
        ...

    async def unmake(self, link: Link) -> None:
        """Undo it. Harmless if it was never done."""
        ...

    def undo(self, link: Link) -> Deed:
        """How another process undoes it."""
        ...


@dataclass(frozen=True)
class Toxic:
    """One toxic in each of these streams, for every connection of the link.

    Attributes:
        kind: What Toxiproxy calls it.
        streams: `upstream`, `downstream`, or both.
        attributes: What Toxiproxy takes for it.
    """

    kind: str
    streams: tuple[str, ...]
    attributes: Mapping[str, int]

    async def make(self, link: Link) -> None:
        for stream in self.streams:
            await link.add_toxic(self.kind, stream, self.attributes)

    async def unmake(self, link: Link) -> None:
        await link.remove_toxics()

    def undo(self, link: Link) -> Deed:
        return link.undo_toxics()


@dataclass(frozen=True)
class Cut:
    """The proxy is taken down: connections end, new ones are refused."""

    async def make(self, link: Link) -> None:
        await link.cut()

    async def unmake(self, link: Link) -> None:
        await link.mend()

    def undo(self, link: Link) -> Deed:
        return link.undo_cut()


async def real_request(link: Link) -> RoundTrip:
    """A round trip that is given up after 2 s."""
    return await link.round_trip(_ANSWER_WITHIN_S)


def refusals(links: Sequence[Link]) -> Sign:
    """New connections to every one of these links are refused."""
    return RoundTrips(links, lambda _, during: during.failure == "refused", ask=real_request)


class LinkFault(Fault[SpecT]):
    """A change made to some links at once, that shows in a sign."""

    through_proxies = True
    needs = "the Toxiproxy server, which `chaos setup toxiproxy` gets"

    def __init__(self, spec: SpecT) -> None:
        super().__init__(spec)
        self._sign: Sign | None = None
        self._under_way: Mapping[str, int] = {}
        self._calls_before: Evidence = {}
        self._changed_ns = 0
        self._in_force_ns = 0
        self._ill: Mapping[str, str] = {}

    @abstractmethod
    def links(self, scene: Scene) -> Sequence[Link]:
        """The links that this injection changes."""

    @abstractmethod
    def change(self) -> Change:
        """What is done to each of them."""

    @abstractmethod
    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:
        """What shows that it bit."""

    def first(self, scene: Scene) -> Sequence[Link]:
        """The links that are changed at once, and show it; all, unless the fault changes the others later."""
        return self.links(scene)

    async def moment(self, scene: Scene) -> None:
        """Wait, once everything is prepared, for something worth changing the links under; nothing, by default."""

    def reaches(self, targets: Sequence[str], cast: Cast) -> Sequence[str]:
        """The clients of the links that are changed; everybody, where cores are the clients."""
        return [target for target in targets if target in cast.load]

    def undo(self, scene: Scene) -> Sequence[Deed]:
        """The change to each link, taken back."""
        return [self.change().undo(link) for link in self.links(scene)]

    async def inject(self, scene: Scene) -> None:
        """See what is normal, and make the change to the links at once."""
        links, callers = self.first(scene), callers_over(scene, self.links(scene))
        sign = self.sign(scene, links)
        before_ns = now_ns()
        calls = scene.calls(callers, before_ns - round(BEFORE_S * 1e9), before_ns)
        self._calls_before = figures_of(calls, "before")
        await sign.read_before()
        await self.moment(scene)
        self._under_way = under_way(scene, callers_over(scene, links))
        self._sign, self._changed_ns = sign, now_ns()
        await each(self.change().make(link) for link in links)
        self._in_force_ns = now_ns()

    async def confirm(self, scene: Scene) -> Evidence:
        """Read the sign until it shows the change."""
        assert self._sign is not None
        links = [link_name(link) for link in self.first(scene)]
        within_s = min(self.spec.lasts_s or _CONFIRMED_WITHIN_S, _CONFIRMED_WITHIN_S)
        while not await self._sign.shows():
            if seconds_between(self._changed_ns, now_ns()) > within_s:
                read = ", ".join(f"{name} {value}" for name, value in self._sign.evidence().items())
                raise NotConfirmed(f"{', '.join(links)} did not show it: {read}")
            await asyncio.sleep(_POLL_S)
        return {
            "links": links,
            "in_force_after_ms": round((self._in_force_ns - self._changed_ns) / 1e6, 3),
            **self._sign.evidence(),
            **self._under_way,
        }

    async def revert(self, scene: Scene) -> Evidence:
        """Take the change back, and wait until the links are as they were before it."""
        links = self.links(scene)
        try:
            async with asyncio.timeout(_GONE_WITHIN_S):
                return await self._undone(scene, links)
        except TimeoutError:
            after = {} if self._sign is None else self._sign.evidence_after()
            why = [f"{name} {value}" for name, value in after.items()] + [
                text for text in self._ill.values() if text
            ]
            read = ", ".join(why) or "nothing was read"
            raise NotReverted(
                f"{', '.join(map(link_name, links))} did not get well within {_GONE_WITHIN_S:g} s: {read}"
            ) from None

    async def _undone(self, scene: Scene, links: Sequence[Link]) -> Evidence:
        await each(self.change().unmake(link) for link in links)
        if self._sign is None:
            return {}
        calls = scene.calls(callers_over(scene, links), self._changed_ns, now_ns())
        unknown = await self._settle(scene, links, self._sign)
        return {
            **self._sign.evidence_after(),
            **({"not_measured_after": unknown} if unknown else {}),
            **self._calls_before,
            **figures_of(calls, "during"),
        }

    async def _settle(self, scene: Scene, links: Sequence[Link], sign: Sign) -> dict[str, str]:
        """Wait until the links are well; why some can't be asked: something else is done to them or their servers."""
        unknown: dict[str, str] = {}
        while True:
            found = await asyncio.gather(*(_look_again(scene, link, sign) for link in links))
            unknown |= {
                link_name(link): why
                for link, (health, why) in zip(links, found, strict=True)
                if health is Health.UNKNOWN
            }
            self._ill = {
                link_name(link): why
                for link, (health, why) in zip(links, found, strict=True)
                if health is Health.ILL
            }
            links = [link for link in links if link_name(link) in self._ill]
            if not links:
                return unknown
            await asyncio.sleep(_POLL_S)


class Health(Enum):
    """What is known of a link to which nothing is done any more by one fault."""

    WELL = auto()
    ILL = auto()
    UNKNOWN = auto()


async def _look_again(scene: Scene, link: Link, sign: Sign) -> tuple[Health, str]:
    """How a link is; where that can't be told, because of something else that is done to it or its server, why."""
    try:
        changes = await link.changes_by_others()
    except ProxyError as error:  # a server that is being started anew answers again soon
        return Health.ILL, str(error)
    if changes:
        return Health.UNKNOWN, f"still under {', '.join(changes)}"
    if await sign.is_gone(link):
        return Health.WELL, ""
    if not await scene.component(link.server).answers():
        return Health.UNKNOWN, f"{link.server} does not answer"
    return Health.ILL, ""


def callers_over(scene: Scene, links: Sequence[Link]) -> tuple[str, ...]:
    """The processes of the load whose calls go over these links: their clients, or the clients of cores that are."""
    return scene.cast.load_on({link.client for link in links})


def clients_over(scene: Scene, links: Sequence[Link]) -> Sequence[Sequence[str]]:
    """The processes of the load whose calls go over these links, each by itself; all as one where cores are between."""
    callers = callers_over(scene, links)
    clients = {link.client for link in links}
    return [(name,) for name in callers] if clients == set(callers) else [callers]


async def each(steps: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Take these steps at once, each to its end, also if one fails or the caller is cancelled: a change that is
    being made when it is to be undone must not come about after that.

    Raises:
        ProxyError: The first that was raised.
    """
    taken = asyncio.gather(*steps, return_exceptions=True)
    try:
        results = await asyncio.shield(taken)
    except asyncio.CancelledError:
        await asyncio.wait({taken})
        raise
    for result in results:
        if isinstance(result, BaseException):
            raise result
