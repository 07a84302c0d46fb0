"""`chaos faults` and `chaos faults NAME`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaos.experiment.keys import Key
    from chaos.faults.protocol import Fault
    from chaos.parts.missing import Missing

    FaultClass = type[Fault[Any]]

_FAMILIES = ("process", "workers", "network", "resources")


@click.command("faults")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, output: str) -> None:
    """List the faults and what this machine lacks for them, or tell everything about one.

    \b
    chaos faults
    chaos faults latency
    chaos faults --output json
    """
    from chaos.faults.registry import FAULTS
    from chaos.registry import BrokenPartError, UnknownNameError

    if name is None:
        faults = _by_family(FAULTS.available().items())
        if output == "json":
            click.echo(json.dumps([_in_short(name, fault) for name, fault in faults], indent=2))
        else:
            _print_all(faults, FAULTS.broken().values())
        return
    try:
        fault = FAULTS.named(name)
    except (UnknownNameError, BrokenPartError) as error:
        raise click.UsageError(str(error)) from None
    if output == "json":
        click.echo(json.dumps(_in_full(name, fault), indent=2, ensure_ascii=False))
    else:
        _print_one(name, fault)


def _by_family(faults: Iterable[tuple[str, FaultClass]]) -> list[tuple[str, FaultClass]]:
    """Built-in families first, in their order; within each as they are registered."""

    def rank(entry: tuple[str, FaultClass]) -> tuple[int, str]:
        family = entry[1].family
        return (_FAMILIES.index(family), "") if family in _FAMILIES else (len(_FAMILIES), family)

    return sorted(faults, key=rank)


def _in_short(name: str, fault: FaultClass) -> dict[str, Any]:
    return {
        "name": name,
        "family": fault.family,
        "summary": fault.summary,
        "missing": [{"what": lack.what, "mend": lack.mend} for lack in _lacks(fault)],
    }


def _in_full(name: str, fault: FaultClass) -> dict[str, Any]:
    from chaos.cli.printing.keys import key_as_json

    own, shared = _keys(fault)
    return {
        **_in_short(name, fault),
        "keys": [key_as_json(key) for key in own],
        "shared_keys": [key_as_json(key) for key in shared],
        "needs": fault.needs,
        "evidence": fault.evidence,
        "undo": _undo(fault),
        "example": fault.example,
    }


def _keys(fault: FaultClass) -> tuple[list[Key], list[Key]]:
    """The keys of a fault: its own, and those that it shares with the others."""
    from chaos.experiment.keys import keys_of_part
    from chaos.experiment.model import FaultSpec, LastingSpec

    keys = list(keys_of_part(fault.spec_model, but=("fault",)))
    shared = [key for key in keys if key.declared_by in (FaultSpec, LastingSpec)]
    return [key for key in keys if key not in shared], shared


def _lacks(fault: FaultClass) -> list[Missing]:
    """What this machine lacks for it."""
    from chaos.script import lacking

    return lacking(fault)


def _undo(fault: FaultClass) -> str:
    """How it is undone: what the docstring of its `revert` says first."""
    import inspect

    return " ".join((inspect.getdoc(fault.revert) or "").partition("\n\n")[0].split())


def _print_all(faults: Sequence[tuple[str, FaultClass]], broken: Iterable[str]) -> None:
    import itertools

    formatter = click.HelpFormatter(max_width=110)
    for family, members in itertools.groupby(faults, key=lambda entry: entry[1].family):
        with formatter.section(family):
            formatter.write_dl([(name, _summary(fault)) for name, fault in members])
    click.echo(formatter.getvalue().strip())
    for reason in broken:
        click.echo(f"\nnot available: {reason}")
    click.echo(
        "\n`chaos faults NAME` tells everything about one: its keys, what it needs, what proves it, an example."
    )


def _summary(fault: FaultClass) -> str:
    lacks = "".join(f" Lacking here: {lack.what}; to mend it: {lack.mend}." for lack in _lacks(fault))
    return f"{fault.summary[0].upper()}{fault.summary[1:]}.{lacks}"


def _print_one(name: str, fault: FaultClass) -> None:
    from chaos.cli.printing.keys import about, print_example

    own, shared = _keys(fault)
    lacks = [f"{lack.what}; to mend it: {lack.mend}" for lack in _lacks(fault)]
    facts = [
        ("needs", fault.needs),
        ("here", "; ".join(lacks) if lacks else "nothing is lacking on this machine"),
        ("evidence", fault.evidence),
        ("undo", _undo(fault)),
    ]
    formatter = click.HelpFormatter(max_width=110)
    formatter.write_text(f"{name} ({fault.family}): {fault.summary}.")
    with formatter.section("Its keys"):
        formatter.write_dl([(key.name, about(key)) for key in own])
    with formatter.section("When, and how long: keys that faults share"):
        formatter.write_dl([(key.name, about(key)) for key in shared])
    with formatter.section("What to know of it"):
        formatter.write_dl(facts)
    click.echo(formatter.getvalue())
    print_example("faults", fault.example)
