"""How much memory can be taken without taking it from anybody."""

from __future__ import annotations

from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def spare_memory_bytes() -> int:
    """What the machine has available, or a container of it that this process lives in, whichever is less."""
    return min(psutil.virtual_memory().available, *_left_in_cgroups(_own_cgroup(), _CGROUPS), 2**62)


def _own_cgroup() -> Path:
    """Where this process stands in the tree of control groups (version 2), as a path below its root."""
    try:
        line = _OWN_CGROUP.read_text(encoding="utf-8").splitlines()[-1]
    except (OSError, IndexError):
        return Path()
    return Path(line.rpartition(":")[2].lstrip("/"))


def _left_in_cgroups(own: Path, root: Path) -> list[int]:
    """What is left of each limit between this control group and the root."""
    left = []
    for group in (root / own, *(root / parent for parent in own.parents)):
        try:
            limit = (group / "memory.max").read_text(encoding="ascii").strip()
            used = (group / "memory.current").read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit != "max":
            left.append(max(0, int(limit) - int(used)))
    return left
