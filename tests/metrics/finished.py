"""Finished runs for metrics to look at, made from a ledger that was written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaos.checks.check import check
from chaos.checks.metrics import measure
from chaos.checks.recovery import Recovery
from chaos.experiment.model import Experiment, SystemSpec
from chaos.ledger.events import Event, LoadScheduled, PhaseEntered, RunStarted, SystemDescribed
from chaos.ledger.reader import Ledger
from chaos.ledger.story import Story
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement
from chaos.metrics.registry import metric_named
from chaos.run_directory import RunDirectory
from tests.checks.history import ZERO_NS, History, at, terms_for

STARTED = RunStarted(
    time_ns=ZERO_NS - 2,
    run="history",
    wall_time="2026-01-01T12:00:00+00:00",
    clock="here/now",
    seed=1,
    chaos_version="0",
    experiment_file="x.yaml",
    experiment_sha256="",
    saved_sha256="",
)
NO_RECOVERY = Recovery(ready_s=None, first_completion_s=None, drained_s=None)


def experiment_with(load: dict[str, Any]) -> Experiment:
    """An experiment of ten jobs at 10/s on two workers, tried three times at most; `load` on top."""
    job = {"max_attempts": 3, **load.pop("job", {})}
    plan = {"jobs": 10, "rate": 10.0, "workers": {"count": 2}, "job": job, **load}
    return Experiment.model_validate({"title": "x", "system": SystemSpec(name="reference"), "load": plan})


def told_by_system(**told: object) -> SystemDescribed:
    """What the system said of itself."""
    return SystemDescribed(time_ns=ZERO_NS - 1, description={"keeps_finished": True, **told})


def entered(phase: str, second: float) -> PhaseEntered:
    """The run came to this phase."""
    return PhaseEntered(time_ns=at(second), phase=phase)


def evidence(
    history: History,
    directory: Path,
    *,
    load: dict[str, Any] | None = None,
    events: Sequence[Event] = (),
    recovery: Recovery = NO_RECOVERY,
    **terms: object,
) -> Evidence:
    """What is known of a run with this history."""
    experiment = experiment_with(dict(load or {}))
    scheduled = LoadScheduled(time_ns=ZERO_NS, start_ns=ZERO_NS)
    run = RunDirectory(directory)
    run.ledger.mkdir(exist_ok=True)
    ledger = history.write(run.ledger)
    return Evidence(
        directory=run,
        ledger=Ledger.open(ledger),
        experiment=experiment,
        story=Story((STARTED, *(events or (told_by_system(),)), scheduled)),
        outcome=check(ledger, terms_for(jobs=experiment.load.jobs, **terms)),
        speed=measure(ledger, ZERO_NS),
        recovery=recovery,
    )


def measured(metric: str, history: History, directory: Path, **known: Any) -> Measurement:
    """What a metric says of a run with this history."""
    return metric_named(metric)().measure(evidence(history, directory, **known))
