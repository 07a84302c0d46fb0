from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chaos.processes.ports import LOOPBACK
from chaos.processes.suspension import Suspension
from chaos.proxies.errors import ProxyError
from chaos.proxies.links import ProxyLink
from chaos.proxies.proxies import Proxies, Wanted

pytestmark = pytest.mark.alone


@asynccontextmanager
async def proxied(core: str, tmp_path: Path) -> AsyncIterator[Proxies]:
    proxies = Proxies("a-run", tmp_path, lambda _: None, url=None)
    try:
        await proxies.start([Wanted("worker-1", "core", core)])
        yield proxies
    finally:
        await proxies.stop()


def link_of(proxies: Proxies, injection: str = "latency") -> ProxyLink:
    return proxies.link("worker-1", "core", injection)


async def fastest_ms(link: ProxyLink, times: int = 3) -> float:
    trips = [await link.round_trip() for _ in range(times)]
    assert [trip.failure for trip in trips] == [None] * times
    return min(trip.took_ms for trip in trips)


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
async def test_a_latency_toxic_shows_once_in_a_round_trip(core: str, tmp_path: Path, stream: str) -> None:
    async with proxied(core, tmp_path) as proxies:
        link = link_of(proxies)
        assert await fastest_ms(link) < 200
        await link.add_toxic("latency", stream, {"latency": 200})
        assert 200 <= await fastest_ms(link) < 400
        await link.remove_toxics()
        assert await fastest_ms(link) < 200


async def test_each_way_to_fail_has_a_word(core: str, tmp_path: Path) -> None:
    async with proxied(core, tmp_path) as proxies:
        link = link_of(proxies)
        for toxic, stream, attributes, word in (
            ("timeout", "downstream", {"timeout": 0}, "no answer within 0.1 s"),
            ("reset_peer", "downstream", {"timeout": 0}, "reset"),
            ("limit_data", "upstream", {"bytes": 20}, "closed"),
        ):
            await link.add_toxic(toxic, stream, attributes)
            assert (await link.round_trip(0.1)).failure == word
            await link.remove_toxics()
            assert (await link.round_trip()).failure is None
        await link.cut()
        assert (await link.round_trip()).failure == "refused"
        await link.mend()
        await link.mend()
        assert (await link.round_trip()).failure is None


async def test_a_cut_ends_the_connections_there_are(core: str, tmp_path: Path) -> None:
    async with proxied(core, tmp_path) as proxies:
        link = link_of(proxies)
        reader, writer = await asyncio.open_connection(LOOPBACK, int(link.address.rpartition(":")[2]))
        assert await reader.read(9)  # the core's settings have come through
        await link.cut()
        await asyncio.wait_for(reader.read(), 5)
        writer.close()


@pytest.mark.parametrize("other", ["latency#2", "latency:2", "laten", "a/b c%"])
async def test_overlapping_injections_leave_each_others_toxics(core: str, tmp_path: Path, other: str) -> None:
    async with proxied(core, tmp_path) as proxies:
        one, two = link_of(proxies, "latency"), link_of(proxies, other)
        await one.add_toxic("latency", "upstream", {"latency": 30})
        await two.add_toxic("latency", "upstream", {"latency": 30})
        await one.remove_toxics()
        assert len(one.toxiproxy.toxics(one.proxy)) == 1
        await one.add_toxic("latency", "upstream", {"latency": 30})
        await two.remove_toxics()
        assert len(one.toxiproxy.toxics(one.proxy)) == 1


async def test_what_is_removed_was_added_even_if_its_adding_was_cancelled(core: str, tmp_path: Path) -> None:
    async with proxied(core, tmp_path) as proxies:
        link = link_of(proxies)
        for _ in range(20):
            adding = asyncio.create_task(link.add_toxic("latency", "upstream", {"latency": 1}))
            await asyncio.sleep(0)
            adding.cancel()
            await asyncio.gather(adding, return_exceptions=True)
            await link.remove_toxics()
            assert link.toxiproxy.toxics(link.proxy) == ()


async def test_what_the_server_refuses_is_raised(core: str, tmp_path: Path) -> None:
    async with proxied(core, tmp_path) as proxies:
        with pytest.raises(ProxyError, match="invalid toxic type"):
            await link_of(proxies).add_toxic("sloth", "upstream", {})


async def test_another_process_can_undo_a_toxic_and_a_cut(core: str, tmp_path: Path) -> None:
    async with proxied(core, tmp_path) as proxies:
        link, other = link_of(proxies), link_of(proxies, "bandwidth")
        undo_toxics, undo_cut = link.undo_toxics(), link.undo_cut()
        undo_toxics.carry_out()
        undo_cut.carry_out()
        await link.add_toxic("latency", "upstream", {"latency": 30})
        await other.add_toxic("bandwidth", "upstream", {"rate": 1000})
        await link.cut()
        for _ in range(2):
            undo_toxics.carry_out()
            undo_cut.carry_out()
            assert len(link.toxiproxy.toxics(link.proxy)) == 1
            assert (await link.round_trip()).failure is None
    undo_toxics.carry_out()  # the server is gone, and what it kept with it
    undo_cut.carry_out()


async def test_a_link_that_two_injections_cut_is_down_until_both_have_mended_it(
    core: str, tmp_path: Path
) -> None:
    async with proxied(core, tmp_path) as proxies:
        first, second = link_of(proxies, "disconnect"), link_of(proxies, "refuse")
        await first.cut()
        await second.cut()
        await first.mend()
        assert (await second.round_trip()).failure == "refused"
        await second.mend()
        assert (await second.round_trip()).failure is None


async def test_one_that_mends_does_not_overtake_another_that_cuts(core: str, tmp_path: Path) -> None:
    async with proxied(core, tmp_path) as proxies:
        one, other = link_of(proxies, "refuse"), link_of(proxies, "disconnect")
        for _ in range(30):
            await one.cut()
            await asyncio.gather(one.mend(), other.cut())
            assert await one.changes_by_others() == ["cut"]
            await asyncio.gather(other.mend(), one.cut())
            assert await other.changes_by_others() == ["cut"]
            await one.mend()
            assert await one.changes_by_others() == []


async def test_what_an_injection_did_itself_is_not_taken_for_anothers(core: str, tmp_path: Path) -> None:
    async with proxied(core, tmp_path) as proxies:
        one, other = link_of(proxies, "latency"), link_of(proxies, "refuse")
        await one.add_toxic("latency", "upstream", {"latency": 1})
        assert await other.changes_by_others() == ["latency:latency:upstream"]
        with pytest.raises(ProxyError, match="still under latency:latency:upstream"):
            await one.changes_by_others()
        await one.remove_toxics()
        one.toxiproxy.enable(one.proxy, False)
        with pytest.raises(ProxyError, match="still under cut"):
            await other.changes_by_others()
        await other.mend()


async def test_a_server_that_does_not_answer_is_started_anew_to_mend_a_cut(core: str, tmp_path: Path) -> None:
    async with proxied(core, tmp_path) as proxies:
        link = link_of(proxies)
        await link.cut()
        assert proxies.component is not None
        await Suspension(proxies.component.process).stop()
        await link.mend()
        assert proxies.component.incarnation == 2
        assert (await link.round_trip()).failure is None
