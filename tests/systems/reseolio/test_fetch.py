from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.parts.errors import PartError
from chaos.systems.reseolio import fetch
from chaos.systems.reseolio.pin import PREBUILT, PrebuiltCore
from tests.parts.registry_server import RegistryServer, package_of, running_registry, tarball_of

CORE = b"\x7fELF a core of our own"
TARBALL = tarball_of({"package/vendor/reseolio-here": CORE})
PACKAGE = package_of(TARBALL, "reseolio", "0.1.3")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistryServer]:
    """A registry with a small package, which is the one that is pinned; no npm; an empty cache."""
    monkeypatch.setenv("CHAOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("http_proxy", raising=False)
    core = PrebuiltCore("reseolio-here", hashlib.sha256(CORE).hexdigest())
    monkeypatch.setattr(fetch, "prebuilt_core", lambda: core)
    monkeypatch.setattr(fetch, "PACKAGE", PACKAGE)
    with running_registry() as server:
        monkeypatch.setenv("CHAOS_NPM_REGISTRY", server.url)
        server.serve(TARBALL)
        yield server


def test_the_core_is_fetched_once(registry: RegistryServer) -> None:
    assert fetch.cached_core() is None
    first, second = fetch.fetch_core(), fetch.fetch_core()
    assert first.path.read_bytes() == CORE
    assert os.access(first.path, os.X_OK)
    assert first.source == f"reseolio@0.1.3 from {registry.url}"
    assert second.source == "the cache"
    assert second.path == first.path == fetch.cached_core()
    assert len(registry.asked) == 1


def test_it_is_fetched_again_when_forced(registry: RegistryServer) -> None:
    fetch.fetch_core()
    fetch.fetch_core(force=True)
    assert len(registry.asked) == 2


def test_a_damaged_core_is_noticed_and_fetched_again(registry: RegistryServer) -> None:
    path = fetch.fetch_core().path
    path.write_bytes(CORE[:-1] + b"!")
    assert fetch.cached_core() is None
    assert fetch.fetch_core().path.read_bytes() == CORE
    assert len(registry.asked) == 2


def test_nothing_is_kept_of_a_package_that_was_tampered_with(registry: RegistryServer) -> None:
    registry.answers.clear()
    registry.serve(TARBALL + b"!")
    with pytest.raises(PartError, match="Nothing was unpacked"):
        fetch.fetch_core()
    assert [path for path in Path(os.environ["CHAOS_CACHE"]).rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("registry")
def test_several_may_fetch_at_once(tmp_path: Path) -> None:
    code = f"""
import chaos.systems.reseolio.fetch as fetch
from chaos.systems.reseolio.pin import PrebuiltCore
from chaos.parts.npm import Package
fetch.prebuilt_core = lambda: PrebuiltCore("reseolio-here", {hashlib.sha256(CORE).hexdigest()!r})
fetch.PACKAGE = {PACKAGE!r}
for _ in range(5):
    assert fetch.fetch_core(force=True).path.read_bytes() == {CORE!r}
"""
    fetchers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [fetcher.wait(60) for fetcher in fetchers] == [0, 0, 0, 0]
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()] == ["reseolio-here"]


def test_a_platform_without_a_core_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "prebuilt_core", lambda: None)
    monkeypatch.setattr(fetch, "this_platform", lambda: ("linux", "arm64"))
    with pytest.raises(PartError, match=r"no core for linux-arm64 \(only linux-x64.*CHAOS_RESEOLIO_BIN"):
        fetch.fetch_core()
    assert ("linux", "arm64") not in PREBUILT
