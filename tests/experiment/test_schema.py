from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from chaos.experiment.schema import json_schema
from chaos.experiment.writing import dump_experiment
from chaos.experiment.yaml_reader import read_text
from tests.experiment.specs import KILL, SMALLEST, VOCABULARY, Files

SCHEMA = json_schema(VOCABULARY)
VALIDATOR = Draft202012Validator(SCHEMA)


def tree(text: str) -> Any:
    return read_text(text, "f").value


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "text", [SMALLEST, KILL, SMALLEST.replace("reference", "{name: server, cache: 1MiB}")]
)
def test_experiments_that_can_be_read_validate(text: str) -> None:
    VALIDATOR.validate(tree(text))


def test_saved_experiments_validate(files: Files) -> None:
    VALIDATOR.validate(yaml.safe_load(dump_experiment(files.read(KILL))))


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (KILL, ("rate: 400/s", "rate: 400")),
        (KILL, ("rate: 400/s", "rate: fast")),
        (KILL, ("fault: kill", "fault: kil")),
        (KILL, ("target: core, ", "")),
        (KILL, ("at: 40% of jobs", "at: 40%")),
        (KILL, ("restart-after", "restart_after")),
        (KILL, ("probe: throughput", "probe: ready")),
        (SMALLEST, ("title:", "titel:")),
        (SMALLEST, ("system: reference", "system: other")),
        (SMALLEST, ("system: reference", "system: {name: reference, storage: sqlite}")),
        (SMALLEST, ("jobs: 5000", "jobs: 0")),
    ],
)
def test_what_cannot_be_read_does_not_validate(text: str, change: tuple[str, str]) -> None:
    assert not VALIDATOR.is_valid(tree(text.replace(*change)))


def test_every_key_is_described_and_defaults_read_as_written() -> None:
    for name, schema in {"": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, field in schema.get("properties", {}).items():
            assert field.get("description"), f"{name}.{key}"
    job = SCHEMA["$defs"]["Job"]["properties"]
    assert job["duration"]["default"] == "20ms"
    assert job["backoff"]["default"] == "exponential"


def test_findings_can_be_completed() -> None:
    assert "redelivered" in SCHEMA["$defs"]["Verify"]["properties"]
