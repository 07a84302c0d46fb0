"""`chaos findings RUN…`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.cli.arguments.kept_runs import choosing, runs_option

if TYPE_CHECKING:
    from chaos.findings.observed import Observed


@click.command("findings")
@click.argument("named", metavar="[RUN…]", nargs=-1)
@choosing
@click.option(
    "--output", type=click.Path(path_type=Path), help="A file to write it to.  [default: standard output]"
)
@runs_option
def command(
    named: tuple[str, ...], experiment: str | None, system: str | None, output: Path | None, runs: Path | None
) -> None:
    """Write what runs found for those who maintain the system, in Markdown.

    \b
    Each finding stands with how often it was found, a witness, its likely cause where that is known, and what the
    guarantee would need. Each run is judged again from its directory. Without RUN, all kept runs are taken.

    \b
    chaos findings --system reseolio
    chaos findings 1f2e3d 4a5b6c --output findings.md
    """
    from chaos.cli.arguments.kept_runs import refuse, run_named
    from chaos.cli.ending import reader_may_leave
    from chaos.findings.summary import summaries
    from chaos.findings.writing import write_findings
    from chaos.history.kept import Choice, kept_runs
    from chaos.run_directory import runs_directory

    choice = Choice(experiment=experiment, system=system)
    if named:
        directories = [run_named(text, runs).path for text in named]
    else:
        directories = [run.directory.path for run in kept_runs(runs_directory(runs)) if choice.holds(run)]
    told = summaries(_observed(directories))
    if not told:
        refuse("none of these runs says anything of a system; `chaos runs` lists what is kept")
    text = "\n".join(map(write_findings, told))
    if output is None:
        with reader_may_leave():
            click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"wrote {output}")


def _observed(directories: list[Path]) -> list[Observed]:
    """What each run saw; one that can't tell is named on standard error, and left out."""
    from chaos.cli.arguments.judging import NotJudged, judged
    from chaos.findings.observed import SaysNothing, observe

    seen = []
    for directory in directories:
        try:
            seen.append(observe(judged(directory)))
        except (NotJudged, SaysNothing) as error:
            click.echo(f"left out: {directory.name}: {error}", err=True)
    return seen
