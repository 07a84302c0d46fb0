"""The release of Reseolio that the toolkit fetches, down to the bytes."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from chaos.parts.npm import Package

PACKAGE = Package(
    name="reseolio",
    version="0.1.3",
    integrity="sha512-qMBHI3FW2BmyJdU3sVQmz4S79uI8uW+3rTkmV51NfL5FykLL1/WN1A+t4r+R+TiQbkZAXdQtyWs7cgEzwh4nug==",
)


@dataclass(frozen=True)
class PrebuiltCore:
    """One prebuilt core of the package: its file in `vendor/`, and its SHA-256."""

    file: str
    sha256: str


PREBUILT: Mapping[tuple[str, str], PrebuiltCore] = {
    ("linux", "x64"): PrebuiltCore(
        "reseolio-linux-x64", "5baa153694dbb58852ea7cdaecaad0b2b85902b398c5be2ec9edc077c0570fae"
    ),
    ("darwin", "x64"): PrebuiltCore(
        "reseolio-darwin-x64", "ec4b532cf611107e0b294096dfa84603b757fc70612e5bf22cfbdc2eb02d3e7d"
    ),
    ("darwin", "arm64"): PrebuiltCore(
        "reseolio-darwin-arm64", "9959f7d915fcc6296e777782b692b6d4bafd6454b40e56cd028038ab53da1c22"
    ),
    ("win32", "x64"): PrebuiltCore(
        "reseolio-win32-x64.exe", "10fab4cded0f5893627b377959c0d8bfe65db63ada1ab9e86dcb6f270e2048af"
    ),
}

_ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def this_platform() -> tuple[str, str]:
    """Operating system and processor in the package's words: `("linux", "x64")`."""
    machine = platform.machine().lower()
    return sys.platform, _ARCHITECTURES.get(machine, machine)


def prebuilt_core() -> PrebuiltCore | None:
    """The prebuilt core for this machine; None where the package carries none."""
    return PREBUILT.get(this_platform())
