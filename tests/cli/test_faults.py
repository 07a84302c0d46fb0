from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.cli.faults import command
from chaos.experiment.reading import read_experiment
from chaos.faults.registry import FAULTS
from chaos.runner.vocabulary import vocabulary

FAMILIES = {"process", "workers", "network", "resources"}


def faults(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_every_fault_is_listed_under_its_family() -> None:
    done = faults()
    assert done.exit_code == 0
    assert "not available" not in done.stdout
    headings = [line.removesuffix(":") for line in done.stdout.splitlines() if line and line[0] != " "][:-1]
    assert headings == ["process", "workers", "network", "resources"]
    listed = {
        line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and line[2] != " "
    }
    assert listed == set(FAULTS.names())


def test_the_list_can_be_had_as_json() -> None:
    listed = json.loads(faults("--output", "json").stdout)
    assert {entry["name"] for entry in listed} == set(FAULTS.names())
    assert {entry["family"] for entry in listed} == FAMILIES
    assert all(entry["summary"] and isinstance(entry["missing"], list) for entry in listed)


def test_what_is_missing_is_told_where_the_fault_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "stress-ng" in " ".join(faults().stdout.split())
    assert "Lacking here: " in " ".join(faults().stdout.split())


def test_one_fault_is_told_in_full() -> None:
    text = faults("kill").stdout
    for part in (
        "Its keys:",
        "restart-after",
        "[default: SIGKILL]",
        "[must be given]",
        "evidence",
        "undo",
        "Example:",
    ):
        assert part in text
    own, shared = text.split("keys that faults share:")
    assert "restart-after" in own
    assert "\n  spread" not in own
    assert "\n  spread" in shared


@pytest.mark.parametrize("name", FAULTS.names())
def test_every_fault_is_told_in_full_as_json(name: str) -> None:
    told = json.loads(faults(name, "--output", "json").stdout)
    assert told["name"] == name
    assert {key["key"] for key in told["shared_keys"]} >= {"at", "after", "when", "every", "delay"}
    assert all(key["meaning"] and key["kind"] for key in (*told["keys"], *told["shared_keys"]))
    assert all(told[part] for part in ("summary", "needs", "evidence", "undo", "example"))


@pytest.mark.parametrize("name", FAULTS.names())
def test_the_example_of_every_fault_can_stand_in_an_experiment(name: str, tmp_path: Path) -> None:
    shown = faults(name).stdout.partition("Example:\n")[2]
    file = tmp_path / "example.yaml"
    load = "{jobs: 5000, rate: 200/s, producers: 2, workers: {count: 4}}"
    file.write_text(f"title: x\nsystem: reference\nload: {load}\n" + shown.replace("\n  ", "\n").lstrip())
    (fault,) = read_experiment(file, vocabulary()).faults
    assert fault.fault == name


def test_an_unknown_name_is_told_the_nearest_one() -> None:
    done = faults("latncy")
    assert done.exit_code == 2
    assert "no fault is called 'latncy'. Did you mean 'latency'?" in done.stderr
