"""`chaos doctor`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chaos.diagnosis import Diagnosis


@click.command("doctor")
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for other programs.",
)
@click.option("--runs", type=click.Path(path_type=Path), help="Where runs are kept. [env: CHAOS_RUNS]")
def command(output: str, runs: Path | None) -> None:
    """Say what this machine has and lacks for each feature, and how to mend it.

    Each is tried, not looked up. Exits with 2 if something is missing without which no experiment runs.
    """
    from chaos.diagnosis import diagnose
    from chaos.run_directory import runs_directory

    diagnoses = list(diagnose(runs_directory(runs)))
    if output == "json":
        click.echo(json.dumps([asdict(diagnosis) for diagnosis in diagnoses], indent=2))
    else:
        _print(diagnoses)
    if any(diagnosis.essential and not diagnosis.works for diagnosis in diagnoses):
        raise SystemExit(2)


def _print(diagnoses: Sequence[Diagnosis]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        for diagnosis in diagnoses:
            click.echo(f"{_word(diagnosis):8} {diagnosis.feature}: {diagnosis.detail}")
            if not diagnosis.works:
                click.echo(f"{'':8} to mend it: {diagnosis.mend}")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("", "feature", "what was seen", "to mend it"):
        table.add_column(heading, overflow="fold")
    for diagnosis in diagnoses:
        word = Text(_word(diagnosis), style="green" if diagnosis.works else "red")
        table.add_row(word, Text(diagnosis.feature), Text(diagnosis.detail), Text(diagnosis.mend or ""))
    console.print(table)


def _word(diagnosis: Diagnosis) -> str:
    if diagnosis.works:
        return "ok"
    return "missing" if diagnosis.essential else "lacking"
