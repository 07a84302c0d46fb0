"""`chaos schema`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click


def _of_experiments() -> dict[str, Any]:
    from chaos.experiment.schema import json_schema
    from chaos.runner.vocabulary import vocabulary

    return json_schema(vocabulary())


def _of_gamedays() -> dict[str, Any]:
    from chaos.gamedays.schema import json_schema

    return json_schema()


def _of_schedules() -> dict[str, Any]:
    from chaos.schedules.schema import json_schema

    return json_schema()


_SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "experiments": _of_experiments,
    "gamedays": _of_gamedays,
    "schedules": _of_schedules,
}


@click.command("schema")
@click.argument("files", type=click.Choice(list(_SCHEMAS)), default="experiments")
@click.option(
    "--write", "file", type=click.Path(path_type=Path), help="Write it to this file instead of printing it."
)
def command(files: str, file: Path | None) -> None:
    """Print the JSON Schema of experiment files, of gamedays or of schedules, for editors.

    A file names it in its first line, and editors then complete and check while you type:

    \b
    # yaml-language-server: $schema=./schema.json
    """
    text = json.dumps(_SCHEMAS[files](), indent=2, ensure_ascii=False) + "\n"
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{click.format_filename(file)} can't be written: {error.strerror}") from None
    click.echo(f"written: {click.format_filename(file)}")
