"""Each fault of links does to a client's connection what it says, shows it, and leaves nothing behind.

What it does is seen from outside, by calls that the fault does not know of.
"""

from __future__ import annotations

import asyncio

import grpc
import pytest

from chaos.clock import now_ns
from chaos.faults import links as faults_of_links
from chaos.faults.limit_data import LimitData
from chaos.faults.protocol import NotConfirmed, NotReverted
from chaos.processes.suspension import Suspension
from tests.faults.conftest import WORKERS, Ground, Injection, fastest

pytestmark = pytest.mark.alone

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
DEADLINE = grpc.StatusCode.DEADLINE_EXCEEDED


async def refused(ground: Ground, client: str) -> bool:
    """Whether a new connection through this client's proxy is refused."""
    host, _, port = ground.address(client).rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except ConnectionRefusedError:
        return True
    writer.transport.abort()
    return False


async def who_is_refused(ground: Ground) -> set[str]:
    """The workers whose proxies refuse connections."""
    return {worker for worker in WORKERS if await refused(ground, worker)}


async def until_refused(ground: Ground, number: int) -> None:
    """Wait until the proxies of so many workers refuse connections."""
    async with asyncio.timeout(5.0):
        while len(await who_is_refused(ground)) < number:  # noqa: ASYNC110 - nobody tells when it happens
            await asyncio.sleep(0.02)


async def until_connections_lost(injection: Injection) -> None:
    """Wait until a target has written down that it lost its connection."""
    async with asyncio.timeout(5.0):
        while not injection.scene.calls(  # noqa: ASYNC110 - nobody tells when it happens
            injection.targets, injection.scene.injected_ns - round(1e9), now_ns()
        ).connections_lost:
            await asyncio.sleep(0.02)


async def end_of_connection(ground: Ground, client: str) -> str:
    """How a new connection ends on which nothing is said: `reset`, or `open` after 300 ms."""
    host, _, port = ground.address(client).rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        async with asyncio.timeout(0.3):
            while await reader.read(4096):
                pass
    except TimeoutError:
        return "open"
    except ConnectionResetError:
        return "reset"
    finally:
        writer.transport.abort()
    return "closed"


async def closing_ms(ground: Ground, client: str) -> float:
    """How long it takes until a connection that we close on our side is closed on the other."""
    host, _, port = ground.address(client).rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    start = asyncio.get_running_loop().time()
    writer.write_eof()
    async with asyncio.timeout(5.0):
        while await reader.read(4096):
            pass
    writer.transport.abort()
    return 1000 * (asyncio.get_running_loop().time() - start)


def test_latency_delays_each_answer_by_as_much_as_it_says(ground: Ground) -> None:
    async def story() -> None:
        ours = ground.listing("worker-1")
        injection = ground.injection("{fault: latency, between: [worker-1, core], latency: 100ms, for: 5s}")
        evidence = await injection.bite()
        during_ms = await fastest(*(ours.took_ms() for _ in range(3)))
        other = ground.listing("worker-2")
        await other.gets_faster_than(100)
        undone = await injection.revert()
        await ours.gets_faster_than(100)
        assert during_ms > 100
        assert evidence["links"] == ["worker-1 > core"]
        assert evidence["round_trip_during_ms"] - evidence["round_trip_before_ms"] >= 80
        assert undone["round_trip_after_ms"] < 100
        await ours.close()
        await other.close()

    ground.run(story())


def test_latency_in_both_directions_counts_twice(ground: Ground) -> None:
    async def story() -> None:
        injection = ground.injection(
            "{fault: latency, between: [core, worker-1], direction: both, latency: 50ms, for: 5s}"
        )
        evidence = await injection.bite()
        await injection.revert()
        assert evidence["round_trip_during_ms"] > 100

    ground.run(story())


def test_bandwidth_lets_no_more_through_than_it_says(ground: Ground) -> None:
    async def story() -> None:
        ours = ground.listing("worker-1")
        await ours.gets_faster_than(300)
        injection = ground.injection("{fault: bandwidth, between: [workers, core], rate: 4kB/s, for: 8s}")
        evidence = await injection.bite()
        during_ms = await ours.took_ms(jobs=10)  # more than 3 kB
        undone = await injection.revert()
        await ours.gets_faster_than(500, jobs=10)
        assert isinstance(during_ms, float)
        assert during_ms > 500
        assert evidence["round_trip_during_ms"] - evidence["round_trip_before_ms"] >= 0.8 * (150 + 80) / 4
        assert "round_trip_after_ms" in undone
        await ours.close()

    ground.run(story())


def test_a_bandwidth_that_one_request_does_not_feel_is_shown_by_the_calls_that_need_more(
    ground: Ground,
) -> None:
    async def story() -> None:
        injection = ground.injection(
            "{fault: bandwidth, between: [producers, core], direction: upstream, rate: 16kB/s, for: 8s}"
        )
        evidence = await injection.bite()
        await injection.revert()
        assert evidence["shown_by"] == ["producer-1"]
        assert evidence["calls_fast_during_ms"] >= 2 * evidence["calls_median_before_ms"]
        assert evidence["calls_fast_during_ms"] >= 2 * evidence["round_trip_during_ms"]

    ground.run(story())


@pytest.mark.parametrize("direction", ["both", "upstream", "downstream"])
def test_a_partition_drops_what_is_sent_and_ends_connections_when_it_ends(
    ground: Ground, direction: str
) -> None:
    async def story() -> None:
        ours = ground.listing("worker-1")
        await ours.gets_faster_than(300)
        injection = ground.injection(
            f"{{fault: partition, between: [worker-1, core], direction: {direction}, for: 5s}}"
        )
        evidence = await injection.bite()
        during = await ours.took_ms(timeout_s=0.5)
        is_refused = await refused(ground, "worker-1")
        undone = await injection.revert()
        assert during is DEADLINE
        assert not is_refused
        await ours.gets_faster_than(300)
        assert evidence["round_trip_during"].startswith("no answer within")
        assert "round_trip_after_ms" in undone
        await ours.close()

    ground.run(story())


def test_refuse_ends_connections_and_refuses_new_ones(ground: Ground) -> None:
    async def story() -> None:
        ours = ground.listing("producer-1")
        await ours.gets_faster_than(300)
        injection = ground.injection("{fault: refuse, between: [producers, core], for: 5s}")
        evidence = await injection.bite()
        during = await ours.took_ms()
        is_refused = await refused(ground, "producer-1")
        await until_connections_lost(injection)
        undone = await injection.revert()
        assert during is UNAVAILABLE
        assert is_refused
        await ours.gets_faster_than(300)
        assert evidence["round_trip_during"] == "refused"
        assert undone["connections_lost_during"] > 0
        await ours.close()

    ground.run(story())


def test_reset_peer_resets_new_connections(ground: Ground) -> None:
    async def story() -> None:
        injection = ground.injection(
            "{fault: reset-peer, between: [worker-1, core], reset-after: 100ms, for: 5s}"
        )
        before = await end_of_connection(ground, "worker-1")
        evidence = await injection.bite()
        during = await end_of_connection(ground, "worker-1")
        await injection.revert()
        assert (before, during, await end_of_connection(ground, "worker-1")) == ("open", "reset", "open")
        assert evidence["round_trip_during"] == "reset"

    ground.run(story())


def test_slow_close_keeps_the_end_of_a_connection_back(ground: Ground) -> None:
    async def story() -> None:
        injection = ground.injection(
            "{fault: slow-close, between: [worker-1, core], direction: upstream, close-delay: 300ms, for: 5s}"
        )
        evidence = await injection.bite()
        during_ms = await closing_ms(ground, "worker-1")
        undone = await injection.revert()
        assert during_ms >= 300
        assert min([await closing_ms(ground, "worker-1") for _ in range(5)]) < 300
        assert evidence["round_trip_during_ms"] >= 300
        assert undone["round_trip_after_ms"] < 300

    ground.run(story())


def test_slicer_pauses_between_small_pieces(ground: Ground) -> None:
    async def story() -> None:
        ours = ground.listing("worker-1")
        await ours.gets_faster_than(200, jobs=5)
        injection = ground.injection(
            "{fault: slicer, between: [worker-1, core], direction: downstream, size: 64B, pause: 10ms, for: 5s}"
        )
        evidence = await injection.bite()
        during_ms = await ours.took_ms(jobs=5)  # more than 1.5 kB, so more than 20 pieces
        await injection.revert()
        assert isinstance(during_ms, float)
        await ours.gets_faster_than(200, jobs=5)
        assert during_ms >= 200
        assert evidence["round_trip_during_ms"] - evidence["round_trip_before_ms"] >= 8
        await ours.close()

    ground.run(story())


def test_limit_data_ends_connections_after_so_many_bytes(ground: Ground) -> None:
    async def story() -> None:
        ours = ground.listing("worker-1")
        await ours.gets_faster_than(300)
        injection = ground.injection(
            "{fault: limit-data, between: [workers, core], direction: downstream, bytes: 2KiB, for: 5s}"
        )
        evidence = await injection.bite()
        during = await ours.took_ms(jobs=50)
        undone = await injection.revert()
        assert during is UNAVAILABLE
        await ours.gets_faster_than(1000, jobs=50)
        assert evidence["connections_lost_during"] + evidence["calls_unanswered_during"] > 0
        assert "round_trip_after_ms" in undone
        await ours.close()

    ground.run(story())


def test_one_client_does_not_show_it_for_the_others(ground: Ground) -> None:
    async def story() -> None:
        all_of_them = ground.injection("{fault: limit-data, between: [workers, core], bytes: 1KiB, for: 5s}")
        one = ground.injection("{fault: limit-data, between: [worker-1, core], bytes: 1KiB, for: 5s}")
        links = [all_of_them.scene.link(worker, "core") for worker in WORKERS]
        sign = LimitData.sign(all_of_them.fault, all_of_them.scene, links)  # type: ignore[arg-type]
        await asyncio.sleep(2.0)  # what earlier faults ended is no longer "before"
        await sign.read_before()
        await one.bite()
        assert not await sign.shows()
        assert sign.evidence()["shown_by"] == ["worker-1"]
        await one.revert()

    ground.run(story())


def test_an_undoing_that_does_not_get_well_is_given_up_in_time(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        injection = ground.injection("{fault: latency, between: [worker-1, core], latency: 30s, for: 40s}")
        await injection.fault.inject(injection.scene)
        monkeypatch.setattr(faults_of_links, "_GONE_WITHIN_S", 0.5)
        suspension = Suspension(ground.core.process)
        await suspension.stop()
        try:
            async with asyncio.timeout(5.0):
                with pytest.raises(NotReverted, match=r"worker-1 > core did not get well within 0\.5 s"):
                    await injection.revert()
        finally:
            await suspension.go_on()

    ground.run(story())


def test_a_fault_that_the_load_does_not_feel_is_not_confirmed(ground: Ground) -> None:
    async def story() -> None:
        injection = ground.injection(
            "{fault: bandwidth, between: [workers, core], rate: 100MB/s, for: 200ms}"
        )
        with pytest.raises(NotConfirmed, match=r"worker-1 > core.* did not show it: calls_answered_before"):
            await injection.bite()

    ground.run(story())


def test_disconnect_cuts_a_worker_off_that_is_executing(ground: Ground) -> None:
    async def story() -> None:
        injection = ground.injection("{fault: disconnect}")
        evidence = await injection.bite()
        cut_off = await who_is_refused(ground)
        await until_connections_lost(injection)
        undone = await injection.revert()
        assert cut_off == set(injection.targets)
        assert len(cut_off) == 1
        assert evidence["executions_in_flight"] + evidence["acks_in_flight"] > 0
        assert undone["connections_lost_during"] > 0
        assert await who_is_refused(ground) == set()
        assert injection.fault.opportunities({**evidence, **undone})["redelivered"] > 0

    ground.run(story())


def test_swizzle_cuts_all_off_and_lets_them_back_in_an_order_of_its_own(ground: Ground) -> None:
    async def story() -> None:
        injection = ground.injection("{fault: swizzle, for: 1s}")
        seen: list[set[str]] = []

        async def look() -> None:
            while True:
                now = await who_is_refused(ground)
                if not seen or seen[-1] != now:
                    seen.append(now)
                await asyncio.sleep(0.01)

        evidence = await injection.bite()
        looking = asyncio.create_task(look())
        await injection.fault.sustain(injection.scene)
        undone = await injection.revert()
        looking.cancel()
        first, second, third = undone["cut"]
        one, two, _ = undone["returned"]
        assert seen[:5] == [
            {first},
            {first, second},
            {first, second, third},
            {first, second, third} - {one},
            {first, second, third} - {one, two},
        ]
        assert await who_is_refused(ground) == set()
        assert evidence["round_trip_during"] == "refused"
        assert undone["gap_ms"] == 200.0

    ground.run(story())


def test_a_fault_that_was_cut_short_leaves_nothing_behind(ground: Ground) -> None:
    async def story() -> None:
        injection = ground.injection("{fault: swizzle, for: 2s}")
        await injection.bite()
        sustaining = asyncio.create_task(injection.fault.sustain(injection.scene))
        await until_refused(ground, 2)
        sustaining.cancel()
        await injection.revert()
        assert await who_is_refused(ground) == set()

    ground.run(story())


def test_two_faults_on_one_connection_leave_each_other_alone_and_say_so(ground: Ground) -> None:
    async def story() -> None:
        ours = ground.listing("worker-1")
        slow = ground.injection("{fault: latency, between: [worker-1, core], latency: 100ms, for: 5s}")
        slower = ground.injection("{fault: latency, between: [worker-1, core], latency: 200ms, for: 5s}")
        await slow.bite()
        await slower.bite()
        undone = await slower.revert()
        between_ms = await fastest(*(ours.took_ms() for _ in range(3)))
        await ours.gets_faster_than(200)
        await slow.revert()
        assert between_ms > 100
        assert undone["not_measured_after"] == {
            "worker-1 > core": f"still under {slow.scene.name}:latency:downstream"
        }
        await ours.gets_faster_than(100)
        await ours.close()

    ground.run(story())


def test_another_process_can_undo_it(ground: Ground) -> None:
    async def story() -> None:
        for entry in (
            "{fault: refuse, between: [worker-1, core]}",
            "{fault: partition, between: [worker-1, core]}",
        ):
            ours = ground.listing("worker-1")
            injection = ground.injection(entry)
            deeds = injection.fault.undo(injection.scene)
            await injection.bite()
            for deed in deeds:
                await asyncio.to_thread(deed.carry_out)
            await ours.gets_faster_than(300)
            await injection.revert()
            await ours.close()

    ground.run(story())
