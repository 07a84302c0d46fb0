"""What the page of schedules shows is what they do."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from chaos.cli import main
from chaos.cli.schedule import command as schedule_command
from chaos.experiment.base import kebab
from chaos.experiment.keys import keys_of_part
from chaos.experiment.reading import read_experiment
from chaos.experiment.shipped import shipped_experiments
from chaos.notices.notice import Event
from chaos.notices.protocol import NotifierSpec
from chaos.notices.registry import NOTIFIERS
from chaos.runner.vocabulary import vocabulary
from chaos.schedules.model import Schedule
from chaos.schedules.occurrences import Outcome
from chaos.schedules.reading import read_schedules

PAGE = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
UNITS = re.findall(r"^```ini\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = sorted(set(re.findall(r"^chaos schedule .*$", PAGE, re.MULTILINE)))


@pytest.mark.parametrize("text", SHOWN)
def test_every_file_that_is_shown_can_be_read_and_so_can_its_experiments(text: str, tmp_path: Path) -> None:
    for shipped in shipped_experiments().glob("*.yaml"):
        shutil.copy(shipped, tmp_path)
    file = tmp_path / "schedules.yaml"
    file.write_text(text, encoding="utf-8")
    for schedule in read_schedules(file):
        for experiment in schedule.experiments:
            read_experiment(
                tmp_path / experiment,
                vocabulary(),
                schedule.set,
                system=schedule.system,
                profile=schedule.profile,
            )


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_that_is_shown_takes_its_options(line: str) -> None:
    name, *words = shlex.split(line)[2:]
    command = schedule_command.get_command(click.Context(main), name)
    assert command is not None, name
    command.make_context(name, words)


def test_every_command_is_shown() -> None:
    assert {line.split()[2] for line in COMMANDS} == set(schedule_command.commands)


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_that_is_shown_is_one_for_systemd(unit: str, tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed")
    file = tmp_path / "chaos-schedules.service"
    file.write_text(unit.replace("%h/chaos/.venv/bin/chaos", "/bin/true"), encoding="utf-8")
    done = subprocess.run(
        [verify, "verify", "--man=no", str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_key_outcome_event_and_notifier_is_told_of() -> None:
    for key in keys_of_part(Schedule, but=()):
        assert f"`{key.name}`" in PAGE, key.name
    for outcome in Outcome:
        assert f"`{outcome}`" in PAGE, outcome
    for event in Event:
        assert f"\n| `{event}` | " in PAGE, event
    for name in NOTIFIERS.names():
        (row,) = re.findall(rf"^\| `{name}` \| (.*) \|$", PAGE, re.MULTILINE)
        for field in set(NOTIFIERS.named(name).spec_model.model_fields) - set(NotifierSpec.model_fields):
            assert f"`{kebab(field)}`" in row, field
