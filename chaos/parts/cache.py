"""Where fetched parts are kept, and how one gets there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from chaos.parts.errors import PartError

CACHE_VARIABLE = "CHAOS_CACHE"
_BLOCK_BYTES = 1024 * 1024


def cache_directory() -> Path:
    """`$CHAOS_CACHE`, or the place where this operating system keeps caches. It need not exist yet."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("chaos-queue", appauthor=False))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def workshop(directory: Path) -> Iterator[Path]:
    """A directory for half-made files, on the disk of `directory` and gone afterwards; `keep` takes one out.

    Raises:
        PartError: The cache can't be written, or the disk is full; names the variable that moves the cache.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=directory) as made:
            yield Path(made)
    except OSError as error:
        raise PartError(_what_to_do(directory, error)) from error


def keep(made: Path, place: Path, *, executable: bool = False) -> None:
    """Put a finished file in its place, in one step: whoever looks sees the old one, or this one whole."""
    if executable:
        made.chmod(0o755)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(place)


def keep_directory(made: Path, place: Path) -> None:
    """Put a finished directory in its place, whole; one that is there already goes with the workshop of the new one."""
    if place.exists():
        place.rename(made.with_name(f"{made.name}.before"))
    made.rename(place)


def _what_to_do(directory: Path, error: OSError) -> str:
    move = f"or keep the cache elsewhere with {CACHE_VARIABLE}=DIRECTORY"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space is left for {directory}: make room, {move}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{directory} can't be written ({error.strerror}): allow it, {move}"
    return f"{directory} can't be used ({error}): mend it, {move}"
