"""What this machine has and lacks for each feature, found by trying it."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROOM_BYTES = 500 * 1024 * 1024
_COARSE_CLOCK_S = 0.001

_RESOURCES = (
    ("faults cpu, memory, io", ("cpu", "memory", "io"), "by stress-ng"),
    ("fault disk-full", ("disk-full",), "on a disk that a run makes for a component, in memory"),
    ("fault open-files", ("open-files",), "by the limits of a live process"),
)
"""Faults that not every machine can do: what they are called together, their names, and how they are done."""


@dataclass(frozen=True)
class Diagnosis:
    """What is known of one feature.

    Attributes:
        feature: What it is.
        works: Whether it can be used.
        detail: What was seen, or what is missing.
        mend: The command or step that mends it, where it does not work.
        essential: Whether no experiment can run without it.
    """

    feature: str
    works: bool
    detail: str
    mend: str | None = None
    essential: bool = False


def diagnose(runs: Path) -> Iterator[Diagnosis]:
    """Look at every feature, one after the other.

    Args:
        runs: Where runs would be kept.
    """
    yield _processes()
    yield _ports()
    yield _runs(runs)
    yield _clock()
    yield from _systems()
    yield _postgres()
    yield _node()
    yield _toxiproxy()
    yield from _resources()
    yield _cache()
    yield _parquet()


def _processes() -> Diagnosis:
    from chaos.processes import linux
    from chaos.processes.errors import ProcessError

    feature = "process faults"
    way = "pidfd" if linux.has_pidfd() else "a waiting thread each, and psutil's check of who a process is"
    try:
        gone_ms = asyncio.run(_kill_one())
    except (OSError, ProcessError) as error:
        return Diagnosis(
            feature,
            False,
            f"a process of one's own can't be started and killed: {error}",
            "allow this user to start processes (ulimit -u, the sandbox's rules)",
            essential=True,
        )
    return Diagnosis(
        feature, True, f"by {way}; a killed process was seen gone after {gone_ms:.1f} ms", essential=True
    )


async def _kill_one() -> float:
    """Milliseconds from a SIGKILL (or what this system has for it) to the end of a process, noticed."""
    from chaos.processes.component import Component

    with tempfile.TemporaryDirectory() as directory:
        component = Component("doctor", lambda _: None)
        command = (sys.executable, "-c", "import time; time.sleep(60)")
        await component.start(command, log_path=Path(directory) / "doctor.log")
        try:
            killed = await component.kill()
        finally:
            await component.stop()
    return (killed.gone_ns - killed.requested_ns) / 1e6


def _ports() -> Diagnosis:
    from chaos.processes.ports import LOOPBACK, free_port, release_port

    try:
        release_port(free_port())
    except OSError as error:
        return Diagnosis(
            "loopback ports",
            False,
            f"no port of {LOOPBACK} can be had: {error}",
            f"bring the loopback interface up, and allow binding to {LOOPBACK}",
            essential=True,
        )
    return Diagnosis("loopback ports", True, f"free ones on {LOOPBACK}", essential=True)


def _runs(runs: Path) -> Diagnosis:
    feature, elsewhere = "directory of runs", "keep runs elsewhere: --runs DIR or CHAOS_RUNS=DIR"
    place = next(path for path in (runs.absolute(), *runs.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            free_bytes = shutil.disk_usage(place).free
    except OSError as error:
        return Diagnosis(
            feature, False, f"{runs} can't be written: {error.strerror}", elsewhere, essential=True
        )
    room = f"{free_bytes / 2**30:.1f} GiB are free for {runs}"
    if free_bytes < _ROOM_BYTES:
        least = f"{room}; {_ROOM_BYTES // 2**20} MiB is little enough for a long run"
        return Diagnosis(feature, False, least, f"make room, or {elsewhere}", essential=True)
    return Diagnosis(feature, True, room, essential=True)


def _clock() -> Diagnosis:
    clock = time.get_clock_info("monotonic")
    resolution = f"resolution {clock.resolution:g} s"
    if not clock.monotonic or clock.resolution > _COARSE_CLOCK_S:
        return Diagnosis(
            "clock", False, f"{resolution}: too coarse to order events by", "use Python 3.13 or later"
        )
    return Diagnosis("clock", True, f"monotonic, {resolution}")


def _systems() -> Iterator[Diagnosis]:
    from chaos.systems.registry import SYSTEMS

    broken = SYSTEMS.broken()
    for name in SYSTEMS.names():
        feature, essential = f"system {name}", name == "reference"
        system = SYSTEMS.available().get(name)
        if system is None:
            yield Diagnosis(feature, False, broken[name], "mend or uninstall what registers it", essential)
            continue
        lacking = system.missing(system.spec_model(name=name))
        if lacking:
            what = "; ".join(missing.what for missing in lacking)
            yield Diagnosis(feature, False, what, "; ".join(m.mend for m in lacking), essential)
        else:
            yield Diagnosis(feature, True, system.summary, essential=essential)


def _postgres() -> Diagnosis:
    from chaos.systems import postgres
    from chaos.systems.postgres.locate import NEEDED_FOR, find_server

    if lacking := postgres.missing(None):
        return Diagnosis(NEEDED_FOR, False, lacking[0].what, lacking[0].mend)
    server = find_server()
    whom = "" if server.account is None else f", run as the user {server.account.name}"
    return Diagnosis(
        NEEDED_FOR, True, f"by PostgreSQL {server.version}: {server.directory} (by {server.found_by}){whom}"
    )


def _node() -> Diagnosis:
    from chaos.experiment.model import Runtime
    from chaos.load.node.locate import NEEDED_FOR, find_node
    from chaos.load.runtimes import RUNTIMES

    if lacking := RUNTIMES[Runtime.NODE].missing():
        return Diagnosis(NEEDED_FOR, False, lacking[0].what, lacking[0].mend)
    node = find_node()
    return Diagnosis(
        NEEDED_FOR, True, f"by Node.js {node.version}: {node.path} (by {node.found_by}), and its SDK"
    )


def _toxiproxy() -> Diagnosis:
    from chaos.proxies.locate import ServerNotFoundError, find_server
    from chaos.proxies.pin import NEEDED_FOR

    try:
        server = find_server()
    except ServerNotFoundError as error:
        return Diagnosis(NEEDED_FOR, False, error.reason, error.mend)
    return Diagnosis(
        NEEDED_FOR, True, f"through Toxiproxy {server.version}: {server.path} (by {server.found_by})"
    )


def _resources() -> Iterator[Diagnosis]:
    from chaos.faults.registry import fault_named

    for feature, faults, detail in _RESOURCES:
        lacking = [missing for name in faults for missing in fault_named(name).missing()]
        if lacking:
            yield Diagnosis(feature, False, lacking[0].what, lacking[0].mend)
        else:
            yield Diagnosis(feature, True, detail)


def _cache() -> Diagnosis:
    from chaos.parts.cache import CACHE_VARIABLE, cache_directory, workshop
    from chaos.parts.errors import PartError

    directory = cache_directory()
    try:
        with workshop(directory):
            pass
    except PartError as error:
        return Diagnosis("cache of parts", False, str(error), f"{CACHE_VARIABLE}=DIRECTORY")
    return Diagnosis("cache of parts", True, str(directory))


def _parquet() -> Diagnosis:
    feature = "ledger as Parquet"
    if importlib.util.find_spec("pyarrow") is None:
        return Diagnosis(feature, False, "pyarrow is not installed", "pip install 'chaos-queue[parquet]'")
    return Diagnosis(feature, True, "pyarrow is installed")
