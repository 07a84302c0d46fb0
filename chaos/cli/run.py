"""`chaos run FILE…`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.exports.protocol import Export
    from chaos.report.watcher import Watcher
    from chaos.runner.perform import Performance
    from chaos.runner.run import Source
    from chaos.script import Script
    from chaos.verdict.results import ExitCode


_DATABASE_VARIABLE = "CHAOS_DATABASE_URL"


@click.command("run")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a key: load.jobs=10000."
)
@click.option("--system", "system", metavar="NAME", help="Put another system under test.")
@click.option("--profile", metavar="NAME", help="The profile of the experiments to use, such as full.")
@click.option(
    "--bin", "binary", metavar="PATH", help="The system's executable (the same as --set system.bin=PATH)."
)
@click.option(
    "--database-url",
    "database_url",
    metavar="URL",
    help="Use this PostgreSQL server: the run makes a database of its own in it, and drops it.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="The seed of the (first) run.")
@click.option(
    "--repeat", type=click.IntRange(1, 10_000), default=1, show_default=True, help="Runs of each file."
)
@click.option("--until-failed", is_flag=True, help="With --repeat: stop at the first run that fails.")
@click.option(
    "--runs", type=click.Path(path_type=Path), help="Where runs are kept.  [default: CHAOS_RUNS or ./runs]"
)
@click.option(
    "--toxiproxy",
    "toxiproxy_url",
    metavar="URL",
    help="Use this running Toxiproxy server, on this machine, and leave it as it was.",
)
@click.option(
    "--allow-remote", is_flag=True, help="Let probes ask other machines, if the experiment allows it, too."
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would be started, broken and undone, and when; do none of it."
)
@click.option("--baseline", metavar="RUN", help="Say what got better or worse than in this kept run.")
@click.option(
    "--fail-on-regression",
    is_flag=True,
    help="With --baseline: exit with 1 if anything got worse beyond noise. The verdict stays what it is.",
)
@click.option(
    "--prometheus", metavar="HOST:PORT", help="Serve the run's metrics there, for Prometheus: 127.0.0.1:9464."
)
@click.option(
    "--otlp",
    metavar="URL",
    help="Send spans and metrics to this OpenTelemetry collector: http://127.0.0.1:4318.",
)
@click.option(
    "--export-beyond-loopback", is_flag=True, help="Let --prometheus and --otlp leave this machine."
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    files: tuple[Path, ...],
    settings: tuple[str, ...],
    system: str | None,
    profile: str | None,
    binary: str | None,
    database_url: str | None,
    seed: int | None,
    repeat: int,
    until_failed: bool,
    runs: Path | None,
    toxiproxy_url: str | None,
    allow_remote: bool,
    dry_run: bool,
    baseline: str | None,
    fail_on_regression: bool,
    prometheus: str | None,
    otlp: str | None,
    export_beyond_loopback: bool,
    output: str,
) -> None:
    """Run experiments: start the system, load it, break it, and prove whether a job was lost or repeated.

    \b
    Several files or --repeat give the worst exit code of all runs, and a failure rate with its confidence
    interval. Repetition n runs with the seed plus n. A run that is interrupted ends the series.

    \b
    chaos run experiments/crash-recovery.yaml
    chaos run experiments/*.yaml --system reseolio
    chaos run experiments/01-throughput.yaml --profile full
    chaos run experiments/crash-recovery.yaml --set load.jobs=20000 --set 'faults[0].at=2s'
    chaos run experiments/crash-recovery.yaml --system reseolio --repeat 50 --until-failed
    chaos run experiments/split-brain.yaml --database-url postgres://me:secret@localhost/postgres
    """
    from chaos.cli.arguments.experiments import check_toxiproxy, refuse_if_halted
    from chaos.cli.arguments.exports import exports_to
    from chaos.cli.printing.comparison import Against
    from chaos.run_directory import runs_directory
    from chaos.verdict.results import ExitCode, worst

    overrides = [*([f"system.bin={binary}"] if binary else []), *_database(database_url), *settings]
    if fail_on_regression and baseline is None:
        raise click.UsageError("--fail-on-regression needs --baseline RUN")
    against = None if baseline is None else Against.named(baseline, runs)
    check_toxiproxy(toxiproxy_url)
    scripts = _scripts(files, overrides, system, profile, toxiproxy_url, allow_remote)
    if dry_run:
        _rehearse([_seeded(script, seed, 0) for script, _ in scripts], toxiproxy_url)
        return
    refuse_if_halted()
    performances: list[Performance] = []
    codes: list[ExitCode] = []
    no_verdict = {ExitCode.INTERRUPTED, ExitCode.TOOLKIT_FAILED}
    endings = no_verdict | ({ExitCode.FAILED} if until_failed else set())
    with exports_to(prometheus, otlp, beyond_loopback=export_beyond_loopback) as exports:
        for (script, source), number in itertools.product(scripts, range(repeat)):
            chosen = _seeded(script, seed, number)
            code = _one(chosen, source, runs_directory(runs), toxiproxy_url, output, performances, exports)
            codes.append(code)
            if against is not None and code not in no_verdict:
                against.tell(performances[-1].directory, output)
            if code in endings:
                break
    if len(codes) > 1:
        _print_series(performances, codes, output)
    if against is not None and fail_on_regression and against.regressions:
        codes.append(ExitCode.FAILED)
    sys.exit(worst(codes))


def _database(url: str | None) -> list[str]:
    """What puts a server into an experiment: by the name of a variable, because its URL may hold a password."""
    import os

    if url is None:
        return []
    os.environ[_DATABASE_VARIABLE] = url
    return ["system.storage=postgres", f"system.database-url=${{env:{_DATABASE_VARIABLE}}}"]


def _rehearse(scripts: Sequence[Script], toxiproxy_url: str | None) -> None:
    from chaos.runner.rehearsal import rehearse
    from chaos.secrets import redacted

    for script in scripts:
        for line in rehearse(script, toxiproxy_url=toxiproxy_url):
            click.echo(redacted(line))


def _scripts(
    files: Sequence[Path],
    overrides: Sequence[str],
    system: str | None,
    profile: str | None,
    toxiproxy_url: str | None,
    allow_remote: bool,
) -> list[tuple[Script, Source]]:
    """Every experiment, read and found runnable; otherwise say everything that is wrong, and leave."""
    from chaos.cli.arguments.experiments import read_script, refuse
    from chaos.experiment.problems import InvalidExperiment, Problem

    scripts: list[tuple[Script, Source]] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scripts.append(
                read_script(
                    file, overrides, system, toxiproxy_url, profile=profile, allow_remote=allow_remote
                )
            )
        except InvalidExperiment as error:
            problems += error.problems
    if problems:
        refuse(problems)
    return scripts


def _seeded(script: Script, seed: int | None, number: int) -> Script:
    """The script with a seed: the one asked for, or the file's, plus the number of the repetition; else a new one."""
    from dataclasses import replace

    from chaos.chance import new_seed
    from chaos.runner.perform import with_seed

    first = seed if seed is not None else script.experiment.seed
    chosen = new_seed() if first is None else first + number
    return replace(script, experiment=with_seed(script.experiment, chosen))


def _one(
    script: Script,
    source: Source,
    runs: Path,
    toxiproxy_url: str | None,
    output: str,
    performances: list[Performance],
    exports: tuple[Export, ...],
) -> ExitCode:
    """One run; what it says is printed, and its exit code returned."""
    from rich.console import Console

    from chaos.cli.arguments.exports import tell_verdict, told_to_all
    from chaos.cli.ending import reader_may_leave
    from chaos.report.console import ConsoleWatcher, JsonWatcher
    from chaos.report.json_file import results_line
    from chaos.report.summary import print_summary
    from chaos.runner.perform import NoPlaceToKeep, ToolkitFailed, perform
    from chaos.script import Script
    from chaos.secrets import redacted
    from chaos.verdict.results import ExitCode

    console = Console(highlight=False)
    watcher: Watcher = JsonWatcher(sys.stdout) if output == "json" else ConsoleWatcher(console)
    watcher = told_to_all(watcher, exports)
    try:
        performance = perform(
            Script.of(script.experiment), source, runs, watcher, toxiproxy_url=toxiproxy_url
        )
    except NoPlaceToKeep as error:
        click.echo(redacted(str(error)), err=True)
        sys.exit(ExitCode.WRONG_INPUT)
    except ToolkitFailed as error:
        click.echo(redacted(f"the toolkit failed, there is no verdict: {error}"), err=True)
        return ExitCode.TOOLKIT_FAILED
    performances.append(performance)
    tell_verdict(exports, performance.results)
    with reader_may_leave():
        if output == "json":
            click.echo(results_line(performance.results))
        else:
            print_summary(console, performance.results, performance.directory)
    for complaint in performance.unwritten:
        click.echo(complaint, err=True)
    return performance.results.exit_code


def _print_series(performances: Sequence[Performance], codes: Sequence[ExitCode], output: str) -> None:
    """Every run in a line, and how often they failed."""
    import json

    from chaos.verdict.results import ExitCode
    from chaos.verdict.series import failure_rate

    decided = [code for code in codes if code in (ExitCode.PASSED, ExitCode.FAILED)]
    if not decided:
        click.echo(
            f"none of {len(codes)} runs passed or failed, so nothing can be said of how often it fails"
        )
        return
    rate = failure_rate(failed=decided.count(ExitCode.FAILED), runs=len(decided))
    if output == "json":
        series = {"event": "series", "runs": rate.runs, "failed": rate.failed, "failure_rate": rate.share}
        click.echo(json.dumps({**series, "interval_95": [rate.low, rate.high]}))
        return
    click.echo()
    for performance in performances:
        results = performance.results
        click.echo(f"{results.verdict:<13} seed {results.seed:<12} {performance.directory}")
    click.echo(
        f"{rate.failed} of {rate.runs} runs failed: {rate.share:.1%} (95 % interval {rate.low:.1%} to {rate.high:.1%})"
    )
    if undecided := len(codes) - len(decided):
        click.echo(f"{undecided} more neither passed nor failed, and are not counted")
