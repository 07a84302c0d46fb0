from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from chaos.cli.schema import command
from chaos.experiment.yaml_reader import read_file

SHIPPED = Path(__file__).parents[2] / "experiments"


@pytest.mark.parametrize(
    ("words", "file"),
    [
        ((), "schema.json"),
        (("gamedays",), "gamedays/schema.json"),
        (("schedules",), "schedules.schema.json"),
    ],
)
def test_the_schema_that_ships_is_the_current_one(words: tuple[str, ...], file: str) -> None:
    printed = CliRunner().invoke(command, words).stdout
    shipped = (SHIPPED / file).read_text(encoding="utf-8")
    assert shipped == printed, "run: make schema"


@pytest.mark.parametrize(
    "path", sorted((*SHIPPED.glob("*.yaml"), *SHIPPED.glob("gamedays/*.yaml"))), ids=lambda path: path.name
)
def test_what_ships_names_its_schema_and_validates_against_it(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first in (
        "# yaml-language-server: $schema=schema.json",
        "# yaml-language-server: $schema=./schema.json",
    )
    schema = json.loads((path.parent / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(read_file(path).value)


def test_the_schema_can_be_written_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    assert CliRunner().invoke(command, ["--write", str(file)]).exit_code == 0
    Draft202012Validator.check_schema(json.loads(file.read_text(encoding="utf-8")))


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--write", str(tmp_path / "none" / "schema.json")])
    assert done.exit_code == 2
    assert "can't be written: No such file or directory" in done.stderr
