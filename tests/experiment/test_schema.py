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


CONDITIONS = ["throughput at-most 100/s", "{probe: ready, equals: false}"]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_validate_where_they_may_stand(condition: str) -> None:
    VALIDATOR.validate(tree(KILL.replace("at: 40% of jobs", f"when: {condition}")))
    VALIDATOR.validate(tree(SMALLEST + f"stop-when: {condition}\n"))
    VALIDATOR.validate(tree(SMALLEST + f"stop-when: [{condition}]\n"))


@pytest.mark.parametrize(
    "moment",
    ["every: 2s", "at: 1s, every: 2s, times: 3, spread: 5%", "after: it, delay: 1s", "at: 2s, name: it"],
)
def test_moments_validate(moment: str) -> None:
    VALIDATOR.validate(tree(KILL.replace("at: 40% of jobs", moment)))


@pytest.mark.parametrize(
    "moment",
    [
        "signal: SIGTERM",
        "at: 1s, after: it",
        "at: 1s, when: ready",
        "after: it, when: ready",
        "at: 1s, times: 2",
        "at: 1s, spread: 5%",
        "when: thruput at-most 5/s",
        "when: throughput at-most",
        "when: {probe: ready, hold: [after]}",
        "when: {probe: ready, name: it}",
        "when: 5",
    ],
)
def test_moments_that_cannot_be_read_do_not_validate(moment: str) -> None:
    assert not VALIDATOR.is_valid(tree(KILL.replace("at: 40% of jobs", moment)))


@pytest.mark.parametrize("target", ["core", "worker-3", "one of workers", "2 of workers", "50% of workers"])
def test_targets_validate(target: str) -> None:
    VALIDATOR.validate(tree(KILL.replace("target: core", f"target: {target}")))


@pytest.mark.parametrize("target", ["two of workers", "of workers", "0 of workers", "50 % of", "[core]"])
def test_targets_that_cannot_be_read_do_not_validate(target: str) -> None:
    assert not VALIDATOR.is_valid(tree(KILL.replace("target: core", f"target: {target}")))


def test_every_key_is_described_and_defaults_read_as_written() -> None:
    for name, schema in {"": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, field in schema.get("properties", {}).items():
            assert field.get("description"), f"{name}.{key}"
    job = SCHEMA["$defs"]["Job"]["properties"]
    assert job["duration"]["default"] == "20ms"
    assert job["backoff"]["default"] == "exponential"


def test_findings_can_be_completed() -> None:
    assert "redelivered" in SCHEMA["$defs"]["Verify"]["properties"]
