"""`chaos validate FILE…`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.experiment.problems import Problem
    from chaos.script import Script


@click.command("validate")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a value, such as load.jobs=10000."
)
@click.option("--system", metavar="NAME", help="The system to use instead of the file's.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(files: tuple[Path, ...], overrides: tuple[str, ...], system: str | None, output: str) -> None:
    """Say everything that is wrong with experiment files, and where. Exit code 2 if anything is."""
    from chaos.experiment.problems import InvalidExperiment
    from chaos.experiment.reading import read_experiment
    from chaos.runner.vocabulary import vocabulary
    from chaos.script import Script

    words = vocabulary()
    found: dict[Path, tuple[Problem, ...]] = {}
    for file in files:
        try:
            experiment = read_experiment(file, words, overrides, system=system)
            found[file] = tuple(_misfits(file, Script.of(experiment)))
        except InvalidExperiment as error:
            found[file] = error.problems
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


def _misfits(file: Path, script: Script) -> Iterator[Problem]:
    """What a run would refuse though it can be read: targets that the system does not have."""
    from chaos.experiment.problems import Place, Problem
    from chaos.systems.registry import system_named

    spec = script.experiment.system
    for problem in script.problems(system_named(spec.name).component_names(spec)):
        yield Problem(Place(click.format_filename(file)), (), problem)


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
