"""Finding the core on this machine: the one that was named, or the first there is."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from chaos.parts.missing import PartNotFound
from chaos.systems.protocol import SystemUnavailable
from chaos.systems.reseolio.fetch import cached_core, no_core_for_this_platform
from chaos.systems.reseolio.pin import prebuilt_core

BIN_VARIABLE = "CHAOS_RESEOLIO_BIN"
_NATIVE = (
    b"\x7fELF",
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)


class CoreNotFoundError(PartNotFound, SystemUnavailable):
    """There is no core to run."""


@dataclass(frozen=True)
class Core:
    """A core that can be started, and how it was found."""

    path: Path
    found_by: str


def find_core(named: str | None = None) -> Core:
    """The core to run: the one named, else that of `CHAOS_RESEOLIO_BIN`, else of PATH, else of the cache.

    One that was named is used or refused, never passed over. On PATH, only a native program counts: the
    `reseolio` command of the npm package is a script that starts no core, so the core beside it is taken.

    Raises:
        CoreNotFoundError: There is none, or the named one can't be run.
    """
    for path, found_by in ((named, "system.bin"), (os.environ.get(BIN_VARIABLE), BIN_VARIABLE)):
        if path:
            return Core(_runnable(Path(path).expanduser(), found_by), found_by)
    on_path, remark = _on_path()
    if on_path is not None:
        return Core(on_path, "PATH")
    if (cached := cached_core()) is not None:
        return Core(cached, "cache")
    mend = "chaos setup reseolio" if prebuilt_core() else no_core_for_this_platform()
    raise CoreNotFoundError(
        f"no Reseolio core: none is named (system.bin, {BIN_VARIABLE}), {remark}, and none is in the cache",
        mend,
    )


def _runnable(path: Path, found_by: str) -> Path:
    if not path.is_file():
        raise CoreNotFoundError(f"{found_by} names {path}, which is no file", "name the core's executable")
    if not os.access(path, os.X_OK):
        raise CoreNotFoundError(f"{found_by} names {path}, which is not executable", f"chmod +x {path}")
    return _core_beside_script(path) or path.absolute()


def _on_path() -> tuple[Path | None, str]:
    found = shutil.which("reseolio")
    if found is None:
        return None, "no `reseolio` is on PATH"
    path = Path(found)
    if _is_native(path):
        return path.absolute(), ""
    if (core := _core_beside_script(path)) is not None:
        return core, ""
    return None, f"{path} on PATH is a script that starts no core"


def _core_beside_script(script: Path) -> Path | None:
    """The native core of the npm package whose `bin/reseolio.js` this is."""
    real, core = script.resolve(), prebuilt_core()
    if core is None or real.name != "reseolio.js":
        return None
    path = real.parent.parent / "vendor" / core.file
    return path if path.is_file() and os.access(path, os.X_OK) else None


def _is_native(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4).startswith(_NATIVE)
    except OSError:
        return False
