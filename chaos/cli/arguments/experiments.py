"""Experiments that are named on the command line: read, and met with their system and this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import NoReturn

    from chaos.experiment.model import Experiment
    from chaos.experiment.problems import Problem
    from chaos.runner.run import Source
    from chaos.script import Script


def read_script(
    file: Path,
    overrides: Sequence[str],
    system: str | None,
    toxiproxy_url: str | None = None,
    *,
    profile: str | None = None,
    allow_remote: bool = False,
) -> tuple[Script, Source]:
    """An experiment that can be run here, with the Toxiproxy server of this URL if one is named, and where it is from.

    Raises:
        InvalidExperiment: Something is wrong with it, or its system, its load or this machine lacks what it needs;
            every problem is named, with its place.
    """
    from chaos.experiment.problems import InvalidExperiment
    from chaos.experiment.reading import read_with_places
    from chaos.runner.perform import obstacles
    from chaos.runner.run import Source
    from chaos.runner.vocabulary import vocabulary
    from chaos.script import Script

    reading = read_with_places(file, vocabulary(), overrides, system=system, profile=profile)
    script = Script.of(reading.experiment)
    if problems := reading.at_places(obstacles(script, toxiproxy_url, allow_remote=allow_remote)):
        raise InvalidExperiment(problems)
    return script, Source(str(file), reading.sha256, profile)


def read_one(
    file: Path, overrides: Sequence[str], system: str | None, profile: str | None
) -> tuple[Experiment, Source]:
    """One experiment that can be run here; otherwise say everything that is wrong with it, and leave."""
    from chaos.experiment.problems import InvalidExperiment

    try:
        script, source = read_script(file, overrides, system, profile=profile)
    except InvalidExperiment as error:
        refuse(error.problems)
    return script.experiment, source


def check_toxiproxy(url: str | None) -> None:
    """Refuse a server that can't be used, or does not answer, before anything else.

    Raises:
        click.UsageError: Why it can't be, and what to do.
    """
    from chaos.proxies.errors import ProxyError
    from chaos.proxies.proxies import check_url
    from chaos.proxies.toxiproxy import ToxiproxyServer

    if url is not None:
        try:
            check_url(url)
            ToxiproxyServer(url).version()
        except ProxyError as error:
            mend = "name one that is up on this machine, or leave --toxiproxy out: then the run starts one of its own"
            raise click.UsageError(f"{error}; {mend}") from error


def refuse(problems: Iterable[Problem]) -> NoReturn:
    """Say what is wrong, and leave with the exit code for wrong input."""
    from chaos.secrets import redacted
    from chaos.verdict.results import ExitCode

    for problem in problems:
        click.echo(redacted(str(problem)), err=True)
    sys.exit(ExitCode.WRONG_INPUT)


def refuse_if_halted() -> None:
    """Leave with the exit code for wrong input if runs are halted, and say how that ends."""
    from chaos.guardian.halting import halted
    from chaos.verdict.results import ExitCode

    if (halt := halted()) is not None:
        click.echo(f"runs are halted: {halt}; `chaos resume` lets them start again", err=True)
        sys.exit(ExitCode.WRONG_INPUT)
