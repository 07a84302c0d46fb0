"""`chaos ledger RUN`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click


@click.command("ledger")
@click.argument("run", metavar="RUN")
@click.option(
    "--job", type=click.IntRange(min=0), metavar="N", help="Only this job's records, and the run's events."
)
@click.option(
    "--parquet",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write all job records to a Parquet file instead.",
)
def command(run: str, job: int | None, parquet: Path | None) -> None:
    """Print the ledger of a kept run as NDJSON: one record or event a line, by time."""
    from chaos.cli.arguments.kept_runs import kept_run
    from chaos.ledger.damage import LedgerDamaged, LedgerMissing
    from chaos.ledger.export import ParquetUnavailable, to_parquet

    if parquet is not None and job is not None:
        raise click.UsageError("--parquet writes every job: leave --job away")
    directory = kept_run(run) / "ledger"
    try:
        if parquet is None:
            _print(directory, job)
        else:
            records = to_parquet(directory, parquet)
            click.echo(f"{parquet}: {records:,} records")
    except (LedgerMissing, LedgerDamaged, ParquetUnavailable) as error:
        raise _WrongInput(str(error)) from error
    except OSError as error:
        raise _WrongInput(f"{error.filename or parquet or directory}: {error.strerror}") from error


class _WrongInput(click.ClickException):
    exit_code = 2


def _print(directory: Path, job: int | None) -> None:
    """Write the lines; a reader that has seen enough (`| head`) ends them without a word."""
    from chaos.ledger.export import to_ndjson

    try:
        for line in to_ndjson(directory, job):
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more as it ends: give it a place to do so.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
