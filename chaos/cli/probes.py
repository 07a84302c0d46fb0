"""`chaos probes` and `chaos probes NAME`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chaos.experiment.keys import Key
    from chaos.probes.protocol import Probe

    ProbeClass = type[Probe[Any]]


@click.command("probes")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, output: str) -> None:
    """List the probes that hypotheses and conditions ask, or tell everything about one.

    \b
    chaos probes
    chaos probes http
    chaos probes --output json
    """
    from chaos.probes.registry import PROBES
    from chaos.registry import BrokenPartError, UnknownNameError

    if name is None:
        _print_all(output)
        return
    try:
        probe = PROBES.named(name)
    except (UnknownNameError, BrokenPartError) as error:
        raise click.UsageError(str(error)) from None
    if output == "json":
        click.echo(json.dumps(_in_full(name, probe), indent=2, ensure_ascii=False))
    else:
        _print_one(name, probe)


def _print_all(output: str) -> None:
    from chaos.probes.registry import PROBES

    probes = PROBES.available()
    if output == "json":
        listed = [{"name": name, "summary": probe.summary} for name, probe in probes.items()]
        click.echo(json.dumps(listed, indent=2))
        return
    formatter = click.HelpFormatter(max_width=110)
    formatter.write_dl(
        [(name, f"{probe.summary[0].upper()}{probe.summary[1:]}.") for name, probe in probes.items()]
    )
    click.echo(formatter.getvalue().rstrip())
    for reason in PROBES.broken().values():
        click.echo(f"\nnot available: {reason}")
    click.echo("\n`chaos probes NAME` tells everything about one: its keys, its tolerances, an example.")


def _keys(probe: ProbeClass) -> tuple[list[Key], list[Key], list[Key]]:
    """The keys of a probe: its own, its tolerances, and those that every hypothesis has."""
    from chaos.experiment.base import kebab
    from chaos.experiment.keys import keys_of_part
    from chaos.experiment.model import HypothesisSpec
    from chaos.experiment.tolerances import TOLERANCES

    keys = list(keys_of_part(probe.spec_model, but=("probe",)))
    tolerances = [key for key in keys if key.name in map(kebab, TOLERANCES)]
    shared = [key for key in keys if key.declared_by is HypothesisSpec]
    return [key for key in keys if key not in tolerances + shared], tolerances, shared


def _in_full(name: str, probe: ProbeClass) -> dict[str, Any]:
    from chaos.cli.printing.keys import key_as_json

    own, tolerances, shared = _keys(probe)
    return {
        "name": name,
        "summary": probe.summary,
        "keys": [key_as_json(key) for key in own],
        "tolerances": [key_as_json(key) for key in tolerances],
        "shared_keys": [key_as_json(key) for key in shared],
        "example": probe.example,
    }


def _print_one(name: str, probe: ProbeClass) -> None:
    from chaos.cli.printing.keys import about, print_example

    titles = ("Its keys", "Which answers are well; all that are given must hold", "What every hypothesis has")
    formatter = click.HelpFormatter(max_width=110)
    formatter.write_text(f"{name}: {probe.summary}.")
    for title, keys in zip(titles, _keys(probe), strict=True):
        if keys:
            with formatter.section(title):
                formatter.write_dl([(key.name, about(key)) for key in keys])
    click.echo(formatter.getvalue())
    print_example("steady-state", probe.example)
