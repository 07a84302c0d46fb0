"""`chaos runs`, `chaos runs prune`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from chaos.cli.arguments.kept_runs import choosing, output_option, runs_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.history.kept import KeptRun
    from chaos.history.results import KeptResults

_SHOWN = 50
_VERDICTS = ("passed", "failed", "inconclusive")
_STYLES = {"passed": "green", "failed": "bold red", "inconclusive": "yellow"}


@click.group("runs", invoke_without_command=True)
@choosing
@click.option("--verdict", type=click.Choice(_VERDICTS), help="Only runs that say this.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the newest N of them.  [default: 50 as text, all as JSON]",
)
@runs_option
@output_option
@click.pass_context
def command(
    ctx: click.Context,
    experiment: str | None,
    system: str | None,
    verdict: str | None,
    last: int | None,
    runs: Path | None,
    output: str,
) -> None:
    """List the kept runs, the newest first; `chaos runs prune` throws old ones away.

    \b
    Wherever a command takes a RUN, any beginning or end of its name will do that only one has (the six digits
    in the first column are the end of it), and `latest`.

    \b
    chaos runs --experiment crash-recovery --system reseolio --verdict failed
    chaos runs --last 20 --output json
    """
    if ctx.invoked_subcommand is not None:
        _refuse_options_before(ctx, ctx.invoked_subcommand)
        return
    from chaos.cli.ending import reader_may_leave
    from chaos.history.kept import Choice, kept_runs
    from chaos.run_directory import runs_directory

    place = runs_directory(runs)
    choice = Choice(experiment=experiment, system=system, verdict=verdict)
    chosen = [run for run in kept_runs(place) if choice.holds(run)]
    with reader_may_leave():
        if output == "json":
            click.echo(json.dumps([_as_dict(run) for run in chosen[:last]], indent=2, ensure_ascii=False))
        elif not chosen:
            click.echo(f"no such run is kept in {place}")
        else:
            shown = chosen[: last or _SHOWN]
            _print(shown)
            if last is None and len(chosen) > len(shown):
                click.echo(f"… and {len(chosen) - len(shown)} older; --last N shows more")


@command.command("prune")
@click.option("--keep", type=click.IntRange(min=0), required=True, metavar="N", help="How many stay.")
@choosing
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@runs_option
def prune_command(
    keep: int, experiment: str | None, system: str | None, dry_run: bool, runs: Path | None
) -> None:
    """Remove all but the newest N of the kept runs, or of those chosen by the options.

    \b
    A run that is under way, was not healed, or may be being judged just now stays, and is told.

    \b
    chaos runs prune --keep 50
    chaos runs prune --keep 10 --experiment crash-recovery --dry-run
    """
    from chaos.history.kept import Choice
    from chaos.history.pruning import prune
    from chaos.run_directory import runs_directory

    place = runs_directory(runs)
    pruned = prune(place, keep, Choice(experiment=experiment, system=system), dry_run=dry_run)
    for name in pruned.removed:
        click.echo(f"{'would remove' if dry_run else 'removed'} {name}")
    for line in pruned.kept:
        click.echo(line, err=True)
    if not pruned.removed:
        click.echo(f"nothing to remove in {place}")
    sys.exit(0)


def _refuse_options_before(ctx: click.Context, subcommand: str) -> None:
    """What stands before a subcommand would choose nothing there, and more would be thrown away than was meant."""
    given = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if given:
        raise click.UsageError(f"--{given[0]} belongs behind it: chaos runs {subcommand} --{given[0]} …")


def _as_dict(run: KeptRun) -> dict[str, Any]:
    values: dict[str, Any] = {
        "run": run.name,
        "directory": str(run.directory.path),
        "state": run.state,
        "problem": run.problem,
        "began": run.began.isoformat(),
        "experiment": run.experiment,
    }
    if (results := run.results) is not None:
        values |= {
            "profile": results.experiment.profile,
            "system": results.system.model_dump(),
            "machine": results.machine,
            "verdict": results.verdict,
            "exit_code": int(results.exit_code),
            "seed": results.seed,
            "duration_s": results.duration_s,
            "acknowledged": results.metrics.acknowledged,
            "throughput_per_s": results.metrics.throughput,
            "latency_p99_s": results.metrics.latency.get("p99"),
            "checks": {check.name: check.count for check in results.checks},
            "measurements": [each.model_dump() for each in results.measurements],
        }
    return values


def _print(runs: Sequence[KeptRun]) -> None:
    from rich.text import Text

    from chaos.cli.printing.tables import console_for_tables, plain_table

    table = plain_table(
        "run", "began (UTC)", "experiment", "system", "says", "seed", "took", "jobs", "jobs/s", "p99", "lost",
        "repeated", right=("seed", "took", "jobs", "jobs/s", "p99", "lost", "repeated"),
    )  # fmt: skip
    for run in runs:
        began = run.began.strftime("%Y-%m-%d %H:%M")
        if (results := run.results) is None:
            table.add_row(run.handle, began, run.experiment, "–", Text(run.state, style="yellow"))
            continue
        says = results.verdict if results.says_something else run.state
        table.add_row(
            run.handle, began, _experiment(results), results.system.in_words,
            Text(says, style=_STYLES.get(says, "yellow")), *_figures(results),
        )  # fmt: skip
    console = console_for_tables()
    console.print(table)
    for run in runs:
        if run.problem:
            console.print(Text(f"{run.handle}: {run.problem}", style="yellow"), soft_wrap=True)


def _experiment(results: KeptResults) -> str:
    profile = results.experiment.profile
    return f"{results.experiment.name} ({profile})" if profile else results.experiment.name


def _figures(results: KeptResults) -> list[str]:
    """Seed, duration, jobs, throughput, latency, jobs lost and jobs repeated."""
    from chaos.cli.printing.tables import figure
    from chaos.history.results import DUPLICATION, LOSS

    metrics = results.metrics
    p99, throughput = metrics.latency.get("p99"), results.measurement("throughput")
    counts = (results.check(name) for name in (LOSS, DUPLICATION))
    return [
        str(results.seed),
        f"{results.duration_s:.0f} s",
        str(metrics.acknowledged),
        figure(throughput.value if throughput else metrics.throughput),
        "–" if p99 is None else f"{figure(p99 * 1e3)} ms",
        *(figure(check.count if check else None) for check in counts),
    ]
