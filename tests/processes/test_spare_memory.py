"""What memory can be taken: the machine's, or what a container's limits leave."""

from __future__ import annotations

from pathlib import Path

import psutil

from chaos.processes.spare_memory import _left_in_cgroups, spare_memory_bytes


def test_no_more_than_the_machine_has() -> None:
    assert 0 < spare_memory_bytes() < psutil.virtual_memory().total


def test_each_limit_on_the_way_to_the_root_counts_and_none_where_there_is_none(tmp_path: Path) -> None:
    own = Path("pod/container")
    for group, limit, used in ((own, "1000", "400"), (Path("pod"), "max", "5000"), (Path(), "900", "1000")):
        (tmp_path / group).mkdir(parents=True, exist_ok=True)
        (tmp_path / group / "memory.max").write_text(f"{limit}\n")
        (tmp_path / group / "memory.current").write_text(f"{used}\n")
    assert _left_in_cgroups(own, tmp_path) == [600, 0]
    assert _left_in_cgroups(Path("elsewhere"), tmp_path / "pod") == []
