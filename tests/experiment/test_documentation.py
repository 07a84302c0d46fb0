"""What docs/experiments.md says is true: its examples can be read, and it names every key."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from chaos.experiment.model import Experiment
from chaos.experiment.reading import read_experiment
from chaos.experiment.shipped import shipped_experiments
from chaos.experiment.translation import key_paths
from chaos.experiment.yaml_reader import read_text
from chaos.runner.vocabulary import vocabulary

DOCUMENT = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
WHOLE = {"title": "An example", "system": "reference", "load": {"jobs": 5000, "rate": "400/s"}}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_read(example: str, tmp_path: Path) -> None:
    """A part of an experiment is completed to a whole one."""
    shutil.copy(shipped_experiments() / "crash-recovery.yaml", tmp_path)  # which one of them extends
    path = tmp_path / "example.yaml"
    path.write_text(json.dumps(WHOLE | read_text(example, "example").value), encoding="utf-8")
    read_experiment(path, vocabulary())


def test_there_are_examples_of_every_section() -> None:
    sections = {key for example in EXAMPLES for key in read_text(example, "example").value}
    assert sections >= {"title", "system", "load", "steady-state", "faults", "verify"}


@pytest.mark.parametrize("key", sorted({str(path[-1]) for path in key_paths(Experiment)}))
def test_every_key_is_named(key: str) -> None:
    assert re.search(rf"`(?:[a-z-]+\.)?{key}`|\b{key}:", DOCUMENT)


def test_the_example_that_ships_is_the_one_that_is_shown() -> None:
    shipped = (Path(__file__).parents[2] / "experiments" / "crash-recovery.yaml").read_text(encoding="utf-8")
    assert read_text(shipped, "shipped").value in [
        read_text(example, "example").value for example in EXAMPLES
    ]
