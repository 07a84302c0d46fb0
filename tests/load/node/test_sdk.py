"""The SDK gets into the cache from a lock file, whole or not at all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chaos.load.node import sdk
from chaos.load.node.sdk import cached_sdk, fetch_sdk, pinned_version
from chaos.parts.errors import PartError

PINS = Path(sdk.__file__).parent
INSTALLS = "/bin/mkdir -p node_modules/reseolio/dist node_modules/reseolio/vendor"


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only npm there is; a test says what it does. The cache is empty."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("CHAOS_CACHE", str(tmp_path / "cache"))
    return programs / "npm"


def does(npm: Path, script: str) -> None:
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)


def test_it_is_installed_from_the_lock_file_without_running_any_script(npm: Path) -> None:
    does(npm, f'[ "$1" = ci ] && case "$*" in *--ignore-scripts*) {INSTALLS};; *) exit 3;; esac')
    assert cached_sdk() is None
    fetched = fetch_sdk()
    assert fetched.source == f"reseolio@{pinned_version()} by npm"
    assert cached_sdk() == fetched.path
    assert (fetched.path / "package-lock.json").read_bytes() == (PINS / "package-lock.json").read_bytes()


def test_the_contract_is_where_the_sdk_looks_for_it_and_no_core_is_kept(npm: Path) -> None:
    does(npm, INSTALLS)
    package = fetch_sdk().path / "node_modules" / "reseolio"
    assert (package / "dist" / ".." / ".." / ".." / "proto" / "reseolio.proto").is_file()
    assert not (package / "vendor").exists()


def test_what_is_there_is_kept_unless_it_is_to_be_fetched_anew(npm: Path) -> None:
    does(npm, INSTALLS)
    place = fetch_sdk().path
    (place / "mark").touch()
    assert (fetch_sdk().source, (place / "mark").exists()) == ("the cache", True)
    assert fetch_sdk(force=True).path == place
    assert not (place / "mark").exists()
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_a_failure_leaves_nothing_and_says_what_npm_said(npm: Path, tmp_path: Path) -> None:
    does(
        npm,
        "echo 'npm error code EINTEGRITY' >&2; echo 'npm error wanted sha512-a but got sha512-b' >&2; exit 1",
    )
    with pytest.raises(PartError, match=r"code EINTEGRITY; npm error wanted sha512-a.*CHAOS_NPM_REGISTRY"):
        fetch_sdk()
    assert cached_sdk() is None
    assert list((tmp_path / "cache" / "node").iterdir()) == []


def test_everything_is_pinned_to_the_bytes_and_to_no_registry() -> None:
    packages = json.loads((PINS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert packages.pop("")["dependencies"] == {"reseolio": pinned_version()}
    assert all(re.fullmatch(r"sha512-\S+", package["integrity"]) for package in packages.values())
    assert not any("resolved" in package for package in packages.values())
