"""Finding a server: installed ones first, then the one that a wheel carries; and somebody who may run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.processes.account import Account, is_root
from chaos.systems.postgres import locate
from chaos.systems.postgres.locate import Server, ServerNotFoundError, find_server


def fake(directory: Path, version: str) -> Path:
    """Programs that say that they are a server of this version."""
    directory.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (directory / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (directory / name).chmod(0o755)
    return directory


def looks_in(monkeypatch: pytest.MonkeyPatch, *places: tuple[Path, str]) -> None:
    monkeypatch.setattr(locate, "_places", lambda: iter(places))


def test_the_first_that_is_new_enough_is_taken(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = fake(place / "old", "12.9"), fake(place / "new", "16beta1")
    looks_in(monkeypatch, (place / "nothing", "PATH"), (old, "PATH"), (new, "pg_config"))
    found = find_server()
    assert (found.directory, found.version, found.found_by) == (new, "16", "pg_config")
    assert (found.account is not None) == is_root()


def test_what_is_too_old_is_told_with_what_to_do(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_in(monkeypatch, (fake(place / "old", "12.9"), "PATH"))
    with pytest.raises(ServerNotFoundError, match=r"has 12\.9, and 13 is the oldest.*install PostgreSQL 13"):
        find_server()


def test_nothing_is_told_with_the_extra_that_carries_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looks_in(monkeypatch)
    with pytest.raises(ServerNotFoundError, match=r"pip install 'chaos-queue\[postgres\]'"):
        find_server()


@pytest.mark.skipif(not is_root(), reason="only root needs somebody else to run it")
def test_programs_that_nobody_but_root_can_run_are_passed_over(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = fake(place / "hidden", "16.1")
    hidden.chmod(0o700)
    looks_in(monkeypatch, (hidden, "PATH"))
    with pytest.raises(ServerNotFoundError, match="PostgreSQL refuses root"):
        find_server()


def test_the_newest_of_several_is_looked_at_first() -> None:
    installed = [Path(f"/usr/lib/postgresql/{number}/bin") for number in (9, 15, 14)]
    assert [locate._number_in(directory) for directory in installed] == [9, 15, 14]
    assert locate._number_in(Path("pginstall/bin")) == 0


def test_the_server_of_the_wheel_runs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carried = [found for found in locate._places() if found[1] == "the extra postgres"]
    if not carried:
        pytest.skip("the extra `postgres` is not installed: pip install 'chaos-queue[postgres]'")
    looks_in(monkeypatch, *carried)
    try:
        server: Server = find_server()
    except ServerNotFoundError as error:
        pytest.skip(str(error))
    import asyncio

    from tests.systems.postgres.conftest import running

    async def scenario() -> None:
        async with running(server, place) as (_, component):
            assert await component.answers()

    asyncio.run(scenario())


def test_a_user_that_is_not_there_is_none() -> None:
    assert Account.named("nobody-of-this-name") is None
