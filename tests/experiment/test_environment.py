from __future__ import annotations

import pytest

from chaos.experiment.environment import EnvironmentText
from chaos.experiment.reading import load_saved
from chaos.experiment.writing import dump_experiment
from tests.experiment.specs import SMALLEST, VOCABULARY, Files, ServerSpec

SECRET = "hunter2"
TEXT = SMALLEST.replace(
    "reference", "\n  name: server\n  database-url: postgres://u:${env:DB_PASSWORD}@localhost/jobs"
)


@pytest.fixture
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", SECRET)


@pytest.mark.usefixtures("_password")
def test_a_reference_is_filled_in_where_it_is_used(files: Files) -> None:
    system = files.read(TEXT).system
    assert isinstance(system, ServerSpec)
    assert system.database_url is not None
    assert system.database_url.expand() == "postgres://u:hunter2@localhost/jobs"


@pytest.mark.usefixtures("_password")
def test_the_value_never_shows_in_what_is_written(files: Files) -> None:
    experiment = files.read(TEXT)
    written = dump_experiment(experiment) + experiment.model_dump_json() + repr(experiment)
    assert SECRET not in written
    assert "${env:DB_PASSWORD}" in written


def test_a_variable_that_is_not_set_is_told_with_its_place(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DB_PASSWORD", raising=False)
    assert files.problems(TEXT) == [
        "4:17: system.database-url: the environment variable DB_PASSWORD is not set"
    ]


def test_a_saved_experiment_reads_back_without_the_environment(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    experiment = files.read(TEXT)
    files.path.write_text(dump_experiment(experiment), encoding="utf-8")
    monkeypatch.delenv("DB_PASSWORD")
    assert load_saved(files.path, VOCABULARY) == experiment


@pytest.mark.parametrize(
    "change", ["load.jobs=${env:X}", "load.rate=${env:X}", "title=${env:X}", "load.job.backoff=${env:X}"]
)
def test_what_a_run_was_asked_to_do_never_depends_on_the_environment(files: Files, change: str) -> None:
    (problem,) = files.problems(SMALLEST, [change])
    assert problem.endswith("`${env:X}`: this key can't take its value from the environment")


@pytest.mark.parametrize("text", ["${env:}", "${env:A B}", "${HOME}", "${env:X"])
def test_a_reference_that_is_not_well_formed_is_told(files: Files, text: str) -> None:
    (problem,) = files.problems(TEXT, [f"system.database-url='{text}'"])
    assert "has a reference that can't be read; write it as `${env:NAME}`" in problem


def test_text_without_a_reference_stands_for_itself() -> None:
    assert EnvironmentText("costs 5$").expand({}) == "costs 5$"
