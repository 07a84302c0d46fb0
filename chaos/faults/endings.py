"""Ending the processes of components and starting them again, several at once: what many faults do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from chaos.clock import now_ns, seconds_between
from chaos.faults.protocol import Evidence, Gone, NotConfirmed, Scene
from chaos.parts.missing import Missing
from chaos.processes.signalling import tells_signals


def missing_signals() -> list[Missing]:
    """The signals that end processes, where an operating system has none: what the evidence of these faults is."""
    if tells_signals():
        return []
    what = "this operating system does not end processes by signals, nor tell by which one"
    return [Missing(what, "a fault that ends processes", "run it on Linux or macOS")]


async def end_each(
    scene: Scene, names: Iterable[str], signal_number: int, *, force_after_s: float | None = None
) -> dict[str, Gone]:
    """End the processes of these components at once; how each went.

    Args:
        scene: Where they are.
        names: Whose processes.
        signal_number: The signal that each is sent.
        force_after_s: How long it may take before SIGKILL follows; None: no force.

    Raises:
        ProcessError: One was gone already, or lives on. The others are gone.
    """
    chosen = tuple(names)
    results = await asyncio.gather(
        *(scene.component(name).kill(signal_number, force_after_s=force_after_s) for name in chosen),
        return_exceptions=True,
    )
    gone: dict[str, Gone] = {}
    for name, result in zip(chosen, results, strict=True):
        if isinstance(result, BaseException):
            raise result
        gone[name] = result
    return gone


async def bring_each_back(scene: Scene, names: Iterable[str]) -> dict[str, float]:
    """Start those of these components that are not up again, at once; how many ms each took until it answered.

    Raises:
        DidNotComeBack: One exited or stayed silent. The others were waited for.
    """
    missing = [name for name in names if not scene.component(name).is_up]
    asked_ns = now_ns()
    results = await asyncio.gather(
        *(_back_ns(scene, name) for name in missing),
        return_exceptions=True,
    )
    back: dict[str, float] = {}
    for name, result in zip(missing, results, strict=True):
        if isinstance(result, BaseException):
            raise result
        back[name] = _ms_between(asked_ns, result)
    return back


async def _back_ns(scene: Scene, name: str) -> int:
    await scene.component(name).bring_back()
    return now_ns()


def how_each_went(gone: Mapping[str, Gone]) -> Evidence:
    """What the kernel reported of each process, and how long after the signal."""
    return {
        "kernel_reported": {name: end.status for name, end in gone.items()},
        "gone_after_ms": {name: _ms_between(end.requested_ns, end.gone_ns) for name, end in gone.items()},
    }


def must_have_died_of(status: str, gone: Mapping[str, Gone]) -> None:
    """See that the kernel reports this signal for each.

    Raises:
        NotConfirmed: It reports another end for one of them.
    """
    for name, end in gone.items():
        if end.status != status:
            raise NotConfirmed(f"{name} ended with {end.status}, not by the {status} sent to it")


def _ms_between(start_ns: int, end_ns: int) -> float:
    return round(1000 * seconds_between(start_ns, end_ns), 3)
