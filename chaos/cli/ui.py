"""`chaos ui`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chaos.cli.arguments.kept_runs import refuse, runs_option

_PORT = 8434


@click.command("ui")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="Where the page is served on this machine; 0: wherever is free.",
)
@runs_option
@click.option(
    "--experiments",
    "experiments",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A directory with experiments that the page may start, beside those that ship.",
)
@click.option(
    "--schedules",
    "schedules",
    type=click.Path(path_type=Path),
    default="schedules.yaml",
    envvar="CHAOS_SCHEDULES",
    show_default=True,
    help="The file of schedules to show; CHAOS_SCHEDULES names another, too.",
)
def command(port: int, runs: Path | None, experiments: tuple[Path, ...], schedules: Path) -> None:
    """Serve a page on this machine: watch runs as they go, halt and start them, and look at what was kept.

    \b
    The page is reached from this machine only, by the URL that is printed. Whoever has that URL can start and
    halt runs. A run that was started from the page goes on when this command ends.

    \b
    chaos ui
    chaos ui --port 0 --experiments my-experiments
    """
    try:
        from chaos.page.server import PortTaken, Shown, serve
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        raise click.UsageError(
            f"chaos ui needs {library}, which is not installed: pip install 'chaos-queue[page]'"
        ) from error
    from chaos.run_directory import runs_directory

    for directory in experiments:
        if not directory.is_dir():
            refuse(
                f"{directory} is no directory: `chaos init {directory}` makes one, with a first experiment"
            )
    try:
        serve(port, Shown(runs_directory(runs).absolute(), experiments, schedules.absolute()), _tell)
    except PortTaken as error:
        refuse(str(error))
    except KeyboardInterrupt:
        pass  # told to leave, and it has; where a shell has made it ignore Ctrl-C, it returns instead
    click.echo("the page is closed; runs go on", err=True)


def _tell(url: str) -> None:
    click.echo(f"the page is at {url}")
    click.echo("Ctrl-C closes it", err=True)
    sys.stdout.flush()
