"""Proof of the checks: the reference system with planted defects, one at a time, and without any.

Each case is a run of its own, by the same command that users give: a defect must be found under its name, and the
correct system must pass.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos.checks.findings import Finding
from chaos.experiment.shipped import shipped_experiments
from chaos.processes.own_program import own_program
from chaos.systems.reference.defects import DEFECTS
from chaos.verdict.results import ExitCode

CASE_WITHIN_S = 120.0
CORRECT = {"none": "selftest", "none-with-schedules": "selftest-schedules"}
"""The cases of the correct system, and the experiments that they run."""


@dataclass(frozen=True)
class Case:
    """One run of the self-test: the defect that is planted, and the finding that must come of it.

    Attributes:
        defect: Its name, or that of a case of the correct system.
        sentence: What is wrong, in a sentence.
        expected: What must be found; None for nothing.
        experiment: The shipped experiment that is run.
    """

    defect: str
    sentence: str
    expected: Finding | None
    experiment: str


@dataclass(frozen=True)
class CaseResult:
    """What became of a case.

    Attributes:
        found: Findings that fail, with the number of jobs.
        right: Whether the defect was found under its name, or the correct system passed.
        reason: What the run said where that is not so.
    """

    case: Case
    exit_code: int
    found: dict[str, int]
    right: bool
    reason: str
    run: str


def cases(names: Sequence[str] = ()) -> list[Case]:
    """The correct system and every planted defect, or those that are named.

    Raises:
        KeyError: A name is no defect.
    """
    every = {name: Case(name, "the correct system", None, experiment) for name, experiment in CORRECT.items()}
    for name, defect in DEFECTS.items():
        experiment = "selftest-schedules" if defect.is_of_schedules else "selftest"
        every[name] = Case(name, defect.sentence, Finding(defect.finding), experiment)
    return [every[name] for name in names or every]


class SelfTest:
    """Runs cases, a few at once; `stop` ends those that are under way."""

    def __init__(self, runs: Path, seed: int, at_once: int) -> None:
        self._runs = runs
        self._seed = seed
        self._at_once = at_once
        self._stopped = threading.Event()
        self._children: set[subprocess.Popen[bytes]] = set()

    def results(self, chosen: Sequence[Case]) -> Iterator[CaseResult]:
        """Each case's result as it is done."""
        with ThreadPoolExecutor(self._at_once) as pool:
            futures = [pool.submit(self._run, case) for case in chosen]
            try:
                for future in as_completed(futures):
                    if (result := future.result()) is not None:
                        yield result
            finally:
                self.stop()

    def stop(self) -> None:
        """End the runs that are under way, in good order, and begin no more."""
        self._stopped.set()
        for child in list(self._children):
            child.terminate()

    def _run(self, case: Case) -> CaseResult | None:
        if self._stopped.is_set():
            return None
        experiment = shipped_experiments() / f"{case.experiment}.yaml"
        command = list(own_program("chaos", "run", str(experiment)))
        command += ["--runs", str(self._runs), "--seed", str(self._seed), "--output", "json"]
        command += ["--system", "reference"]
        if case.expected is not None:
            command += ["--set", f"system.defect={case.defect}"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._children.add(child)
        try:
            out, err = child.communicate(timeout=CASE_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.terminate()
            out, err = child.communicate()
        finally:
            self._children.discard(child)
        return _result(case, child.returncode, out, err)


def _result(case: Case, exit_code: int, out: bytes, err: bytes) -> CaseResult:
    lines = [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]
    results: dict[str, Any] = next((line for line in lines if line["event"] == "results"), {})
    directory = next((line["path"] for line in lines if line["event"] == "run-directory"), "")
    found = {
        finding: number
        for check in results.get("checks", [])
        for finding, number in check["findings"].items()
        if number and check["status"] == "failed"
    }
    if case.expected is None:
        right = exit_code == ExitCode.PASSED
    else:
        right = exit_code == ExitCode.FAILED and found.get(case.expected, 0) > 0
    if results:
        reasons = results["reasons"] or ["the run passed", *results["notes"]]
    else:
        reasons = [err.decode(errors="replace").strip() or "no results"]
    return CaseResult(case, exit_code, found, right, "; ".join(reasons), directory)
