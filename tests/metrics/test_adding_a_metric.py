"""The example of docs/metrics.md, installed as a package of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


def code_block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found
    return found[1]


def test_an_experiment_can_bound_and_grade_it_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "refused_metric.py").write_text(code_block("python"))
    info = tmp_path / "refused_metric-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: refused-metric\nVersion: 1.0\n")
    name, reference = re.findall(r'^([\w-]+) = "(.+)"$', code_block("toml"), re.MULTILINE)[0]
    (info / "entry_points.txt").write_text(f"[chaos.metrics]\n{name} = {reference}\n")
    told = subprocess.run(
        [sys.executable, "-m", "chaos", "schema"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=tmp_path,
    )
    schema = json.loads(told.stdout)
    assert schema["properties"]["grades"]["properties"]["refused"] == {"$ref": "#/$defs/levels-jobs"}
    kinds = schema["$defs"]["Verify"]["properties"]["metrics"]["items"]["oneOf"]
    assert any("refused" in kind["properties"]["metric"].get("enum", ()) for kind in kinds)
