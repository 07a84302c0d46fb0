"""Kept runs, made once for all tests that only read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.report.reported_run import ReportedRun
from tests.report.kept import kept_run


@pytest.fixture(scope="session")
def passed(tmp_path_factory: pytest.TempPathFactory) -> ReportedRun:
    return kept_run(_place(tmp_path_factory))


@pytest.fixture(scope="session")
def failed(tmp_path_factory: pytest.TempPathFactory) -> ReportedRun:
    return kept_run(_place(tmp_path_factory), lost=True)


@pytest.fixture(scope="session")
def inconclusive(tmp_path_factory: pytest.TempPathFactory) -> ReportedRun:
    return kept_run(_place(tmp_path_factory), bitten=False)


def _place(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("runs") / "run"
