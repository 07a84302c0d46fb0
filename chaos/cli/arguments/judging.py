"""A kept run, judged again from its directory alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.report.reported_run import ReportedRun
    from chaos.verdict.results import ExitCode


class NotJudged(Exception):
    """A run can't be judged; the message says why.

    Attributes:
        exit_code: What a command that needs the verdict answers.
    """

    def __init__(self, text: str, exit_code: ExitCode) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def judge_again(run: Path) -> ReportedRun:
    """The run kept in a directory, with its verdict; otherwise say why there is none, and leave."""
    try:
        return judged(run)
    except NotJudged as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)


def judged(run: Path) -> ReportedRun:
    """The run kept in a directory, with its verdict.

    Raises:
        NotJudged: It is no run's directory, or there is nothing in it to judge.
    """
    from chaos.experiment.problems import InvalidExperiment
    from chaos.experiment.reading import load_saved
    from chaos.ledger.damage import LedgerDamaged, LedgerMissing
    from chaos.ledger.story import IncompleteRun
    from chaos.report.reported_run import ReportedRun
    from chaos.run_directory import NotARun, RunDirectory
    from chaos.runner.vocabulary import vocabulary
    from chaos.script import Script
    from chaos.verdict.judge import evidence_of, judge
    from chaos.verdict.results import ExitCode

    try:
        directory = RunDirectory.open(run)
        script = Script.of(load_saved(directory.experiment, vocabulary()))
    except (NotARun, InvalidExperiment) as error:
        raise NotJudged(str(error), ExitCode.WRONG_INPUT) from error
    try:
        evidence = evidence_of(directory, script)
        return ReportedRun(evidence, judge(evidence, script))
    except (LedgerDamaged, LedgerMissing, IncompleteRun, OSError) as error:
        raise NotJudged(f"the run can't be judged: {error}", ExitCode.TOOLKIT_FAILED) from error
