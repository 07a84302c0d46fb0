"""`chaos validate FILE…`."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.experiment.problems import Problem


@click.command("validate")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a value, such as load.jobs=10000."
)
@click.option("--system", metavar="NAME", help="The system to use instead of the file's.")
@click.option(
    "--profile", metavar="NAME", help="Only with this profile.  [default: without one, and with each]"
)
@click.option(
    "--toxiproxy",
    "toxiproxy_url",
    metavar="URL",
    help="The running Toxiproxy server that is to be used, so that none need be had.",
)
@click.option(
    "--allow-remote", is_flag=True, help="Let probes ask other machines, if the experiment allows it, too."
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    files: tuple[Path, ...],
    overrides: tuple[str, ...],
    system: str | None,
    profile: str | None,
    toxiproxy_url: str | None,
    allow_remote: bool,
    output: str,
) -> None:
    """Say everything that is wrong with experiment files, and where. Exit code 2 if anything is.

    That is what `chaos run` would refuse: what can't be read, can't come true, or can't be done on this machine.
    """
    from chaos.cli.arguments.experiments import check_toxiproxy
    from chaos.experiment.layers import profile_names

    check_toxiproxy(toxiproxy_url)
    found: dict[Path, tuple[Problem, ...]] = {}
    for file in files:
        profiles = [profile] if profile is not None else [None, *profile_names(file)]
        by_profile = (
            _problems(file, overrides, system, toxiproxy_url, each, allow_remote) for each in profiles
        )
        found[file] = tuple(dict.fromkeys(itertools.chain.from_iterable(by_profile)))
    if output == "json":
        click.echo(json.dumps([_as_json(file, problems) for file, problems in found.items()], indent=2))
    else:
        for file, problems in found.items():
            for problem in problems:
                click.echo(str(problem))
            if not problems:
                click.echo(f"ok: {click.format_filename(file)}")
    if any(found.values()):
        sys.exit(2)


def _problems(
    file: Path,
    overrides: Sequence[str],
    system: str | None,
    toxiproxy_url: str | None,
    profile: str | None,
    allow_remote: bool,
) -> tuple[Problem, ...]:
    from chaos.cli.arguments.experiments import read_script
    from chaos.experiment.problems import InvalidExperiment

    try:
        read_script(file, overrides, system, toxiproxy_url, profile=profile, allow_remote=allow_remote)
    except InvalidExperiment as error:
        return error.problems
    return ()


def _as_json(file: Path, problems: tuple[Problem, ...]) -> dict[str, Any]:
    from chaos.experiment.wording import shown

    return {
        "file": click.format_filename(file),
        "ok": not problems,
        "problems": [
            {
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "key": shown(problem.key_path),
                "message": problem.message,
                "suggestion": problem.suggestion,
            }
            for problem in problems
        ],
    }
