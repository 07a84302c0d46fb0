"""`chaos resume`."""

from __future__ import annotations

import click


@click.command("resume")
def command() -> None:
    """Let runs start again after `chaos halt`. Those that were halted are over: start them anew."""
    from chaos.guardian.halting import resume

    lifted = resume()
    click.echo(
        "runs were not halted" if lifted is None else f"runs may start again; they were halted: {lifted}"
    )
