"""A run under way that a test makes by hand: registered, and written as a runner and its load would write it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.clock import now_ns
from chaos.guardian.runs import register, unregister
from chaos.ledger.events import (
    Event,
    FaultConfirmed,
    FaultRequested,
    FaultReverted,
    LoadScheduled,
    PhaseEntered,
    ProbeSampled,
    RunStarted,
)
from chaos.ledger.records import Outcome, Payload, State
from chaos.ledger.writer import EventWriter, LedgerWriter
from chaos.run_directory import RunDirectory

HYPOTHESIS = "throughput at least 10/s"
EXPERIMENT = """\
title: {title}
system: reference
seed: 7
load: {{jobs: 100, rate: 10/s, workers: {{count: 1}}}}
steady-state:
  - {{probe: throughput, at-least: 10/s, hold: [baseline]}}
faults:
  - {{fault: kill, target: core, at: 3s, restart-after: 500ms}}
"""


class HandmadeRun:
    """Writes what happens, as it is told to."""

    def __init__(self, runs: Path, title: str) -> None:
        self.directory = RunDirectory.create(runs, "handmade")
        self.directory.experiment.write_text(EXPERIMENT.format(title=title), encoding="utf-8")
        self._events = EventWriter(self.directory.ledger)
        self._ledger = LedgerWriter(
            self.directory.ledger, run=self.directory.name, component="worker-1", incarnation=1
        )
        self._jobs = 0
        self.tell(
            RunStarted(
                time_ns=now_ns(),
                run=self.directory.name,
                wall_time="2026-01-02T03:04:05.678+00:00",
                clock="here/now",
                seed=7,
                chaos_version="0",
                experiment_file="handmade.yaml",
                experiment_sha256="0" * 64,
                saved_sha256="0" * 64,
            )
        )

    @property
    def name(self) -> str:
        """Its name."""
        return self.directory.name

    def tell(self, *events: Event) -> None:
        """These happen."""
        for event in events:
            self._events.write(event)

    def begin_load(self) -> None:
        """The load begins."""
        self.tell(
            LoadScheduled(time_ns=now_ns(), start_ns=now_ns()),
            PhaseEntered(time_ns=now_ns(), phase="load:baseline"),
        )

    def enqueue(self, jobs: int, *, done: int = 0) -> None:
        """So many jobs are enqueued, and so many of them are done."""
        for job in range(self._jobs, self._jobs + jobs):
            self._ledger.enqueue_acknowledged(job, False, 1, f"id-{job}", job)
        for job in range(self._jobs, self._jobs + done):
            self._ledger.execution_started(job, Payload.INTACT, 1, f"id-{job}", job)
            self._ledger.execution_finished(job, Outcome.SUCCESS, 1, job)
            self._ledger.ack_acknowledged(job, Outcome.SUCCESS, 1, State.SUCCESS, job)
        self._jobs += jobs

    def break_core(self, fault: str = "kill") -> None:
        """A fault is requested, and seen to bite."""
        requested = FaultRequested(
            time_ns=now_ns(), fault=fault, kind="kill", targets=("core",), due_ns=now_ns()
        )
        self.tell(requested, FaultConfirmed(time_ns=now_ns(), fault=fault, evidence={"signal": "SIGKILL"}))

    def mend_core(self, fault: str = "kill") -> None:
        """It is undone."""
        self.tell(FaultReverted(time_ns=now_ns(), fault=fault, evidence={}))

    def answer(self, value: float, *, held: bool, note: str = "") -> None:
        """The hypothesis is asked."""
        self.tell(
            ProbeSampled(
                time_ns=now_ns(),
                hypothesis=HYPOTHESIS,
                window="baseline",
                value=value,
                held=held,
                note=note,
            )
        )

    def log(self, component: str, *lines: str) -> None:
        """A component logs."""
        with (self.directory.logs / f"{component}.log").open("a", encoding="utf-8") as log:
            log.writelines(f"{line}\n" for line in lines)

    def close(self) -> None:
        """Nothing more is written."""
        self._events.close()
        self._ledger.close()


@contextmanager
def under_way(runs: Path, title: str = "A run made by hand") -> Iterator[HandmadeRun]:
    """A run that this process carries out."""
    run = HandmadeRun(runs, title)
    register(run.directory)
    try:
        yield run
    finally:
        unregister(run.name)
        run.close()
