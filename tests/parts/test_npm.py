from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chaos.parts import npm
from chaos.parts.errors import PartError
from tests.parts.registry_server import RegistryServer, package_of, tarball_of

TARBALL = tarball_of({"package/vendor/core": b"\x7fELF the core", "package/README.md": b"read me"})
PACKAGE = package_of(TARBALL)


def fake_npm(directory: Path, script: str) -> None:
    program = directory / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_without_npm_the_configured_registry_is_asked(
    registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAOS_NPM_REGISTRY", registry.url + "/mirror/")
    registry.serve(TARBALL)
    fetched = npm.fetch(PACKAGE, tmp_path)
    assert fetched.path.read_bytes() == TARBALL
    assert fetched.source == f"a-queue@1.2.3 from {registry.url}/mirror/"
    assert registry.asked == ["/mirror/a-queue/-/a-queue-1.2.3.tgz"]


def test_without_npm_and_registry_it_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(
        PartError, match=r"npm is not installed.*Install npm, or name a registry with CHAOS_NPM"
    ):
        npm.fetch(PACKAGE, tmp_path)


def test_a_package_that_was_tampered_with_is_refused(
    registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAOS_NPM_REGISTRY", registry.url)
    registry.serve(TARBALL[:-1] + b"!")
    with pytest.raises(PartError, match=r"its integrity is sha512-.* is pinned\. Nothing was unpacked"):
        npm.fetch(PACKAGE, tmp_path)


def test_a_download_that_breaks_off_is_tried_again_and_then_refused(
    registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAOS_NPM_REGISTRY", registry.url)
    registry.serve(TARBALL, sent_bytes=10)
    with pytest.raises(PartError, match=r"10 bytes read|broke off after 10"):
        npm.fetch(PACKAGE, tmp_path)
    assert len(registry.asked) == 3


def test_a_registry_in_trouble_is_tried_again(
    registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAOS_NPM_REGISTRY", registry.url)
    registry.serve(b"", status=503)
    registry.serve(TARBALL, sent_bytes=10)
    registry.serve(TARBALL)
    assert npm.fetch(PACKAGE, tmp_path).path.read_bytes() == TARBALL


@pytest.mark.parametrize(("status", "words"), [(404, "404"), (401, "wants a login"), (403, "wants a login")])
def test_a_refusal_is_told_at_once(
    registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, words: str
) -> None:
    monkeypatch.setenv("CHAOS_NPM_REGISTRY", registry.url)
    registry.serve(b"no", status=status)
    with pytest.raises(PartError, match=words):
        npm.fetch(PACKAGE, tmp_path)
    assert len(registry.asked) == 1


def test_an_endless_answer_is_cut(
    registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAOS_NPM_REGISTRY", registry.url)
    monkeypatch.setattr(npm, "_PACKAGE_BYTES_AT_MOST", 100)
    registry.serve(b"x" * 1000)
    with pytest.raises(PartError, match="longer than the 100 bytes"):
        npm.fetch(PACKAGE, tmp_path)


def test_a_registry_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAOS_NPM_REGISTRY", "http://127.0.0.1:1")
    with pytest.raises(PartError, match=r"can't download http://127.0.0.1:1/.*refused.*\(3 tries\)"):
        npm.fetch(PACKAGE, tmp_path)


@pytest.mark.parametrize(
    "url", ["http://registry.invalid", "ftp://127.0.0.1", "file:///etc/passwd", "nonsense"]
)
def test_only_https_is_taken_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("CHAOS_NPM_REGISTRY", url)
    with pytest.raises(PartError, match="is no HTTPS address"):
        npm.fetch(PACKAGE, tmp_path)


def test_npm_fetches_where_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(TARBALL)
    programs, into = tmp_path / "programs", tmp_path / "into"
    programs.mkdir()
    into.mkdir()
    fake_npm(programs, f'[ "$1 $2" = "pack a-queue@1.2.3" ] && /bin/cp "{source}" a-queue-1.2.3.tgz')
    monkeypatch.setenv("PATH", str(programs))
    fetched = npm.fetch(PACKAGE, into)
    assert fetched.path.read_bytes() == TARBALL
    assert fetched.source == "a-queue@1.2.3 by npm"


def test_what_npm_fetches_is_verified_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs, into = tmp_path / "programs", tmp_path / "into"
    programs.mkdir()
    into.mkdir()
    fake_npm(programs, "echo something else > a-queue-1.2.3.tgz")
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(PartError, match="is pinned"):
        npm.fetch(PACKAGE, into)


def test_where_npm_fails_the_configured_registry_is_asked(
    registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs, into = tmp_path / "programs", tmp_path / "into"
    programs.mkdir()
    into.mkdir()
    fake_npm(programs, "echo 'npm error code E500' >&2; exit 1")
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(PartError, match=r"npm pack a-queue@1.2.3` ended with 1 \(npm error code E500\)"):
        npm.fetch(PACKAGE, into)
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", registry.url)
    registry.serve(TARBALL)
    assert npm.fetch(PACKAGE, into).path.read_bytes() == TARBALL


def test_the_registry_is_read_from_the_settings_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert npm.configured_registry() is None
    monkeypatch.setenv("HOST_OF_OURS", "registry.invalid")
    user = tmp_path / "user"
    user.write_text(
        '; a comment\nregistry = "https://user.${HOST_OF_OURS}/npm/"\n@scope:registry=https://no\n'
    )
    monkeypatch.setenv("npm_config_userconfig", str(user))
    assert npm.configured_registry() == "https://user.registry.invalid/npm/"
    Path(".npmrc").write_text("registry=https://project.invalid\n")
    assert npm.configured_registry() == "https://project.invalid"
    monkeypatch.setenv("npm_config_registry", "https://environment.invalid")
    assert npm.configured_registry() == "https://environment.invalid"
    monkeypatch.setenv("CHAOS_NPM_REGISTRY", "https://ours.invalid")
    assert npm.configured_registry() == "https://ours.invalid"


def test_only_the_file_that_is_needed_is_unpacked(tmp_path: Path) -> None:
    tarball = tmp_path / "package.tgz"
    tarball.write_bytes(tarball_of({"package/core": b"core", "../../evil": b"evil", "/etc/evil": b"evil"}))
    into = tmp_path / "a" / "b"
    into.mkdir(parents=True)
    npm.unpack_file(tarball, "package/core", into / "core")
    assert (into / "core").read_bytes() == b"core"
    assert [path.name for path in into.parent.parent.rglob("*evil*")] == []


def test_a_file_that_is_not_in_the_package_is_named(tmp_path: Path) -> None:
    tarball = tmp_path / "package.tgz"
    tarball.write_bytes(TARBALL)
    with pytest.raises(PartError, match=r"package.tgz has no package/vendor/other"):
        npm.unpack_file(tarball, "package/vendor/other", tmp_path / "other")


def test_the_fake_npm_is_the_only_one_these_tests_see() -> None:
    assert shutil.which("npm") is None
