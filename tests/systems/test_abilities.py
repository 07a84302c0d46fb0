"""What a core can do is found by asking it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.experiment.model import Load
from chaos.processes.ports import LOOPBACK, free_port, release_port
from chaos.systems.abilities import Abilities, DidNotTell, abilities_of
from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from tests.systems.reference.served import Served

NEXT_CORE = "CHAOS_RESEOLIO_NEXT"


def core_of(name: str) -> Path:
    """The published core, or the newer one."""
    if name == "newer":
        if NEXT_CORE not in os.environ:
            pytest.skip(f"{NEXT_CORE} does not name a newer core")
        return Path(os.environ[NEXT_CORE])
    try:
        return find_core().path
    except CoreNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a core listens, or soon will."""
    core, port = core_of(request.param), free_port()
    address = f"{LOOPBACK}:{port}"
    command = [str(core), "--database-url", f"sqlite://{tmp_path}/q.db", "--listen-addr", address]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    yield address
    process.kill()
    process.wait()
    release_port(port)


@pytest.mark.parametrize(("address", "newer"), [("published", False), ("newer", True)], indirect=["address"])
async def test_a_core_tells_what_it_can_do(address: str, newer: bool) -> None:
    expected = Abilities(cancels=True, retries_dead=newer, subscribes=True, schedules=newer)
    assert await abilities_of(address) == expected


async def test_the_reference_system_can_do_everything(tmp_path: Path) -> None:
    with Served(tmp_path / "queue") as served:
        assert await abilities_of(served.address) == Abilities(True, True, True, True)


async def test_a_core_that_does_not_answer_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaos.systems.abilities._WITHIN_S", 0.2)
    port = free_port()
    with pytest.raises(DidNotTell, match="CancelJob"):
        await abilities_of(f"{LOOPBACK}:{port}")
    release_port(port)


@pytest.mark.parametrize(
    ("load", "lacking"),
    [
        ({}, []),
        ({"cancel": 0.1}, ["`load.cancel` needs CancelJob"]),
        ({"retry_dead": True}, ["`load.retry-dead` needs RetryJob"]),
        ({"subscribe": 0.1}, ["`load.subscribe` needs SubscribeToJobs"]),
        ({"schedules": {"count": 1, "crons": ["* * * * *"]}}, ["`load.schedules` needs ListSchedules"]),
    ],
)
def test_a_load_asks_for_what_it_needs(load: dict[str, object], lacking: list[str]) -> None:
    asked = Load.model_validate({"jobs": 1, "rate": 1.0, **load})
    found = list(Abilities(False, False, False, False).lacking_for(asked))
    assert [text.split(",")[0] for text in found] == lacking
    assert not list(Abilities(True, True, True, True).lacking_for(asked))
