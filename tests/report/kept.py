"""Runs as they are kept, made by hand: a core is killed at second 3, and one job may be lost by it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from chaos.experiment.metric_spec import Unit
from chaos.experiment.reading import read_experiment
from chaos.experiment.writing import dump_experiment
from chaos.ledger.events import (
    ComponentDown,
    ComponentReady,
    ComponentUp,
    DrainEnded,
    Event,
    FaultConfirmed,
    FaultRequested,
    FaultReverted,
    LoadScheduled,
    PhaseEntered,
    ProbeSampled,
    RunStarted,
    SystemDescribed,
)
from chaos.ledger.records import State
from chaos.monitor.samples import ResourceSample, SampleWriter
from chaos.report.reported_run import ReportedRun
from chaos.run_directory import RunDirectory, sha256_of_text
from chaos.runner.vocabulary import vocabulary
from chaos.script import Script
from chaos.verdict.judge import evidence_of, judge
from chaos.verdict.results import LogResult
from tests.checks.history import FAILURE, History, at

T = TypeVar("T")

JOBS = 120
THROUGHPUT = "throughput at least 10/s"
EXPERIMENT = f"""\
title: Killing the core loses no job
system: reference
seed: 7
load: {{jobs: {JOBS}, rate: 20/s, workers: {{count: 2}}, job: {{max-attempts: 3}}}}
steady-state:
  - {{probe: throughput, at-least: 10/s, hold: [baseline, after]}}
faults:
  - {{fault: kill, target: core, at: 3s, restart-after: 500ms}}
verify:
  metrics: [{{metric: worker-share, at-least: 10%}}]
"""


def kept_run(
    path: Path, *, lost: bool = False, bitten: bool = True, held: bool = True, begun: bool = True
) -> ReportedRun:
    """A run with its verdict.

    Args:
        path: Where to keep it.
        lost: Whether job 60 is stuck, so that it fails.
        bitten: Whether the fault was seen to bite; otherwise it is inconclusive.
        held: Whether the hypothesis holds after the fault.
        begun: Whether the load ever began.
    """
    directory = RunDirectory(path)
    directory.ledger.mkdir(parents=True)
    draft = path / "draft.yaml"
    draft.write_text(EXPERIMENT, encoding="utf-8")
    experiment = read_experiment(draft, vocabulary())
    draft.unlink()
    saved = dump_experiment(experiment)
    directory.experiment.write_text(saved, encoding="utf-8")
    if begun:
        _history(saved, lost=lost, bitten=bitten, held=held).write(directory.ledger)
        _write_samples(directory)
    else:
        History(events=_events(saved, bitten=bitten, held=held)[:1]).write(directory.ledger)
    script = Script.of(experiment)
    evidence = evidence_of(directory, script)
    return ReportedRun(evidence, judge(evidence, script))


def _history(saved: str, *, lost: bool, bitten: bool, held: bool) -> History:
    history = History(events=_events(saved, bitten=bitten, held=held))
    for job in range(JOBS):
        sent, worker = job / 20, 1 + job % 2
        history.enqueue(job, sent)
        if job == 60 and lost:
            history.execute(job, sent + 0.005, None, worker=worker)
            history.final(job, State.RUNNING, read=9.0)
            continue
        if job % 10 == 0:
            history.execute(job, sent + 0.02, sent + 0.04, FAILURE, worker=worker)
        history.execute(job, sent + 0.5, sent + 0.55, worker=worker, attempt=2 if job % 10 == 0 else 1)
        history.final(job, State.SUCCESS, attempt=2 if job % 10 == 0 else 1, read=9.0)
    return history


def _events(saved: str, *, bitten: bool, held: bool) -> list[Event]:
    described = {
        "name": "reference",
        "version": "1.0",
        "looks_up": True,
        "keeps_finished": True,
        "deduplicates": True,
        "clock_resolution_s": 0.0,
    }
    sampled = [("baseline", 1.0, True), ("baseline", 2.0, True), ("after", 4.5, held), ("after", 5.5, True)]
    seen = {"signal": "SIGKILL", "gone_after_ms": 3.2, "executions_in_flight": 2, "acks_in_flight": 0}
    return [
        RunStarted(
            time_ns=at(-1),
            run="history",
            wall_time="2026-01-02T03:04:05.678+00:00",
            clock="here/now",
            seed=7,
            chaos_version="0.1.0",
            experiment_file="kill.yaml",
            experiment_sha256="0" * 64,
            saved_sha256=sha256_of_text(saved),
        ),
        ComponentUp(time_ns=at(-0.9), component="core", incarnation=1, pid=11),
        ComponentReady(time_ns=at(-0.8), component="core", incarnation=1),
        SystemDescribed(time_ns=at(-0.7), description=described),
        LoadScheduled(time_ns=at(-0.1), start_ns=at(0)),
        *(PhaseEntered(time_ns=at(second), phase=phase) for second, phase in _PHASES),
        *(
            ProbeSampled(
                time_ns=at(second), hypothesis=THROUGHPUT, window=window, value=20.0 if ok else 2.0, held=ok
            )
            for window, second, ok in sampled
        ),
        FaultRequested(time_ns=at(3), fault="kill", kind="kill", targets=("core",), due_ns=at(3)),
        ComponentDown(time_ns=at(3.01), component="core", incarnation=1, status="SIGKILL", expected=True),
        *([FaultConfirmed(time_ns=at(3.02), fault="kill", evidence=seen)] if bitten else []),
        ComponentUp(time_ns=at(3.5), component="core", incarnation=2, pid=12),
        ComponentReady(time_ns=at(3.6), component="core", incarnation=2),
        FaultReverted(time_ns=at(3.6), fault="kill", evidence={"back_after_ms": 100.0}),
        DrainEnded(time_ns=at(8.5), how="drained", unsettled_by_ledger=0, queue_depth=0),
        PhaseEntered(time_ns=at(9.5), phase="stop"),
    ]


_PHASES = (
    (0, "load:baseline"),
    (3, "load:during"),
    (3.7, "load:after"),
    (6.5, "heal"),
    (6.6, "drain"),
    (8.6, "check"),
)


def _write_samples(directory: RunDirectory) -> None:
    writer = SampleWriter(directory)
    for second in range(9):
        writer.write(
            ResourceSample(at(second), name, 1, 10.0 + second, (50 + second) << 20, 20, 4, None)
            for name in ("core", "worker-1", "worker-2", "runner")
        )
    writer.close()


def with_every_text(value: T, text: str) -> T:
    """The same with this text in place of every text in it, however deep; what only the toolkit can say stays."""
    changed: Any = value
    if isinstance(value, Enum | Unit) or value is None:
        pass
    elif isinstance(value, str):
        changed = text
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        changed = dataclasses.replace(
            value, **{name: with_every_text(each, text) for name, each in fields.items()}
        )
    elif isinstance(value, Mapping):
        changed = {key: with_every_text(each, text) for key, each in value.items()}
    elif isinstance(value, tuple | list):
        changed = type(value)([with_every_text(each, text) for each in value])
    return changed  # type: ignore[no-any-return]


def hostile(run: ReportedRun, text: str) -> ReportedRun:
    """The run, with this text wherever its system, its experiment or its processes could have put one."""
    run.directory.experiment.write_text(text, encoding="utf-8", errors="replace")
    lines = run.directory.samples.read_text(encoding="utf-8").replace('"core"', json.dumps(text))
    run.directory.samples.write_text(lines, encoding="utf-8")
    logs = (LogResult("core", "locked", "bad", 3, "database is locked", 3.1),)
    return ReportedRun(run.evidence, with_every_text(dataclasses.replace(run.results, logs=logs), text))
