"""`chaos explore EXPERIMENT`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from chaos.experiment.model import Experiment
    from chaos.faults.protocol import Fault
    from chaos.runner.perform import Performance
    from chaos.runner.run import Source
    from chaos.verdict.results import ExitCode


@click.command("explore")
@click.argument("file", metavar="EXPERIMENT", type=click.Path(path_type=Path))
@click.option(
    "--runs", "number", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many runs."
)
@click.option("--seed", type=click.IntRange(0, 2**62), help="The seed of the first run; run n has it plus n.")
@click.option("--fault", "chosen", multiple=True, metavar="NAME", help="Draw from these faults alone.")
@click.option("--system", metavar="NAME", help="Put another system under test.")
@click.option("--profile", metavar="NAME", help="The profile of the experiment to use, such as full.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a key: load.jobs=10000."
)
@click.option("--until-failed", is_flag=True, help="Stop at the first run that fails.")
@click.option(
    "--dry-run", is_flag=True, help="Say which faults would be drawn, and when; start and break nothing."
)
@click.option(
    "--into",
    "runs",
    type=click.Path(path_type=Path),
    help="Where runs are kept.  [default: CHAOS_RUNS or ./runs]",
)
def command(
    file: Path,
    number: int,
    seed: int | None,
    chosen: tuple[str, ...],
    system: str | None,
    profile: str | None,
    settings: tuple[str, ...],
    until_failed: bool,
    dry_run: bool,
    runs: Path | None,
) -> None:
    """Run fault schedules drawn from a seed, and report what each run found.

    \b
    The system, the load and what must hold are the experiment's; its faults are replaced by drawn ones:
    which, when, how long, and how many at once. Every run is kept, with the experiment that it was, and
    can be repeated with the command that stands beside it. The exit code is the worst of all runs.

    \b
    chaos explore experiments/exploration.yaml --runs 200 --seed 7
    chaos explore experiments/exploration.yaml --fault kill --fault latency
    """
    from chaos.chance import new_seed
    from chaos.cli.arguments.experiments import read_one, refuse_if_halted
    from chaos.faults.registry import FAULTS
    from chaos.run_directory import runs_directory
    from chaos.runner.exploration import NothingToExplore, candidates
    from chaos.verdict.results import ExitCode, worst

    for name in chosen:
        if name not in FAULTS:
            from chaos.registry import unknown

            raise click.UsageError(unknown("fault", name, FAULTS.names()))
    experiment, source = read_one(file, settings, system, profile)
    first = seed if seed is not None else experiment.seed if experiment.seed is not None else new_seed()
    try:
        faults = candidates(experiment, chosen)
        if dry_run:
            _rehearse(experiment, faults, range(first, first + number))
            return
        refuse_if_halted()
        codes = []
        findings: Counter[str] = Counter()
        for run_seed in range(first, first + number):
            code = _one(experiment, source, faults, run_seed, runs_directory(runs), findings)
            codes.append(code)
            if code is ExitCode.INTERRUPTED or (until_failed and code is ExitCode.FAILED):
                break
    except NothingToExplore as error:
        raise click.UsageError(str(error)) from error
    _print_series(codes, findings, faults)
    sys.exit(worst(codes))


def _with_schedule(experiment: Experiment, faults: Mapping[str, type[Fault[Any]]], seed: int) -> Experiment:
    from chaos.runner.exploration import schedule

    return experiment.model_copy(update={"seed": seed, "faults": schedule(experiment, faults, seed)})


def _rehearse(experiment: Experiment, faults: Mapping[str, type[Fault[Any]]], seeds: Sequence[int]) -> None:
    from chaos.runner.rehearsal import rehearse
    from chaos.script import Script

    for seed in seeds:
        for line in rehearse(Script.of(_with_schedule(experiment, faults, seed))):
            click.echo(line)


def _one(
    experiment: Experiment,
    source: Source,
    faults: Mapping[str, type[Fault[Any]]],
    seed: int,
    runs: Path,
    findings: Counter[str],
) -> ExitCode:
    """One run with a drawn schedule: what it found in one line, and what did not pass with its reasons."""
    from chaos.report.watcher import Silent
    from chaos.runner.perform import NoPlaceToKeep, ToolkitFailed, perform
    from chaos.script import Script
    from chaos.verdict.results import ExitCode

    drawn = _with_schedule(experiment, faults, seed)
    try:
        performance = perform(Script.of(drawn), source, runs, Silent())
    except NoPlaceToKeep as error:
        click.echo(str(error), err=True)
        sys.exit(ExitCode.WRONG_INPUT)
    except ToolkitFailed as error:
        click.echo(f"seed {seed}: the toolkit failed, there is no verdict: {error}", err=True)
        return ExitCode.TOOLKIT_FAILED
    for complaint in performance.unwritten:
        click.echo(complaint, err=True)
    results = performance.results
    names = ", ".join(fault.name or fault.fault for fault in drawn.faults)
    click.echo(f"seed {seed}: {results.verdict:<13} {names}")
    if results.exit_code is not ExitCode.PASSED:
        _print_reasons(performance)
    for check in results.checks:
        findings.update({finding: number for finding, number in check.findings.items() if number})
    return results.exit_code


def _print_reasons(performance: Performance) -> None:
    for reason in performance.results.reasons:
        click.echo(f"    {reason.text}")
    click.echo(f"    repeat it: chaos run {performance.directory.experiment}")


def _print_series(
    codes: Sequence[ExitCode], findings: Mapping[str, int], faults: Mapping[str, type[Fault[Any]]]
) -> None:
    from chaos.verdict.results import verdict_of

    counted = Counter(verdict_of(code).value for code in codes)
    click.echo()
    click.echo(f"{len(codes)} runs over {len(faults)} kinds of faults ({', '.join(faults)})")
    click.echo(", ".join(f"{counted[verdict]} {verdict}" for verdict in sorted(counted)))
    found = ", ".join(f"{name} {number}" for name, number in sorted(findings.items())) or "none"
    click.echo(f"findings, over all jobs of all runs: {found}")
