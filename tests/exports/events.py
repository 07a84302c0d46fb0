"""A run as an export sees it: what is told, in its order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chaos.clock import now_ns
from chaos.experiment.model import Experiment, Load, SystemSpec
from chaos.exports.protocol import Export
from chaos.ledger.events import FaultConfirmed, FaultRequested, FaultReverted, PhaseEntered
from chaos.report.watcher import Progress
from chaos.run_directory import RunDirectory
from chaos.verdict.results import ExitCode, Reason, Results
from tests.report.test_summary import RESULTS

DIRECTORY = RunDirectory(Path("runs/a-run"))
EXPERIMENT = Experiment(
    title="A title", system=SystemSpec(name="reference"), load=Load(jobs=100, rate=50.0), seed=7
)
PROGRESS = Progress(jobs=100, acknowledged=50, settled=40, executing=3, failures=2, completions_per_s=12.0)


def begin(export: Export) -> None:
    """A run begins, and is under load."""
    export.begin(DIRECTORY, EXPERIMENT)
    export.event(PhaseEntered(time_ns=now_ns(), phase="load"))
    export.progress(PROGRESS)


def request(export: Export, fault: str = "cut") -> int:
    """A fault is requested; when."""
    time_ns = now_ns()
    export.event(
        FaultRequested(time_ns=time_ns, fault=fault, kind="latency", targets=("core",), due_ns=time_ns)
    )
    return time_ns


def confirm(export: Export, fault: str = "cut") -> int:
    """It is seen to have bitten; when."""
    time_ns = now_ns()
    export.event(FaultConfirmed(time_ns=time_ns, fault=fault, evidence={"round_trip_during_ms": 102.0}))
    return time_ns


def revert(export: Export, fault: str = "cut") -> int:
    """It is undone; when."""
    time_ns = now_ns()
    export.event(FaultReverted(time_ns=time_ns, fault=fault))
    return time_ns


def results(code: ExitCode = ExitCode.PASSED) -> Results:
    """What the run says."""
    reasons = () if code is ExitCode.PASSED else (Reason(code, "a reason"),)
    return replace(RESULTS, reasons=reasons)
