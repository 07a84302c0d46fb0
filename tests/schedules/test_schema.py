"""The schema of files of schedules takes what can be read, and no more."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from chaos.experiment.problems import InvalidExperiment
from chaos.experiment.yaml_reader import read_text
from chaos.notices.registry import NOTIFIERS
from chaos.schedules.schema import json_schema
from tests.schedules.conftest import Write

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
WHOLE = """\
time-zone: Europe/Berlin
blackouts:
  - {name: night, cron: 0 22 * * *, for: 8h}
  - {name: migration, from: 2026-12-01 18:00, to: 2026-12-02 06:00}
notify:
  - {notifier: webhook, url: "https://x.org", headers: {A: b}, on: [failed]}
  - {notifier: email, host: x.org, security: none, from: c@x.org, to: [t@x.org]}
  - {notifier: command, command: [tell-us]}
schedules:
  - {name: often, experiments: [check.yaml], every: 6h, still-going: wait, keep: 5}
  - {name: nightly, experiments: [check.yaml], cron: 30 3 * * mon-fri, set: [load.jobs=1]}
"""


def test_it_is_a_json_schema_whose_every_key_is_described() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    entries = {
        str(number): entry for number, entry in enumerate(SCHEMA["properties"]["notify"]["items"]["oneOf"])
    }
    for name, schema in {"": SCHEMA, **entries, **SCHEMA["$defs"]}.items():
        for key, field in schema.get("properties", {}).items():
            assert field.get("description"), f"{name}.{key}"


def test_it_knows_every_notifier() -> None:
    entries = SCHEMA["properties"]["notify"]["items"]["oneOf"]
    assert [entry["properties"]["notifier"]["const"] for entry in entries] == list(NOTIFIERS.names())


def test_a_file_that_can_be_read_validates(write: Write) -> None:
    write(WHOLE)
    VALIDATOR.validate(read_text(WHOLE, "f").value)


@pytest.mark.parametrize(
    "change",
    [
        ("schedules:", "schedule:"),
        ("every: 6h", "every: 6"),
        ("every: 6h", "every: 6h, cron: 0 0 * * *"),
        ("every: 6h, ", ""),
        ("name: often", "name: Often"),
        ("still-going: wait", "still-going: stop"),
        ("keep: 5", "keep: 0"),
        ("experiments: [check.yaml], every", "experiments: [], every"),
        ("cron: 0 22 * * *, for", "for"),
        ("on: [failed]", "on: [fail]"),
        ("notifier: email", "notifier: mail"),
        ("to: [t@x.org]", "to: []"),
        ("command: [tell-us]", "command: tell-us"),
    ],
)
def test_what_can_not_be_read_does_not_validate(write: Write, change: tuple[str, str]) -> None:
    text = WHOLE.replace(*change)
    with pytest.raises(InvalidExperiment):
        write(text)
    assert not VALIDATOR.is_valid(read_text(text, "f").value)
