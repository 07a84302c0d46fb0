from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from chaos.cli import main
from chaos.parts.errors import PartError
from chaos.systems.reseolio import fetch


def test_it_says_what_came_from_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[bool] = []

    def fetch_core(*, force: bool = False) -> fetch.FetchedCore:
        asked.append(force)
        return fetch.FetchedCore(tmp_path / "core", "reseolio@0.1.3 by npm")

    monkeypatch.setattr(fetch, "fetch_core", fetch_core)
    for arguments in ([], ["reseolio"], ["reseolio", "--force"]):
        result = CliRunner().invoke(main, ["setup", *arguments])
        assert result.exit_code == 0
        assert result.output == f"reseolio 0.1.3: {tmp_path / 'core'} (from reseolio@0.1.3 by npm)\n"
    assert asked == [False, False, True]


def test_a_part_that_can_not_be_had_ends_with_2_and_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch_core(**_: bool) -> fetch.FetchedCore:
        raise PartError("no way to get it: install npm")

    monkeypatch.setattr(fetch, "fetch_core", fetch_core)
    result = CliRunner().invoke(main, ["setup"])
    assert result.exit_code == 2
    assert "reseolio: no way to get it: install npm" in result.output
    assert "Traceback" not in result.output


def test_an_unknown_part_is_refused() -> None:
    result = CliRunner().invoke(main, ["setup", "reseollio"])
    assert result.exit_code == 2
    assert "reseolio" in result.output
