"""The experiments of a step: each is `chaos run` in a process of its own; how it ended is read from what it printed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from chaos.clock import utc_now
from chaos.gamedays.entries import Launched, RunEnded
from chaos.gamedays.kept import KeptGameday
from chaos.gamedays.model import PlannedRun
from chaos.gamedays.state import GamedayState
from chaos.launching.command import RunCommand
from chaos.launching.launched import LaunchedRun
from chaos.launching.printed import printed
from chaos.processes.identity import ProcessIdentity
from chaos.verdict.results import ExitCode, Verdict, verdict_of

_NEEDS_A_RUN: Final = (ExitCode.PASSED, ExitCode.FAILED)


@dataclass(frozen=True)
class RunningExperiment:
    """An experiment that was started.

    Attributes:
        number: Which one of its step, from 0.
        began_at: When it was started.
        run: Its process.
        log: What it prints.
    """

    number: int
    began_at: datetime
    run: LaunchedRun
    log: Path

    def ended(self, step: int) -> RunEnded | None:
        """How it ended, once it has."""
        code = self.run.exit_code()
        return None if code is None else _ended(step, self.number, self.began_at, code, self.log)


def start(gameday: KeptGameday, state: GamedayState, number: int) -> RunningExperiment:
    """Start one experiment of the current step, once its process is in the journal.

    Raises:
        OSError: It can't be started, or the journal can't be written.
    """
    began_at = utc_now()

    def record(process: ProcessIdentity) -> None:
        gameday.append(Launched(at=began_at, step=state.current, experiment=number, process=process))

    planned = (state.step.run or ())[number]
    log = _log_of(gameday, state, number)
    arguments = _arguments(planned, state, gameday.runs)
    run = LaunchedRun.start(arguments, Path(state.began.directory), log, record)
    return RunningExperiment(number, began_at, run, log)


def ended_meanwhile(gameday: KeptGameday, state: GamedayState, launched: Launched) -> RunEnded | None:
    """How an experiment ended whose walk was killed, if it came to its results all the same."""
    log = _log_of(gameday, state, launched.experiment)
    results = _results(log)
    if results is None or results["exit_code"] == ExitCode.INTERRUPTED:
        return None
    return _ended(state.current, launched.experiment, launched.at, results["exit_code"], log)


def _log_of(gameday: KeptGameday, state: GamedayState, number: int) -> Path:
    """Where an experiment of the current step prints to, this time."""
    attempt = len(state.steps[state.current].interruptions) + 1
    return gameday.path / f"step-{state.current + 1}-experiment-{number + 1}-{attempt}.ndjson"


def _arguments(planned: PlannedRun, state: GamedayState, runs: Path) -> list[str]:
    """What follows `chaos`. The file is named as somebody would in the directory where it runs."""
    file = os.path.relpath(Path(state.began.experiments_from) / planned.file, state.began.directory)
    settings = (*planned.set, *state.began.set)
    command = RunCommand((file,), planned.system or state.began.system, planned.profile, settings)
    return [*command.words, "--runs", str(runs), "--output", "json"]


def _ended(step: int, number: int, began_at: datetime, code: int, log: Path) -> RunEnded:
    results = _results(log)
    exit_code = _exit_code(code)
    if results is not None:
        verdict, run = verdict_of(exit_code), results["run"]
        reasons = tuple(str(reason) for reason in results["reasons"])
    else:
        exit_code = ExitCode.TOOLKIT_FAILED if exit_code in _NEEDS_A_RUN else exit_code
        verdict, run = Verdict.INCONCLUSIVE, None
        reasons = (f"`chaos run` ended with {code} and gave no results", *printed(log).complaints)
    return RunEnded(
        at=utc_now(),
        step=step,
        experiment=number,
        began_at=began_at,
        exit_code=exit_code,
        verdict=verdict,
        run=run,
        reasons=reasons,
    )


def _exit_code(code: int) -> ExitCode:
    """What a process ended with, as one of ours: less than 0 is a signal."""
    if code < 0:
        return ExitCode.INTERRUPTED
    return ExitCode(code) if code in list(ExitCode) else ExitCode.TOOLKIT_FAILED


def _results(log: Path) -> dict[str, Any] | None:
    """The results that a run printed; None if it did not come to them."""
    for line in reversed(log.read_text(encoding="utf-8", errors="replace").splitlines()):
        try:
            values = json.loads(line)
        except ValueError:
            continue
        if isinstance(values, dict) and values.get("event") == "results":
            return values
    return None
