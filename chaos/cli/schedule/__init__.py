"""`chaos schedule …`, one file a command."""

from __future__ import annotations

import click

from chaos.cli.schedule import export, history, list_, next_, notices, pause, resume, run, trigger


@click.group("schedule")
def command() -> None:
    """Run experiments by themselves at set times, and tell people what came of it.

    \b
    chaos schedule run                  the service: it runs what is due until it is ended
    chaos schedule list                 how each schedule stands
    chaos schedule export --systemd     leave it to a scheduler that is there already

    What is run, and when, stands in schedules.yaml; `chaos schedule COMMAND --file FILE` names another.
    """


for _module in (run, list_, next_, history, notices, pause, resume, trigger, export):
    command.add_command(_module.command)
