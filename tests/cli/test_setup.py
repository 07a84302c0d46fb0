from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from chaos.cli import main
from chaos.load.node import locate as node
from chaos.load.node import sdk
from chaos.parts.errors import PartError
from chaos.parts.missing import Missing
from chaos.proxies import fetch as toxiproxy
from chaos.systems import postgres
from chaos.systems.postgres import locate
from chaos.systems.reseolio import fetch


@pytest.fixture(autouse=True)
def _toxiproxy_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        toxiproxy,
        "fetch_server",
        lambda *, force: toxiproxy.FetchedServer(Path("server"), f"Go, {force}"),
    )


@pytest.fixture(autouse=True)
def _postgres_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "missing", lambda _: [])
    monkeypatch.setattr(locate, "find_server", lambda: locate.Server(Path("/programs"), "15.1", "PATH", None))


@pytest.fixture(autouse=True)
def _node_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "find_node", lambda: node.Node(Path("/programs/node"), "20.1.0", "PATH"))
    monkeypatch.setattr(sdk, "fetch_sdk", lambda *, force: sdk.FetchedSdk(Path("/sdk"), f"npm, {force}"))


def test_each_part_is_fetched_unless_some_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    core = fetch.FetchedCore(tmp_path / "core", "npm")
    monkeypatch.setattr(fetch, "fetch_core", lambda *, force: core)  # noqa: ARG005
    result = CliRunner().invoke(main, ["setup"])
    assert result.output.splitlines() == [
        f"reseolio 0.1.3: {core.path} (from npm)",
        "toxiproxy 2.12.0: server (from Go, False)",
        "postgres 15.1: /programs (from PATH)",
        "node 20.1.0 (by PATH) with reseolio 0.1.3: /sdk (from npm, False)",
    ]
    result = CliRunner().invoke(main, ["setup", "--force", "toxiproxy"])
    assert result.output == "toxiproxy 2.12.0: server (from Go, True)\n"


def test_the_parts_are_listed() -> None:
    result = CliRunner().invoke(main, ["setup", "--help"])
    assert "reseolio    the core of the system `reseolio`" in result.output
    assert "toxiproxy   the Toxiproxy server, for network faults" in result.output


def test_it_says_what_came_from_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[bool] = []

    def fetch_core(*, force: bool = False) -> fetch.FetchedCore:
        asked.append(force)
        return fetch.FetchedCore(tmp_path / "core", "reseolio@0.1.3 by npm")

    monkeypatch.setattr(fetch, "fetch_core", fetch_core)
    for arguments in (["reseolio"], ["reseolio", "--force"]):
        result = CliRunner().invoke(main, ["setup", *arguments])
        assert result.exit_code == 0
        assert result.output == f"reseolio 0.1.3: {tmp_path / 'core'} (from reseolio@0.1.3 by npm)\n"
    assert asked == [False, True]


def test_a_part_that_can_not_be_had_ends_with_2_and_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch_core(**_: bool) -> fetch.FetchedCore:
        raise PartError("no way to get it: install npm")

    monkeypatch.setattr(fetch, "fetch_core", fetch_core)
    result = CliRunner().invoke(main, ["setup"])
    assert result.exit_code == 2
    assert "reseolio: no way to get it: install npm" in result.output
    assert "Traceback" not in result.output


def test_what_only_some_experiments_need_fails_for_those_alone_who_name_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    core = fetch.FetchedCore(tmp_path / "core", "npm")
    monkeypatch.setattr(fetch, "fetch_core", lambda *, force: core)  # noqa: ARG005
    monkeypatch.setattr(postgres, "missing", lambda _: [Missing("no server", "a test", "install it")])
    everything = CliRunner().invoke(main, ["setup"])
    by_name = CliRunner().invoke(main, ["setup", "postgres"])
    assert (everything.exit_code, by_name.exit_code) == (0, 2)
    for result in (everything, by_name):
        assert "postgres: no server; to mend it: install it" in result.output


def test_an_unknown_part_is_refused() -> None:
    result = CliRunner().invoke(main, ["setup", "reseollio"])
    assert result.exit_code == 2
    assert "reseolio" in result.output
