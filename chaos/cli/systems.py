"""`chaos systems`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chaos.systems.protocol import Description, System

_CAN_TELL = {
    "looks_up": "a job by its id",
    "lists": "lists of jobs",
    "keeps_finished": "finished jobs",
    "deduplicates": "a key seen before",
    "fences": "an ack that came too late",
}


@click.command("systems")
def command() -> None:
    """List the systems that can be put under test, and what each lacks on this machine."""
    from chaos.systems.registry import SYSTEMS

    for name, system in SYSTEMS.available().items():
        click.echo(f"{name}\n    {system.summary}")
        for line in _about(name, system):
            click.echo(f"    {line}")
    for reason in SYSTEMS.broken().values():
        click.echo(f"broken: {reason}", err=True)


def _about(name: str, system: type[System]) -> list[str]:
    from chaos.systems.protocol import SystemUnavailable

    spec = system.spec_model(name=name)
    if lacking := system.missing(spec):
        return [f"not available: {missing.what}; to mend it: {missing.mend}" for missing in lacking]
    with tempfile.TemporaryDirectory() as directory:
        prepared = system(spec, Path(directory))
        try:
            prepared.prepare()
        except SystemUnavailable as error:
            return [f"not available: {error}"]
        return [*_described(prepared.describe()), *_counted(system)]


def _described(description: Description) -> list[str]:
    known = [words for field, words in _CAN_TELL.items() if getattr(description, field)]
    unknown = [words for field, words in _CAN_TELL.items() if not getattr(description, field)]
    lines = [f"available: version {description.version}, promises {description.guarantee}"]
    if known:
        lines.append(f"knows {', '.join(known)}")
    if unknown:
        lines.append(f"does not know {', '.join(unknown)}")
    return lines


def _counted(system: type[System]) -> list[str]:
    rules = ", ".join(f"{rule.name} ({rule.tone})" for rule in system.log_rules)
    return [f"counts in its logs: {rules}"] if rules else []
