from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaos.parts import download
from tests.parts.registry_server import RegistryServer, running_registry


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with running_registry() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without npm and without any setting of it, where nothing waits long between tries."""
    empty = tmp_path_factory.mktemp("empty")
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setenv("HOME", str(empty))
    monkeypatch.chdir(empty)
    for name in (
        "CHAOS_NPM_REGISTRY",
        "npm_config_registry",
        "NPM_CONFIG_REGISTRY",
        "npm_config_userconfig",
        "NPM_CONFIG_USERCONFIG",
        "http_proxy",
        "HTTP_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "_FIRST_WAIT_S", 0.001)
