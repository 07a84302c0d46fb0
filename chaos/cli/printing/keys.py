"""How the keys of a part of an experiment are printed, and an example of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chaos.experiment.keys import Key


def key_as_json(key: Key) -> dict[str, Any]:
    """A key, for programs."""
    return {
        "key": key.name,
        "kind": key.kind,
        "due": key.due,
        "default": key.default,
        "meaning": key.meaning,
        "examples": list(key.examples),
    }


def about(key: Key) -> str:
    """What may stand at a key, for people."""
    default = ""
    if key.due:
        default = " [must be given]"
    elif key.default is not None:
        default = f" [default: {key.default if isinstance(key.default, str) else json.dumps(key.default)}]"
    return f"{key.meaning} ({key.kind}){default}"


def print_example(part: str, example: str) -> None:
    """An entry as it stands in a list of the experiment: under `faults`, `steady-state`."""
    click.echo(f"Example:\n  {part}:")
    for number, line in enumerate(example.strip().splitlines()):
        click.echo(f"    {'- ' if number == 0 else '  '}{line}")
