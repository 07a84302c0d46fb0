"""The schema of gameday files takes what can be read, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from chaos.experiment.problems import InvalidExperiment
from chaos.experiment.yaml_reader import read_text
from chaos.gamedays.reading import read_gameday
from chaos.gamedays.schema import json_schema
from tests.gamedays.conftest import TWO_RUNS, WITH_PEOPLE

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
WHOLE = """\
title: Whole
purpose: To be tested.
time-box: 45min
stop-when: {failed: 2, inconclusive: 3}
steps:
  - title: First
    gate: finished
    expect: It passes.
    in-parallel: true
    run: [a.yaml, {file: b.yaml, set: [load.jobs=1]}]
  - {title: Second, expect: It passes., run: {file: a.yaml, system: reference, profile: quick}}
"""


def test_it_is_a_json_schema_whose_every_key_is_described() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for name, schema in {"": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, field in schema.get("properties", {}).items():
            assert field.get("description"), f"{name}.{key}"


@pytest.mark.parametrize("text", [TWO_RUNS, WITH_PEOPLE, WHOLE])
def test_gamedays_that_can_be_read_validate(text: str) -> None:
    VALIDATOR.validate(read_text(text, "f").value)


@pytest.mark.parametrize(
    "change",
    [
        ("title: Whole", "titel: Whole"),
        ("45min", "45"),
        ("failed: 2", "failed: 0"),
        ("gate: finished", "gate: nobody"),
        ("    expect: It passes.\n", ""),
        ("run: [a.yaml, {file: b.yaml, set: [load.jobs=1]}]", "run: []"),
        ("    in-parallel: true", "    do: Nothing."),
        ("file: b.yaml, set", "set"),
    ],
)
def test_what_can_not_be_read_does_not_validate(tmp_path: Path, change: tuple[str, str]) -> None:
    text = WHOLE.replace(*change)
    (tmp_path / "day.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidExperiment):
        read_gameday(tmp_path / "day.yaml")
    assert not VALIDATOR.is_valid(read_text(text, "f").value)
