from __future__ import annotations

from pathlib import Path

import pytest

from chaos.parts.missing import Missing
from chaos.proxies import locate
from chaos.proxies.errors import ProxyError
from chaos.proxies.locate import (
    ServerNotFoundError,
    ServerProgram,
    check_version,
    find_server,
    missing_server,
    program_version,
)
from chaos.proxies.pin import is_supported, pinned_version

REAL = find_server()


@pytest.fixture(autouse=True)
def _nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("CHAOS_TOXIPROXY", raising=False)
    (tmp_path / "bin").mkdir()


def saying(path: Path, what: str) -> Path:
    """A program that says so whatever it is asked."""
    path.write_text(f"#!/bin/sh\necho '{what}'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def released(path: Path, version: str) -> Path:
    """A program that tells its version as a released server does."""
    return saying(path, f"toxiproxy-server version {version}")


def test_the_one_named_comes_before_path_before_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = tmp_path / "cached"
    monkeypatch.setattr(locate, "cached_server", lambda: cached)
    assert find_server() == ServerProgram(cached, pinned_version(), "cache")
    on_path = released(tmp_path / "bin" / "toxiproxy-server", "2.12.0")
    assert find_server() == ServerProgram(on_path, "2.12.0", "PATH")
    named = released(tmp_path / "named", "2.13.1")
    monkeypatch.setenv("CHAOS_TOXIPROXY", str(named))
    assert find_server() == ServerProgram(named, "2.13.1", "CHAOS_TOXIPROXY")


def test_one_that_is_built_from_source_tells_its_version_by_what_go_left_in_it() -> None:
    assert program_version(REAL.path) == REAL.version
    assert is_supported(REAL.version)


def test_where_there_is_none_it_says_where_was_looked_and_what_to_do() -> None:
    with pytest.raises(ServerNotFoundError, match=r"names none, no .* on PATH.* cache; to mend it: chaos"):
        find_server()
    (missing,) = missing_server()
    assert isinstance(missing, Missing)
    assert (missing.needed_for, missing.mend) == ("network faults", "chaos setup toxiproxy")


def test_one_on_path_that_is_too_old_is_passed_over_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(tmp_path / "bin" / "toxiproxy-server", "2.9.0")
    with pytest.raises(
        ServerNotFoundError, match=r"on PATH is version 2.9.0, and 2.12.0 or a later 2.x is needed"
    ):
        find_server()
    monkeypatch.setattr(locate, "cached_server", lambda: tmp_path / "cached")
    assert find_server().found_by == "cache"


@pytest.mark.parametrize(
    ("version", "why"),
    [("2.11.9", "is version 2.11.9"), ("3.0.0", "is version 3.0.0"), ("git", "does not tell its version")],
)
def test_a_named_one_that_can_not_be_used_is_refused_and_never_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, why: str
) -> None:
    released(tmp_path / "bin" / "toxiproxy-server", "2.12.0")
    monkeypatch.setenv("CHAOS_TOXIPROXY", str(released(tmp_path / "named", version)))
    with pytest.raises(ServerNotFoundError, match=f"CHAOS_TOXIPROXY names .*named, which {why}"):
        find_server()


def test_a_named_one_that_is_no_server_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = saying(tmp_path / "named", "hello")
    monkeypatch.setenv("CHAOS_TOXIPROXY", str(named))
    with pytest.raises(ServerNotFoundError, match="does not tell its version"):
        find_server()
    named.chmod(0o644)
    with pytest.raises(ServerNotFoundError, match=r"is not executable; to mend it: chmod \+x"):
        find_server()
    named.unlink()
    with pytest.raises(ServerNotFoundError, match="which is no file"):
        find_server()


@pytest.mark.parametrize("version", ["2.12.0", "2.20.3", "git"])
def test_a_running_server_that_is_new_enough_or_does_not_tell_is_taken(version: str) -> None:
    check_version(version, "http://127.0.0.1:8474")


@pytest.mark.parametrize("version", ["2.11.0", "1.0.0", "3.0.0", "unheard of"])
def test_a_running_server_that_is_too_old_is_refused(version: str) -> None:
    with pytest.raises(
        ProxyError, match=f"the Toxiproxy server at http://127.0.0.1:8474 is version {version}"
    ):
        check_version(version, "http://127.0.0.1:8474")
