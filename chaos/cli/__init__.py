"""The `chaos` command: one file a command; nothing but arguments and printing."""

from __future__ import annotations

import importlib
from typing import Any

import click

from chaos import __version__
from chaos.cli.ending import ending_well

# Each command is imported when it is called, so that `chaos --help` starts at once: name, module, summary.
_COMMANDS = {
    "run": ("chaos.cli.run", "Run experiments: load, faults, and proof job by job."),
    "validate": ("chaos.cli.validate", "Say everything that is wrong with experiment files."),
    "check": ("chaos.cli.check", "Give the verdict of a kept run again, from its directory alone."),
    "report": ("chaos.cli.report", "Make the reports of a kept run again."),
    "runs": ("chaos.cli.runs", "List kept runs; `chaos runs prune` throws old ones away."),
    "compare": ("chaos.cli.compare", "Say what got better or worse from one kept run to others."),
    "trends": ("chaos.cli.trends", "Show a metric over all kept runs, and mark regressions."),
    "readiness": ("chaos.cli.readiness", "Say which tier of readiness a system has reached, line by line."),
    "findings": ("chaos.cli.findings", "Write what kept runs found for those who maintain the system."),
    "ui": ("chaos.cli.ui", "Serve a page: watch, start and halt runs, and look at kept ones."),
    "gameday": (
        "chaos.cli.gameday",
        "Walk through experiments and manual steps, with people and go/no-go gates.",
    ),
    "schedule": ("chaos.cli.schedule", "Run experiments by themselves at set times, and tell people."),
    "init": ("chaos.cli.init", "Write a first experiment, with the shipped ones beside it."),
    "explore": ("chaos.cli.explore", "Run fault schedules drawn from a seed, and report what they find."),
    "faults": ("chaos.cli.faults", "List the faults, or tell everything about one."),
    "probes": ("chaos.cli.probes", "List the probes of hypotheses, or tell everything about one."),
    "heal": ("chaos.cli.heal", "Undo what runs have left behind that died before they could."),
    "halt": ("chaos.cli.halt", "Stop all runs of this user, undo their faults, and let no new one start."),
    "resume": ("chaos.cli.resume", "Let runs start again after a halt."),
    "selftest": ("chaos.cli.selftest", "Prove the checks: planted defects must be found under their names."),
    "doctor": ("chaos.cli.doctor", "Say what this machine has and lacks, and how to mend it."),
    "setup": ("chaos.cli.setup", "Fetch the parts that experiments need."),
    "systems": ("chaos.cli.systems", "List the systems that can be put under test."),
    "ledger": ("chaos.cli.ledger", "Print a run's ledger as NDJSON, or write it as Parquet."),
    "schema": ("chaos.cli.schema", "Print the JSON Schema of experiment files, for editors."),
    "completion": ("chaos.cli.completion", "Print the shell completion script for bash, zsh or fish."),
}


class _Commands(click.Group):
    """Commands that are imported when they are called; their summaries are known without."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        run: Any = super().main
        if not standalone_mode:
            return run(*args, standalone_mode=False, **extra)
        with ending_well():
            return run(*args, standalone_mode=False, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            from chaos.registry import unknown

            ctx.fail(unknown("command", args[0], _COMMANDS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chaos")
def main() -> None:
    """Break a durable job queue while it works, and prove whether a job was lost or repeated.

    Exit codes: 0 passed, 1 failed, 2 wrong input or something missing, 3 inconclusive, 4 interrupted,
    5 the toolkit itself failed.
    """
