"""`chaos init` writes a first experiment that can be run."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.cli.init import command
from chaos.experiment.reading import read_experiment
from chaos.experiment.shipped import shipped_experiments
from chaos.runner.vocabulary import vocabulary


def _init(place: Path, *arguments: str, answers: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(place / "experiments"), *arguments], input=answers)


def test_it_asks_nothing_when_told_so_and_brings_the_shipped_ones_along(tmp_path: Path) -> None:
    assert _init(tmp_path, "--yes").exit_code == 0
    written = {path.name for path in (tmp_path / "experiments").iterdir()}
    assert written == {
        "killing-the-core-loses-no-job-and-repeats-none.yaml",
        *(path.name for path in shipped_experiments().glob("*.yaml")),
        "schema.json",
        "schedules.schema.json",
        "gamedays",
    }
    for path in (tmp_path / "experiments").glob("*.yaml"):
        read_experiment(path, vocabulary())
    for path in (shipped_experiments() / "gamedays").glob("*.yaml"):
        assert (tmp_path / "experiments" / "gamedays" / path.name).read_text() == path.read_text()


def test_what_it_asks_goes_into_the_experiment(tmp_path: Path) -> None:
    answers = "Nothing: is lost\nreseolio\n1000\n100/s\n2\n"
    assert _init(tmp_path, answers=answers).exit_code == 0
    experiment = read_experiment(tmp_path / "experiments" / "nothing-is-lost.yaml", vocabulary())
    assert experiment.title == "Nothing: is lost"
    assert (experiment.system.name, experiment.load.jobs) == ("reseolio", 1000)
    assert (experiment.load.rate, experiment.load.workers.count) == (100.0, 2)


def test_options_are_not_asked_for(tmp_path: Path) -> None:
    options = [
        "--title",
        "Mine",
        "--system",
        "reference",
        "--jobs",
        "500",
        "--rate",
        "100/s",
        "--workers",
        "1",
    ]
    assert _init(tmp_path, *options, answers="").exit_code == 0


@pytest.mark.parametrize("option", [["--rate", "fast"], ["--system", "moon"], ["--rate", "100"]])
def test_answers_that_make_no_experiment_are_refused_and_leave_none(
    tmp_path: Path, option: list[str]
) -> None:
    result = _init(tmp_path, "--yes", "--title", "Mine", *option)
    assert result.exit_code == 2
    assert not (tmp_path / "experiments" / "mine.yaml").exists()


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    assert _init(tmp_path, "--yes").exit_code == 0
    changed = tmp_path / "experiments" / "crash-recovery.yaml"
    changed.write_text("mine", encoding="utf-8")
    assert _init(tmp_path, "--yes").exit_code == 2
    assert _init(tmp_path, "--yes", "--title", "Another").exit_code == 0
    assert changed.read_text(encoding="utf-8") == "mine"
