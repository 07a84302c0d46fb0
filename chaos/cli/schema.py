"""`chaos schema`."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("schema")
@click.option(
    "--write", "file", type=click.Path(path_type=Path), help="Write it to this file instead of printing it."
)
def command(file: Path | None) -> None:
    """Print the JSON Schema of experiment files, for editors.

    An experiment file names it in its first line, and editors then complete and check while you type:

    \b
    # yaml-language-server: $schema=./schema.json
    """
    from chaos.experiment.schema import json_schema
    from chaos.runner.vocabulary import vocabulary

    text = json.dumps(json_schema(vocabulary()), indent=2, ensure_ascii=False) + "\n"
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{click.format_filename(file)} can't be written: {error.strerror}") from None
    click.echo(f"written: {click.format_filename(file)}")
