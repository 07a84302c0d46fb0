"""`chaos gameday …`: one file a command."""

from __future__ import annotations

import importlib
from typing import Final

import click

_COMMANDS: Final = {
    "run": ("chaos.cli.gameday.run", "Walk through a gameday, from its beginning to its record."),
    "resume": ("chaos.cli.gameday.resume", "Go on with a gameday where it stands."),
    "list": ("chaos.cli.gameday.listing", "List the gamedays that are kept."),
    "status": ("chaos.cli.gameday.status", "Say where a gameday stands, step by step."),
    "decide": ("chaos.cli.gameday.decide", "Decide about the step at hand, from another terminal."),
    "note": ("chaos.cli.gameday.note", "Keep a note, a finding or an action item, with the time."),
    "record": ("chaos.cli.gameday.record", "Write a gameday's record again, or lower its recommendation."),
    "validate": ("chaos.cli.gameday.validate", "Say everything that is wrong with gameday files."),
}


class _Gameday(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.command("gameday", cls=_Gameday)
def command() -> None:
    """Experiments and manual steps in order, with people, go/no-go gates, notes, and a record at the end."""
