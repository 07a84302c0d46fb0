"""The faults there are, by name: the built-in ones, and those that others register in `chaos.faults`."""

from __future__ import annotations

from typing import Any

from chaos.experiment.model import FaultSpec
from chaos.faults.protocol import Fault
from chaos.registry import Registry


def _accept(part: Any) -> type[Fault[Any]]:
    if isinstance(part, type) and issubclass(part, Fault) and issubclass(part.spec_model, FaultSpec):
        return part
    raise TypeError(f"{part!r} is no subclass of Fault with a FaultSpec as its spec_model")


FAULTS: Registry[type[Fault[Any]]] = Registry(
    kind="fault",
    group="chaos.faults",
    builtins={
        "kill": "chaos.faults.kill:Kill",
        "pause": "chaos.faults.pause:Pause",
        "restart": "chaos.faults.restart:Restart",
        "rolling-restart": "chaos.faults.rolling_restart:RollingRestart",
        "crash-loop": "chaos.faults.crash_loop:CrashLoop",
        "disconnect": "chaos.faults.disconnect:Disconnect",
        "kill-worker": "chaos.faults.kill_worker:KillWorker",
        "churn": "chaos.faults.churn:Churn",
        "swizzle": "chaos.faults.swizzle:Swizzle",
        "latency": "chaos.faults.latency:Latency",
        "bandwidth": "chaos.faults.bandwidth:Bandwidth",
        "partition": "chaos.faults.partition:Partition",
        "refuse": "chaos.faults.refuse:Refuse",
        "reset-peer": "chaos.faults.reset_peer:ResetPeer",
        "slow-close": "chaos.faults.slow_close:SlowClose",
        "slicer": "chaos.faults.slicer:Slicer",
        "limit-data": "chaos.faults.limit_data:LimitData",
        "cpu": "chaos.faults.cpu:Cpu",
        "memory": "chaos.faults.memory:Memory",
        "io": "chaos.faults.io:Io",
        "disk-full": "chaos.faults.disk_full:DiskFull",
        "open-files": "chaos.faults.open_files:OpenFiles",
    },
    accept=_accept,
)


def fault_named(name: str) -> type[Fault[Any]]:
    """The fault of this name.

    Raises:
        UnknownNameError: Nothing has this name.
        BrokenPartError: It is registered and can't be used.
    """
    return FAULTS.named(name)
