"""`chaos init`."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import click

_TEMPLATE = """\
# yaml-language-server: $schema=schema.json
title: {title}
system: {system}

load:
  jobs: {jobs}
  rate: {rate}
  producers: 2
  workers: {{count: {workers}, concurrency: 8}}
  job: {{duration: 20ms, failure-rate: 5%, max-attempts: 5, timeout: 5s, payload: 256B}}

steady-state:
  - {{probe: ready, target: core, equals: true, hold: [baseline, after]}}

faults:
  - fault: kill
    target: core
    signal: SIGKILL
    at: 40% of jobs
    restart-after: 500ms

verify:
  guarantee: at-least-once
  loss: 0
  duplication: 0
  recovery: {{ready: 5s, drained: 30s}}
"""


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=Path("experiments"))
@click.option("--title", help="What the experiment proves, in a sentence.")
@click.option("--system", help="The system to put under test (see `chaos systems`).")
@click.option("--jobs", type=click.IntRange(1, 100_000_000), help="How many jobs.")
@click.option("--rate", help="How fast they arrive: 200/s, or max.")
@click.option("--workers", type=click.IntRange(1, 200), help="How many worker processes.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing; take the defaults.")
def command(
    directory: Path,
    title: str | None,
    system: str | None,
    jobs: int | None,
    rate: str | None,
    workers: int | None,
    yes: bool,
) -> None:
    """Write a first experiment into DIRECTORY, with the shipped ones and their schema beside it."""
    from chaos.experiment.problems import InvalidExperiment
    from chaos.experiment.reading import read_experiment
    from chaos.experiment.shipped import shipped_experiments
    from chaos.runner.vocabulary import vocabulary
    from chaos.verdict.results import ExitCode

    def answer(given: object | None, question: str, default: object) -> str:
        if given is not None:
            return str(given)
        return str(default) if yes else str(click.prompt(question, default=default))

    title = answer(title, "What shall it prove?", "Killing the core loses no job and repeats none")
    text = _TEMPLATE.format(
        title=_scalar(title),
        system=_scalar(answer(system, "Which system?", "reference")),
        jobs=answer(jobs, "How many jobs?", 2000),
        rate=_scalar(answer(rate, "How fast do they arrive?", "200/s")),
        workers=answer(workers, "How many worker processes?", 3),
    )
    target = directory / f"{_slug(title)}.yaml"
    if target.exists():
        click.echo(f"{target} exists; choose another title or directory", err=True)
        sys.exit(ExitCode.WRONG_INPUT)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        copied = _copy_shipped(shipped_experiments(), directory)
        target.write_text(text, encoding="utf-8")
        read_experiment(target, vocabulary())
    except InvalidExperiment as error:
        target.unlink()
        click.echo(f"nothing was written, because the answers make no experiment:\n{error}", err=True)
        sys.exit(ExitCode.WRONG_INPUT)
    except OSError as error:
        click.echo(f"{error.filename}: {error.strerror}; choose a directory that can be written", err=True)
        sys.exit(ExitCode.WRONG_INPUT)
    beside = (
        f", and beside it {len(copied)} files that ship: experiments, gamedays and their schemas"
        if copied
        else ""
    )
    click.echo(f"wrote {target}{beside}")
    click.echo(f"next: chaos run {target}")


def _copy_shipped(shipped: Path, directory: Path) -> list[str]:
    """Copy what is not there yet; what is there may have been changed and stays as it is."""
    copied = []
    for source in sorted(shipped.rglob("*")):
        name = source.relative_to(shipped)
        if source.is_file() and not (directory / name).exists():
            (directory / name.parent).mkdir(exist_ok=True)
            shutil.copyfile(source, directory / name)
            copied.append(str(name))
    return copied


def _scalar(text: str) -> str:
    """The text as a YAML scalar, in quotes only where it needs them."""
    import yaml

    return yaml.safe_dump(text, width=10_000, allow_unicode=True).removesuffix("...\n").strip()


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:50].strip("-") or "experiment"
