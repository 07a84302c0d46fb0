"""`chaos schedule export`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.arguments.schedules import file_option, lacking, read


@click.command("export")
@click.option("--systemd", "to", flag_value="systemd", help="Units: a service and a timer for each schedule.")
@click.option("--cron", "to", flag_value="cron", help="Lines for crontab.")
@click.option("--github", "to", flag_value="github", help="A workflow for GitHub Actions.")
@click.option(
    "--kubernetes", "to", flag_value="kubernetes", help="CronJobs, with their experiments beside them."
)
@click.option("--image", metavar="IMAGE", help="With --kubernetes: the container image that has `chaos`.")
@click.option(
    "--install", metavar="COMMAND", help="With --github: what installs `chaos`, if not pip by its name."
)
@click.option(
    "--into", type=click.Path(path_type=Path), help="Write the files into this directory instead of printing."
)
@file_option
def command(to: str | None, image: str | None, install: str | None, into: Path | None, file: Path) -> None:
    """Print schedules in the words of a scheduler that is there already.

    What that one does not do (blackouts, notices, …) is named in a comment at the top.

    \b
    chaos schedule export --systemd --into ~/.config/systemd/user
    chaos schedule export --cron
    """
    from dataclasses import replace

    from chaos.cli.arguments.kept_runs import refuse

    if to is None:
        raise click.UsageError("say which scheduler: --systemd, --cron, --github or --kubernetes")
    for option, given, belongs_to in (("--image", image, "kubernetes"), ("--install", install, "github")):
        if given is not None and to != belongs_to:
            raise click.UsageError(f"{option} belongs to --{belongs_to}")
    schedules = read(file)
    try:
        from chaos.schedules.exports.exported import NotExportable, Order
        from chaos.schedules.exports.registry import EXPORTS
    except ModuleNotFoundError as error:
        raise lacking(error) from error
    order = Order(schedules, _program() if to in ("systemd", "cron") else "chaos", image=image)
    try:
        files = EXPORTS[to](replace(order, install=install) if install else order)
    except NotExportable as error:
        refuse(str(error))
    for exported in files:
        if into is None:
            heading = f"# {exported.name}\n" if len(files) > 1 else ""
            click.echo(heading + exported.text)
        else:
            target = into / exported.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(exported.text, encoding="utf-8")
            click.echo(f"written: {click.format_filename(target)}")


def _program() -> str:
    """Where the command is that was called: neither systemd nor cron looks where a shell does."""
    import shutil
    import sys

    beside = Path(sys.executable).parent / "chaos"
    return str(beside) if beside.exists() else (shutil.which("chaos") or "chaos")
