"""Kept runs: directories with a `results.json` as runs leave it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos.checks.findings import GROUPS, CheckName
from chaos.guardian.state import STATE_VARIABLE
from chaos.history.results import KeptResults
from chaos.run_directory import RunDirectory

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PEACE: tuple[dict[str, Any], ...] = ()
KILL = ({"name": "kill", "kind": "kill", "target": "core", "confirmed_s": 3.0},)


def measured(metric: str, value: float | None, **more: Any) -> dict[str, Any]:
    """A measurement of the results."""
    return {"metric": metric, "value": value, "unit": "jobs/s", "better": "higher", **more}


def checked(name: str, counted: int = 0, **findings: int | None) -> dict[str, Any]:
    """A check of the results: it fails if it counts jobs."""
    found: dict[str, int | None] = {each.value: 0 for each in GROUPS[CheckName(name)]}
    found |= {finding.replace("_", "-"): number for finding, number in findings.items()}
    return {
        "name": name,
        "status": "failed" if counted else "passed",
        "count": counted,
        "findings": found,
        "opportunities": dict.fromkeys(found, 10),
    }


@dataclass
class Telling:
    """Makes what runs say; each is an hour after the one before, unless it is told when."""

    began: datetime = NOW - timedelta(days=1)
    made: int = field(default=0)

    def __call__(self, **said: Any) -> dict[str, Any]:
        """The results of a run that passed, but for what is said otherwise."""
        self.made += 1
        experiment = {"title": "A run", "file": "experiments/x.yaml", "as_run": "a", "profile": None}
        at = said.pop("at", self.began + timedelta(hours=self.made))
        name = f"{at:%Y%m%dT%H%M%SZ}-x-{self.made:06x}"
        metrics = {"acknowledged": 200, "failures": 0, "load_s": 1.0, "throughput": 100.0, "completed_by": {}}
        lost, repeated = said.pop("lost", 0), said.pop("repeated", 0)
        verdict = said.get("verdict", "failed" if lost or repeated else "passed")
        return {
            "run": name,
            "started_at": at.isoformat(),
            "duration_s": 3.0,
            "seed": self.made,
            "chaos_version": "0",
            "machine": "here",
            "experiment": experiment | said.pop("experiment", {}),
            "system": {"name": "reference", "version": "1", "variant": {}} | said.pop("system", {}),
            "crashed": [],
            "verdict": verdict,
            "exit_code": {"passed": 0, "failed": 1, "inconclusive": 3}[verdict],
            "reasons": [] if verdict == "passed" else ["a reason"],
            "hypotheses": {},
            "faults": [],
            "checks": [
                checked("loss", lost, stuck=lost),
                checked("duplication", repeated, re_executed=repeated),
            ],
            "metrics": metrics | said.pop("metrics", {}),
            "measurements": [],
            **said,
        }


@pytest.fixture
def says() -> Callable[..., KeptResults]:
    """What a run said, without a directory."""
    tell = Telling()
    return lambda **said: KeptResults.model_validate(tell(**said))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Where runs are kept."""
    return tmp_path / "runs"


@pytest.fixture
def keep(runs: Path) -> Callable[..., RunDirectory]:
    """Keeps a run that said this."""
    tell = Telling()

    def keep(**said: Any) -> RunDirectory:
        results = tell(**said)
        directory = RunDirectory(runs / results["run"])
        directory.ledger.mkdir(parents=True)
        directory.results.write_text(json.dumps(results), encoding="utf-8")
        return directory

    return keep


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the runs of one test share."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    return tmp_path / "state"
