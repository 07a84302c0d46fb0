"""What docs/gamedays.md shows is what the product does, and the gamedays that ship can be walked through."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import click
import pytest

from chaos.cli.gameday import command
from chaos.experiment.reading import read_experiment
from chaos.experiment.shipped import shipped_experiments
from chaos.gamedays.kept import begin
from chaos.gamedays.reading import read_gameday
from chaos.gamedays.state import Stage
from chaos.runner.vocabulary import vocabulary
from chaos.verdict.results import ExitCode

PAGE = (Path(__file__).parent.parent.parent / "docs" / "gamedays.md").read_text(encoding="utf-8")
SHIPPED = sorted((shipped_experiments() / "gamedays").glob("*.yaml"))
SCENARIOS = {path.name for path in shipped_experiments().glob("[01][0-9]-*.yaml") if path.name < "11"}


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def _read_all(file: Path) -> set[str]:
    """Read a gameday and each of its experiments as it would be run; the names of these."""
    names = set()
    for step in read_gameday(file).gameday.steps:
        for planned in step.run or ():
            experiment = file.parent / planned.file
            read_experiment(
                experiment, vocabulary(), planned.set, system=planned.system, profile=planned.profile
            )
            names.add(experiment.name)
    return names


@pytest.mark.parametrize("text", _blocks("yaml"))
def test_every_gameday_that_is_shown_can_be_walked_through(text: str, tmp_path: Path) -> None:
    for shipped in shipped_experiments().glob("*.yaml"):
        shutil.copy(shipped, tmp_path)
    file = tmp_path / "shown.yaml"
    file.write_text(text, encoding="utf-8")
    assert _read_all(file)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_gameday_that_ships_can_be_walked_through(file: Path) -> None:
    assert _read_all(file)


def test_the_one_before_a_release_has_all_ten_scenarios_and_needs_nobody() -> None:
    file = shipped_experiments() / "gamedays" / "pre-release.yaml"
    assert len(SCENARIOS) == 10
    assert _read_all(file) >= SCENARIOS
    gameday = read_gameday(file).gameday
    assert gameday.time_box == 15 * 60
    assert all(step.do is None for step in gameday.steps)


@pytest.mark.parametrize(
    "line", [line for block in _blocks("") for line in block.splitlines() if line.startswith("chaos gameday")]
)
def test_every_command_that_is_shown_exists_with_its_options(line: str) -> None:
    name, *words = shlex.split(line)[2:]
    subcommand = command.get_command(click.Context(command), name)
    assert subcommand is not None, name
    subcommand.make_context(name, words, resilient_parsing=False)


def test_the_page_tells_of_every_command_and_every_exit_code() -> None:
    for name in command.list_commands(click.Context(command)):
        assert f"chaos gameday {name}" in PAGE
    for code in ExitCode:
        assert f"\n| {int(code)} | " in PAGE


def test_a_program_can_do_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "day.yaml").write_text(
        "title: A\npurpose: B\nsteps: [{title: C, gate: person, do: D}]\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    gameday = begin(Path("day.yaml"), Path("runs"), system=None, overrides=())
    lock = gameday.walk_lock
    lock.acquire()
    (shown,) = _blocks("python")
    exec(compile(shown, "docs/gamedays.md", "exec"), {})
    lock.release()
    state = gameday.state()
    assert state.stage is Stage.UNDER_WAY
    assert [note.text for note in state.notes] == ["seen"]
