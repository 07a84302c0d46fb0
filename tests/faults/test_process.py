"""Faults of processes: what the kernel says of each, what others see of it, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import yaml

from chaos.experiment.targets import Cast
from chaos.faults.protocol import DidNotComeBack, Fault, NotConfirmed
from chaos.faults.registry import fault_named
from chaos.ledger.events import ComponentDown, ComponentReady
from chaos.processes.errors import ProcessGoneError
from chaos.processes.suspension import Suspension, thread_states
from tests.runner.yard import Yard, bite

LOAD = {
    "jobs": 50_000,
    "rate": "200/s",
    "producers": 2,
    "workers": {"count": 3, "concurrency": 8},
    "job": {"duration": "20ms", "max-attempts": 10, "timeout": "2s"},
}
CAST = Cast(
    {
        "cores": ("core", "core-2"),
        "workers": ("worker-1", "worker-2", "worker-3"),
        "producers": ("producer-1", "producer-2"),
    }
)


def made(**keys: Any) -> Fault[Any]:
    """A fault from its keys as they stand in a file, `_` for `-`."""
    kind = fault_named(keys["fault"])
    content = {key.replace("_", "-"): value for key, value in {"at": "1s", **keys}.items()}
    return kind(kind.spec_model.model_validate(content))


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A core under load."""
    yard = Yard(tmp_path_factory.mktemp("yard"), LOAD)
    try:
        yard.run(yard.start())
        yard.run(yard.until("the first jobs", lambda: yard.live.enqueued_jobs > 20))
        yield yard
    finally:
        yard.close()


class TestKill:
    def test_the_evidence_is_what_the_kernel_reports_and_what_was_under_way(self, yard: Yard) -> None:
        async def story() -> None:
            kill = made(fault="kill", target="core")
            scene = yard.scene(kill)
            await yard.until("executions", lambda: yard.live.in_flight().executions > 0)
            evidence = await bite(kill, scene)
            assert evidence["kernel_reported"] == {"core": "SIGKILL"}
            assert kill.opportunities(evidence)["stuck"] > 0
            assert not await yard.core.answers()
            back = await kill.revert(scene)
            assert back["back_after_ms"]["core"] > 0
            assert await yard.core.answers()

        yard.run(story())

    def test_another_signal_ends_it_as_the_kernel_says(self, yard: Yard) -> None:
        async def story() -> None:
            kill = made(fault="kill", target="core", signal="SIGTERM")
            scene = yard.scene(kill)
            evidence = await bite(kill, scene)
            assert (evidence["signal"], evidence["kernel_reported"]) == ("SIGTERM", {"core": "exit 0"})
            await kill.revert(scene)

        yard.run(story())

    def test_several_targets_die_at_once_and_only_they(self, yard: Yard) -> None:
        async def story() -> None:
            kill = made(fault="kill", target="2 of workers")
            scene = yard.scene(kill)
            evidence = await bite(kill, scene)
            assert evidence["kernel_reported"] == dict.fromkeys(scene.targets, "SIGKILL")
            up = [worker.name for worker in yard.crew.workers if worker.is_up]
            assert sorted((*scene.targets, *up)) == ["worker-1", "worker-2", "worker-3"]
            assert "enqueues_in_flight" not in evidence
            await kill.revert(scene)
            assert all(worker.is_up for worker in yard.crew.workers)

        yard.run(story())

    def test_one_that_is_down_already_is_not_killed_again(self, yard: Yard) -> None:
        async def story() -> None:
            first, second = made(fault="kill", target="worker-1"), made(fault="kill", target="worker-1")
            scene = yard.scene(first)
            await bite(first, scene)
            downs = len(yard.downs("worker-1"))
            with pytest.raises(Exception, match=r"worker-1 .* ended before SIGKILL was sent"):
                await second.inject(yard.scene(second))
            assert len(yard.downs("worker-1")) == downs
            await first.revert(scene)

        yard.run(story())

    def test_one_that_lives_on_after_the_signal_is_ended_by_force(self, yard: Yard) -> None:
        async def story() -> None:
            process = yard.core.process
            await Suspension(process).stop()  # a stopped process takes no SIGTERM
            kill = made(fault="kill", target="core", signal="SIGTERM")
            scene, before = yard.scene(kill), len(yard.events)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await kill.inject(scene)
            assert (await kill.revert(scene))["by_force"] == ["core"]
            assert process.is_gone
            (down,) = (
                e for e in yard.events[before:] if isinstance(e, ComponentDown) and e.component == "core"
            )
            assert (down.status, down.expected) == ("SIGKILL", True)
            assert await yard.core.answers()

        yard.run(story())

    def test_never_stays_down(self, yard: Yard) -> None:
        async def story() -> None:
            kill = made(fault="kill", target="worker-2", restart_after="never")
            scene = yard.scene(kill)
            await bite(kill, scene)
            assert await kill.revert(scene) == {"stay_down": ["worker-2"]}
            assert not scene.component("worker-2").is_up
            await scene.component("worker-2").bring_back()

        yard.run(story())

    @pytest.mark.parametrize(
        ("target", "problem"),
        [
            ("cores", "without any of its cores"),
            ("workers", "without any of its workers"),
            ("one of producers", "would never be sent"),
            ("one of cores", "knows no other"),
            ("2 of workers", None),
        ],
    )
    def test_never_is_refused_where_the_run_could_not_go_on(self, target: str, problem: str | None) -> None:
        found = made(fault="kill", target=target, restart_after="never").problems(CAST)
        assert found == [] if problem is None else problem in found[0]


class TestPause:
    def test_every_thread_stops_and_goes_on(self, yard: Yard) -> None:
        async def story() -> None:
            pause = made(fault="pause", target="core", **{"for": "1s"})
            scene = yard.scene(pause)
            evidence = await bite(pause, scene)
            core = psutil.Process(yard.core.process.pid)
            assert evidence["threads"] == {"core": {"stopped": core.num_threads()}}
            assert core.status() == psutil.STATUS_STOPPED
            assert not await yard.core.answers()
            afterwards = await pause.revert(scene)
            assert "stopped" not in afterwards["threads_afterwards"]["core"]
            assert core.status() != psutil.STATUS_STOPPED
            assert await yard.core.answers()

        yard.run(story())

    def test_its_deed_lets_it_go_on_as_often_as_it_is_done(self, yard: Yard) -> None:
        async def story() -> None:
            pause = made(fault="pause", target="2 of workers")
            scene = yard.scene(pause)
            deeds = pause.undo(scene)
            await bite(pause, scene)
            workers = [psutil.Process(scene.component(name).process.pid) for name in scene.targets]
            for _ in range(2):
                for deed in deeds:
                    deed.carry_out()
                assert "stopped" not in thread_states(workers)
            await pause.revert(scene)

        yard.run(story())

    def test_a_target_that_dies_meanwhile_needs_no_undoing(self, yard: Yard) -> None:
        async def story() -> None:
            pause, kill = made(fault="pause", target="worker-3"), made(fault="kill", target="worker-3")
            scene = yard.scene(pause)
            await bite(pause, scene)
            await bite(kill, yard.scene(kill))
            assert await pause.revert(scene) == {"threads_afterwards": {"worker-3": {}}}
            await kill.revert(scene)

        yard.run(story())

    def test_one_that_goes_on_is_not_confirmed(self, yard: Yard) -> None:
        async def story() -> None:
            pause = made(fault="pause", target="worker-1")
            scene = yard.scene(pause)
            pause.undo(scene)
            await pause.inject(scene)
            psutil.Process(scene.component("worker-1").process.pid).resume()
            with pytest.raises(NotConfirmed, match="worker-1 are not all stopped"):
                await pause.confirm(scene)
            await pause.revert(scene)

        yard.run(story())

    def test_two_at_once_let_it_go_on_once_both_are_over(self, yard: Yard) -> None:
        async def story() -> None:
            one, other = made(fault="pause", target="core"), made(fault="pause", target="core")
            first, second = yard.scene(one, "one"), yard.scene(other, "other")
            await bite(one, first)
            await bite(other, second)
            undone = await one.revert(first)
            assert undone["still_stopped_by_another"] == {"core": ["other"]}
            assert psutil.Process(yard.core.process.pid).status() == psutil.STATUS_STOPPED
            assert "still_stopped_by_another" not in await other.revert(second)
            assert await yard.core.answers()

        yard.run(story())

    def test_one_that_was_let_go_on_meanwhile_is_told(self, yard: Yard) -> None:
        async def story() -> None:
            pause = made(fault="pause", target="worker-1", **{"for": "100ms"})
            scene = yard.scene(pause)
            await bite(pause, scene)
            psutil.Process(scene.component("worker-1").process.pid).resume()
            with pytest.raises(NotConfirmed, match="worker-1 did not stay stopped"):
                await pause.sustain(scene)
            await pause.revert(scene)

        yard.run(story())

    def test_a_process_whose_undoing_was_not_written_is_not_stopped(self, yard: Yard) -> None:
        async def story() -> None:
            pause, kill = made(fault="pause", target="worker-2"), made(fault="kill", target="worker-2")
            scene, killing = yard.scene(pause), yard.scene(kill)
            pause.undo(scene)
            await bite(kill, killing)
            assert made(fault="pause", target="worker-2").undo(scene) == []
            await kill.revert(killing)
            with pytest.raises(ProcessGoneError, match="was replaced by another"):
                await pause.inject(scene)
            assert scene.component("worker-2").is_up
            assert "stopped" not in thread_states([psutil.Process(scene.component("worker-2").process.pid)])

        yard.run(story())


class TestRestart:
    def test_it_leaves_when_asked(self, yard: Yard) -> None:
        async def story() -> None:
            restart = made(fault="restart", target="core")
            scene = yard.scene(restart)
            evidence = await bite(restart, scene)
            assert (evidence["kernel_reported"], evidence["by_force"]) == ({"core": "exit 0"}, [])
            await restart.revert(scene)
            assert await yard.core.answers()

        yard.run(story())

    def test_one_that_does_not_obey_is_ended_by_force(self, yard: Yard) -> None:
        async def story() -> None:
            await Suspension(yard.core.process).stop()  # a stopped process takes no SIGTERM
            restart = made(fault="restart", target="core", grace="100ms")
            scene = yard.scene(restart)
            evidence = await bite(restart, scene)
            assert (evidence["kernel_reported"], evidence["by_force"]) == ({"core": "SIGKILL"}, ["core"])
            assert evidence["gone_after_ms"]["core"] >= 100
            await restart.revert(scene)
            assert await yard.core.answers()

        yard.run(story())


class TestCrashLoop:
    def test_it_is_killed_so_often_and_each_time_once_it_is_ready(self, yard: Yard) -> None:
        async def story() -> None:
            loop = made(fault="crash-loop", target="core", crashes=3, gap="50ms")
            scene, before = yard.scene(loop), len(yard.events)
            first = await bite(loop, scene)
            await loop.sustain(scene)
            evidence = {**first, **await loop.revert(scene)}
            happened = [
                type(event)
                for event in yard.events[before:]
                if isinstance(event, ComponentDown | ComponentReady) and event.component == "core"
            ]
            assert happened == [ComponentDown, ComponentReady] * 3
            assert [crash["kernel_reported"] for crash in evidence["each_crash"]] == [{"core": "SIGKILL"}] * 3
            together = sum(
                crash["executions_in_flight"] + crash["acks_in_flight"] for crash in evidence["each_crash"]
            )
            assert loop.opportunities(evidence) == {"stuck": together}
            assert await yard.core.answers()

        yard.run(story())

    def test_a_core_that_does_not_come_back_is_said_once_it_is_undone(self, yard: Yard) -> None:
        async def story() -> None:
            loop = made(fault="crash-loop", target="core", crashes=3, gap="50ms")
            scene = yard.scene(loop)
            await bite(loop, scene)
            host, _, port = str(yard.core.address).rpartition(":")
            with socket.socket() as thief:
                thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                thief.bind((host, int(port)))
                thief.listen()
                await loop.sustain(scene)
                with pytest.raises(DidNotComeBack, match="core did not come back"):
                    await loop.revert(scene)
            await yard.core.bring_back()

        yard.run(story())


class TestRollingRestart:
    def test_one_leaves_after_the_other_each_once_the_one_before_it_is_back(self, yard: Yard) -> None:
        async def story() -> None:
            rolling = made(fault="rolling-restart", target="workers", gap="20ms")
            scene, before = yard.scene(rolling), len(yard.events)
            first = await bite(rolling, scene)
            await rolling.sustain(scene)
            evidence = {**first, **await rolling.revert(scene)}
            happened = [
                (type(event), event.component)
                for event in yard.events[before:]
                if isinstance(event, ComponentDown | ComponentReady)
            ]
            steps = (ComponentDown, ComponentReady)
            assert happened == [(step, name) for name in scene.targets for step in steps]
            assert evidence["restarts"] == 3
            together = sum(
                each["executions_in_flight"] + each["acks_in_flight"] for each in evidence["each_restart"]
            )
            assert rolling.opportunities(evidence) == {"stuck": together}

        yard.run(story())

    def test_nobody_leaves_while_one_does_not_come_back(self, yard: Yard) -> None:
        async def story() -> None:
            rolling = made(fault="rolling-restart", target="cores", gap="0s")
            scene = yard.scene(rolling)
            scene.targets = ("core", "a core that must not be asked")
            await bite(rolling, scene)
            host, _, port = str(yard.core.address).rpartition(":")
            with socket.socket() as thief:
                thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                thief.bind((host, int(port)))
                thief.listen()
                await rolling.sustain(scene)
            await yard.core.bring_back()
            scene.targets = ("core",)
            with pytest.raises(DidNotComeBack, match="core did not come back"):
                await rolling.revert(scene)

        yard.run(story())

    def test_it_has_the_cores_for_its_target(self) -> None:
        assert made(fault="rolling-restart").choose(CAST, lambda _: 0.0) == ("core", "core-2")


class TestKillWorker:
    def test_it_dies_with_jobs_in_hand(self, yard: Yard) -> None:
        async def story() -> None:
            kill = made(fault="kill-worker", restart_after="100ms")
            scene = yard.scene(kill)
            (worker,) = scene.targets
            evidence = await bite(kill, scene)
            assert evidence["kernel_reported"] == {worker: "SIGKILL"}
            assert kill.opportunities(evidence)["redelivered"] > 0
            assert yard.live.in_flight([worker]).executions == 0
            await kill.revert(scene)
            await yard.until("it to work again", lambda: yard.live.in_flight([worker]).executions > 0)

        yard.run(story())

    @pytest.mark.parametrize("fault", ["kill-worker", "churn"])
    def test_only_workers_are_workers(self, fault: str) -> None:
        (first, *_) = made(fault=fault, target="cores").problems(CAST)
        assert first == "core is no worker; use `kill` or `crash-loop`"


class TestChurn:
    def test_workers_come_and_go_and_one_is_always_up(self, yard: Yard) -> None:
        async def story() -> None:
            churn = made(fault="churn", pace="50ms", **{"for": "1500ms"})
            scene, before = yard.scene(churn), len(yard.events)
            first = await bite(churn, scene)
            assert churn.opportunities(first)["redelivered"] > 0, "the first to go has a job in hand"
            await churn.sustain(scene)
            evidence = {**first, **await churn.revert(scene)}
            up, fewest, kills = 3, 3, 0
            for event in yard.events[before:]:
                if isinstance(event, ComponentDown):
                    up, kills = up - 1, kills + 1
                elif isinstance(event, ComponentReady):
                    up += 1
                fewest = min(fewest, up)
            assert (up, kills) == (3, evidence["kills"])
            assert fewest >= 1
            assert evidence["kills"] == evidence["came_back"] == len(evidence["each_kill"]) > 1
            assert churn.opportunities(evidence)["redelivered"] > 0
            assert all(worker.is_up for worker in yard.crew.workers)

        yard.run(story())

    def test_the_seed_says_who_goes_and_when(self, yard: Yard) -> None:
        drawn = []
        for _ in range(2):
            churn = made(fault="churn", pace="1s")
            scene = yard.scene(churn, name="the-same")
            numbers = itertools.islice(itertools.count(1), 20)
            drawn.append([(scene.draw("who", number), scene.draw("wait", number)) for number in numbers])
        assert drawn[0] == drawn[1]

    def test_one_worker_alone_can_not_come_and_go(self) -> None:
        (problem,) = made(fault="churn", target="worker-1").problems(CAST)
        assert "one must stay up" in problem


def test_a_crash_loop_tells_its_length_as_people_write_it() -> None:
    assert made(fault="crash-loop", target="core", crashes=4, gap="300ms").spec.lasts_s == 0.9


@pytest.mark.parametrize("name", ["kill", "pause", "restart", "crash-loop", "kill-worker", "churn"])
def test_every_example_and_everything_it_may_be_varied_to_can_be_done(name: str) -> None:
    kind = fault_named(name)
    example = yaml.safe_load(kind.example)
    for key, values in {"fault": (name,), **kind.variety}.items():
        for value in values:
            spec = kind.spec_model.model_validate({**example, key: value})
            assert kind(spec).problems(CAST) == []
