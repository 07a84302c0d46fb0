from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from pydantic import ValidationError

from chaos.experiment.model import Guarantee, SystemSpec
from chaos.ledger.events import Event
from chaos.processes.component import Component
from chaos.processes.errors import NotInTimeError, ProcessGoneError
from chaos.processes.ports import LOOPBACK
from chaos.systems.protocol import SystemUnavailable
from chaos.systems.readiness import lists_jobs
from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from chaos.systems.reseolio.pin import PREBUILT
from chaos.systems.reseolio.system import ReseolioSpec, ReseolioSystem


@pytest.fixture(scope="module")
def core() -> Path:
    """The core of this machine; `chaos setup reseolio` puts it there."""
    try:
        return find_core().path
    except CoreNotFoundError as error:
        pytest.skip(str(error))


def spec(**options: object) -> ReseolioSpec:
    return ReseolioSpec.model_validate({"name": "reseolio", **options})


def ignored(_: Event) -> None:
    """Nobody listens."""


@pytest.mark.usefixtures("core")
def test_a_core_becomes_ready_and_comes_back_after_a_kill(tmp_path: Path) -> None:
    async def scenario() -> None:
        system = ReseolioSystem(spec(), tmp_path / "system with spaces?")
        (component_spec,) = system.prepare()
        assert system.addresses == (component_spec.address,)
        component = Component(component_spec.name, ignored)
        try:
            await component.start(
                component_spec.command,
                environment=component_spec.environment,
                log_path=tmp_path / "core.log",
            )
            await component.wait_ready(component_spec.is_ready, component_spec.ready_within_s)
            for _ in range(3):
                await component.kill()
                assert not await component_spec.is_ready()
                await component.restart()
                await component.wait_ready(component_spec.is_ready, component_spec.ready_within_s)
        finally:
            await component.stop()
        assert '"level":"INFO"' in (tmp_path / "core.log").read_text()

    asyncio.run(scenario())
    assert (tmp_path / "system with spaces?" / "reseolio.db").exists()


@pytest.mark.usefixtures("core")
def test_a_port_that_is_taken_ends_in_a_clear_message(tmp_path: Path) -> None:
    async def scenario() -> None:
        (component_spec,) = ReseolioSystem(spec(), tmp_path / "system").prepare()
        component = Component("core", ignored)
        with socket.socket() as other:
            other.bind((LOOPBACK, 0))
            other.listen()
            address = f"{LOOPBACK}:{other.getsockname()[1]}"
            await component.start((*component_spec.command[:-1], address), log_path=tmp_path / "core.log")
            with pytest.raises(ProcessGoneError, match=r"core .* exit 1(.|\n)*Address already in use"):
                await component.wait_ready(lambda: lists_jobs(address), 10)

    asyncio.run(scenario())


def test_a_server_that_accepts_and_says_nothing_is_not_ready() -> None:
    async def scenario() -> None:
        with socket.socket() as silent:
            silent.bind((LOOPBACK, 0))
            silent.listen()
            assert not await lists_jobs(f"{LOOPBACK}:{silent.getsockname()[1]}", within_s=0.05)

    asyncio.run(scenario())


def test_a_core_that_answers_nothing_is_given_up(tmp_path: Path) -> None:
    program = tmp_path / "mute"
    program.write_text("#!/bin/sh\necho I say nothing\nexec sleep 60\n")
    program.chmod(0o755)

    async def scenario() -> None:
        (component_spec,) = ReseolioSystem(spec(bin=str(program)), tmp_path / "system").prepare()
        component = Component("core", ignored)
        await component.start(component_spec.command, log_path=tmp_path / "core.log")
        with pytest.raises(NotInTimeError, match=r"(.|\n)*I say nothing"):
            await component.wait_ready(component_spec.is_ready, 0.3)
        await component.stop()

    asyncio.run(scenario())


def test_the_pinned_core_is_known_by_its_bytes(core: Path, tmp_path: Path) -> None:
    system = ReseolioSystem(spec(bin=str(core)), tmp_path)
    system.prepare()
    description = system.describe()
    assert description.guarantee is Guarantee.AT_LEAST_ONCE
    assert not description.fences
    if core.name in {prebuilt.file for prebuilt in PREBUILT.values()}:
        assert description.version == "0.1.3"


def test_another_core_is_known_by_its_own_bytes(tmp_path: Path) -> None:
    program = tmp_path / "core"
    program.write_bytes(b"abc")
    program.chmod(0o755)
    system = ReseolioSystem(spec(bin=str(program)), tmp_path)
    system.prepare()
    assert system.describe().version == "sha256:ba7816bf8f01"


def test_a_core_that_is_missing_is_told_with_what_mends_it(tmp_path: Path) -> None:
    missing = ReseolioSystem.missing(spec(bin=str(tmp_path / "nowhere")))
    assert len(missing) == 1
    assert "nowhere" in missing[0].what
    with pytest.raises(SystemUnavailable, match="nowhere"):
        ReseolioSystem(spec(bin=str(tmp_path / "nowhere")), tmp_path).prepare()


def test_it_takes_its_own_spec_only(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="ReseolioSpec"):
        ReseolioSystem(SystemSpec(name="reseolio"), tmp_path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"cores": 2}, "2 cores can't share a SQLite file; add `storage: postgres`"),
        ({"database-url": "${env:A_SERVER}"}, "add `storage: postgres`"),
        ({"storage": "postgres", "database-url": "postgres://me:secret@localhost/jobs"}, "name that"),
        ({"storage": "postgres", "database-url": "postgres://me:secret@${env:A_HOST}/jobs"}, "name that"),
    ],
)
def test_what_can_not_be_stored_so_is_refused_and_no_password_repeated(
    options: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        spec(**options)
    (error,) = refused.value.errors()
    assert reason in error["msg"]
    assert "secret" not in error["msg"]


def test_each_core_is_a_client_of_the_database_by_its_own_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "core"
    program.write_bytes(b"abc")
    program.chmod(0o755)
    monkeypatch.setenv("A_SERVER", "postgres://me:secret@localhost/jobs")
    chosen = spec(bin=str(program), storage="postgres", cores=2, **{"database-url": "${env:A_SERVER}"})
    system = ReseolioSystem(chosen, tmp_path / "system")
    database, *cores = system.prepare()
    assert ReseolioSystem.component_groups(chosen) == {
        "cores": ("core", "core-2"),
        "databases": ("postgres",),
    }
    assert chosen.existing == ("postgres",)
    assert database.command == ()
    assert [core.name for core in cores] == ["core", "core-2"]
    assert [core.address for core in cores] == list(system.addresses)
    for core, proxy in zip(cores, ("127.0.0.1:1001", "127.0.0.1:1002"), strict=True):
        assert core.servers is not None
        (url,) = core.servers(lambda server, proxy=proxy: {"postgres": proxy}[server]).values()  # type: ignore[misc]
        assert url.startswith(f"postgres://me:secret@{proxy}/chaos_")
        assert "secret" not in " ".join(core.command)
