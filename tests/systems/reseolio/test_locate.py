from __future__ import annotations

from pathlib import Path

import pytest

from chaos.systems.reseolio import locate
from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from chaos.systems.reseolio.pin import PREBUILT, this_platform

NATIVE = b"\x7fELF not really"


@pytest.fixture(autouse=True)
def _nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("CHAOS_RESEOLIO_BIN", raising=False)
    (tmp_path / "bin").mkdir()


def program(path: Path, content: bytes = NATIVE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def test_where_there_is_none_it_says_where_was_looked_and_what_to_do() -> None:
    with pytest.raises(CoreNotFoundError, match=r"no `reseolio` is on PATH.*cache; to mend it: chaos setup"):
        find_core()


def test_the_one_named_comes_before_the_variable_before_path_before_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = program(tmp_path / "cached")
    monkeypatch.setattr(locate, "cached_core", lambda: cached)
    assert find_core() == locate.Core(cached, "cache")
    on_path = program(tmp_path / "bin" / "reseolio")
    assert find_core() == locate.Core(on_path, "PATH")
    by_variable = program(tmp_path / "by-variable")
    monkeypatch.setenv("CHAOS_RESEOLIO_BIN", str(by_variable))
    assert find_core() == locate.Core(by_variable, "CHAOS_RESEOLIO_BIN")
    named = program(tmp_path / "named")
    assert find_core(str(named)) == locate.Core(named, "system.bin")


def test_a_named_one_that_is_not_there_is_refused_and_never_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "reseolio")
    with pytest.raises(CoreNotFoundError, match=r"system.bin names .*nowhere, which is no file"):
        find_core(str(tmp_path / "nowhere"))


def test_a_named_one_that_is_not_executable_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "core").chmod(0o644)
    monkeypatch.setenv("CHAOS_RESEOLIO_BIN", str(tmp_path / "core"))
    with pytest.raises(CoreNotFoundError, match=r"CHAOS_RESEOLIO_BIN names .* to mend it: chmod \+x"):
        find_core()


def test_a_relative_name_means_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    core = program(tmp_path / "core")
    monkeypatch.chdir(tmp_path)
    assert find_core("core").path == core
    assert find_core("./core").path == core


def test_a_script_on_path_is_passed_over_with_a_word(tmp_path: Path) -> None:
    script = program(tmp_path / "bin" / "reseolio", b"#!/usr/bin/env node\n")
    with pytest.raises(CoreNotFoundError, match=f"{script} on PATH is a script that starts no core"):
        find_core()


@pytest.mark.skipif(this_platform() not in PREBUILT, reason="the package has no core for this platform")
def test_the_command_of_the_npm_package_leads_to_the_core_beside_it(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "node_modules" / "reseolio"
    script = program(package / "bin" / "reseolio.js", b"#!/usr/bin/env node\n")
    core = program(package / "vendor" / PREBUILT[this_platform()].file)
    (tmp_path / "bin" / "reseolio").symlink_to(script)
    assert find_core().path == core
    assert find_core(str(script)).path == core
