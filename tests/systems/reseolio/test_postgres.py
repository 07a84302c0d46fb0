"""Real cores that share one real PostgreSQL database: the published one, and a newer one where it can be had."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chaos.load.client import QueueClient
from chaos.processes.component import Component
from chaos.runner.components import SystemComponent
from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from chaos.systems.reseolio.system import ReseolioSpec, ReseolioSystem
from chaos.systems.store import Aspect
from tests.systems.postgres.conftest import place, server
from tests.systems.test_stores import leave_jobs, until

__all__ = ["place", "server"]

NEWER_VARIABLE = "CHAOS_RESEOLIO_NEXT"


def published_core() -> str:
    try:
        return str(find_core().path)
    except CoreNotFoundError as error:
        pytest.skip(str(error))


def newer_core() -> str:
    if (path := os.environ.get(NEWER_VARIABLE)) is None:
        pytest.skip(f"no newer core is at hand: {NEWER_VARIABLE} names one")
    return path


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("core", [published_core, newer_core], ids=["published", "newer"])
def test_what_one_core_takes_the_other_tells_of_also_after_the_database_was_killed(
    core: object, place: Path
) -> None:
    path = core()  # type: ignore[operator]
    spec = ReseolioSpec.model_validate({"name": "reseolio", "bin": path, "storage": "postgres", "cores": 2})
    system = ReseolioSystem(spec, place / "system")

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            components: dict[str, SystemComponent] = {}
            for each in system.prepare():
                component = SystemComponent(each, Component(each.name, lambda _: None), place / "logs")
                stack.push_async_callback(component.stop)
                own = {name: other.address or "" for name, other in components.items()}
                await component.start(servers={} if each.servers is None else each.servers(own.__getitem__))
                components[each.name] = component
            first, second = [QueueClient(address) for address in system.addresses]
            for client in (first, second):
                stack.push_async_callback(client.close)
            await leave_jobs(first)
            await until("the results are stored", lambda: system.store().ask(Aspect.DEAD, 2.0) == 1)
            assert await second.depth() == 4
            assert system.store().ask(Aspect.RUNNING, 2.0) == 3
            await components["postgres"].kill(9)
            assert not await components["postgres"].answers()
            await components["postgres"].bring_back()
            async with asyncio.timeout(10):
                while await second.depth() != 4:  # noqa: ASYNC110 - it finds its way back by itself
                    await asyncio.sleep(0.05)

    asyncio.run(scenario())
