"""`chaos gameday status`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.cli.gameday.options import meant, runs_option

if TYPE_CHECKING:
    from chaos.gamedays.state import GamedayState


@click.command("status")
@click.argument("name", required=False)
@runs_option
def command(name: str | None, runs: Path | None) -> None:
    """Say where a gameday stands, step by step; without NAME, the newest."""
    from chaos.experiment.wording import printable
    from chaos.gamedays.recommendation import recommend
    from chaos.gamedays.state import answers_due

    gameday, state = meant(name, runs)
    click.echo(printable(f"{gameday.name}: {state.gameday.title}"))
    for number, planned in enumerate(state.gameday.steps):
        click.echo(printable(f"  {number + 1}. {planned.title}: {_standing(state, number)}"))
    due = f"; due: {' / '.join(answers_due(state))}" if answers_due(state) else ""
    click.echo(f"{state.stage}{due}; recommendation so far: {recommend(state)}")
    if state.is_open and not gameday.is_walked():
        click.echo(f"nobody walks through it now: `chaos gameday resume {gameday.name}` goes on")


def _standing(state: GamedayState, number: int) -> str:
    step = state.steps[number]
    if step.over:
        return "skipped" if step.skipped else ", ".join(run.verdict for run in step.runs) or "done"
    if number == state.current and state.is_open:
        return str(state.stage)
    return "not begun" if state.is_open else "not done"
