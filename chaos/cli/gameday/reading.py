"""The experiments of a gameday, met with their systems and this machine before anything begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from chaos.cli.arguments.experiments import read_script
from chaos.experiment.problems import InvalidExperiment
from chaos.experiment.wording import KeyPath, quoted
from chaos.gamedays.model import Gameday, PlannedRun
from chaos.gamedays.reading import GamedayReading


def check(
    reading: GamedayReading,
    directory: Path,
    system: str | None,
    overrides: Sequence[str],
    *,
    first_step: int = 0,
) -> Gameday:
    """A gameday whose every experiment can be run here.

    Args:
        reading: The gameday.
        directory: Where its experiments are named from.
        system: The system for every experiment that names none in the gameday.
        overrides: Changes for every experiment.
        first_step: Those before it do not matter any more.

    Raises:
        InvalidExperiment: An experiment can't be run; every problem is named, with the place of the experiment.
    """
    found = _obstacles(reading.gameday, directory, system, overrides, first_step)
    if problems := reading.problems_at(found):
        raise InvalidExperiment(problems)
    return reading.gameday


def _obstacles(
    gameday: Gameday, directory: Path, system: str | None, overrides: Sequence[str], first_step: int
) -> Iterator[tuple[KeyPath, str]]:
    for number, step in enumerate(gameday.steps):
        if number < first_step:
            continue
        for index, planned in enumerate(step.run or ()):
            for problem in _problems(planned, directory, system, overrides):
                yield ("steps", number, "run", index), problem


def _problems(
    planned: PlannedRun, directory: Path, system: str | None, overrides: Sequence[str]
) -> Iterator[str]:
    file = directory / planned.file
    if not file.is_file():
        yield f"there is no file {quoted(planned.file)} in {directory}; name it from the gameday's own directory"
        return
    try:
        read_script(file, [*planned.set, *overrides], planned.system or system, profile=planned.profile)
    except InvalidExperiment as error:
        yield from map(str, error.problems)
