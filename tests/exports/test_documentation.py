"""What docs/extending.md says is so: the parts that can be added, and an export of one's own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from chaos.experiment.model import Experiment, Load, SystemSpec
from chaos.ledger.events import FaultRequested, FaultReverted
from chaos.report.console import JsonWatcher
from chaos.report.json_file import results_line
from chaos.report.watcher import Progress
from chaos.run_directory import RunDirectory
from tests.exports.events import results

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "extending.md").read_text(encoding="utf-8")
EXPERIMENT = Experiment(title="x", system=SystemSpec(name="reference"), load=Load(jobs=1, rate=1.0), seed=1)


def test_the_export_that_is_shown_makes_lines_of_what_a_run_writes(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    stream = tmp_path / "stream"
    with stream.open("w", encoding="utf-8") as out:
        watcher = JsonWatcher(out)
        watcher.begin(RunDirectory(tmp_path), EXPERIMENT)
        watcher.progress(Progress(9, 3, 2, 1, 0, 12.5))
        watcher.event(FaultRequested(time_ns=1, fault="kill", kind="kill", targets=("core",), due_ns=1))
        watcher.event(FaultReverted(time_ns=2, fault="kill"))
        out.write(results_line(results()) + "\n")
    with stream.open("rb") as given:
        told = subprocess.run(
            [sys.executable, "-c", code], stdin=given, capture_output=True, text=True, check=True, timeout=30
        )
    assert [line.rpartition(" ")[0] for line in told.stdout.splitlines()] == [
        "chaos.completions_per_s 12.5",
        "chaos.fault.kill 1",
        "chaos.fault.kill 0",
        "chaos.exit_code 0",
    ]


def test_the_page_lists_every_group_of_entry_points() -> None:
    in_code = {
        group
        for path in (TOP / "chaos").rglob("registry.py")
        for group in re.findall(r'"(chaos\.[a-z]+)"', path.read_text(encoding="utf-8"))
    }
    assert in_code == set(re.findall(r"\| `(chaos\.\w+)` \|", PAGE))


def test_the_page_lists_what_progress_tells() -> None:
    (row,) = re.findall(r"^\| `progress` \|.*$", PAGE, re.MULTILINE)
    assert all(f"`{name}`" in row for name in Progress.__dataclass_fields__)
