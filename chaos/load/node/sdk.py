"""Getting the SDK into the cache, once: by npm, from a lock file that pins it and all that it depends on, to the bytes.

No script of any package is run. The cores that the package carries for four platforms are left out: what runs a core is
the system, and not its client. The SDK looks for the wire contract beside the directory that it is installed in.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chaos.experiment.shipped import shipped
from chaos.load.node.locate import NodeNotFoundError, find_npm
from chaos.parts import npm
from chaos.parts.cache import cache_directory, keep_directory, workshop
from chaos.parts.errors import PartError

PACKAGE: Final = "reseolio"
_HERE: Final = Path(__file__).parent
_PINS: Final = ("package.json", "package-lock.json")
_CONTRACT: Final = "reseolio.proto"
_DIGITS: Final = 16


@dataclass(frozen=True)
class FetchedSdk:
    """The SDK in the cache, and where it came from, in words."""

    path: Path
    source: str


def pinned_version() -> str:
    """The version of the SDK that is fetched: `0.1.3`."""
    pins = json.loads((_HERE / "package.json").read_text(encoding="utf-8"))
    return str(pins["dependencies"][PACKAGE])


def cached_sdk() -> Path | None:
    """The directory that the pinned SDK is installed in, if it is in the cache. It gets there whole or not at all."""
    place = _place()
    return place if place.is_dir() else None


def fetch_sdk(*, force: bool = False) -> FetchedSdk:
    """Make sure that the pinned SDK is in the cache. Several may do this at once.

    Args:
        force: Fetch it even if it is there.

    Raises:
        PartError: It can't be had; says why and what to do.
    """
    if not force and (cached := cached_sdk()) is not None:
        return FetchedSdk(cached, "the cache")
    try:
        command = find_npm()
    except NodeNotFoundError as error:
        raise PartError(str(error)) from error
    place = _place()
    with workshop(place.parent) as made:
        sdk = made / "sdk"
        (sdk / "proto").mkdir(parents=True)
        for file in _PINS:
            shutil.copy(_HERE / file, sdk)
        shutil.copy(shipped("proto") / _CONTRACT, sdk / "proto")
        npm.install_locked(command, sdk)
        shutil.rmtree(sdk / "node_modules" / PACKAGE / "vendor")
        keep_directory(sdk, place)
    return FetchedSdk(place, f"{PACKAGE}@{pinned_version()} by npm")


def _place() -> Path:
    """Its name changes with anything that is pinned, and with the wire contract."""
    digest = hashlib.sha256()
    for path in (*(_HERE / file for file in _PINS), shipped("proto") / _CONTRACT):
        digest.update(path.read_bytes())
    return cache_directory() / "node" / f"{PACKAGE}-{pinned_version()}-{digest.hexdigest()[:_DIGITS]}"
