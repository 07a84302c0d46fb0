"""What a component uses, and what it logs, as the run watches it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.experiment.problems import InvalidExperiment
from chaos.experiment.reading import read_experiment
from chaos.monitor.log_rules import Tone
from chaos.monitor.samples import ResourceSample
from chaos.probes.protocol import NoAnswer
from chaos.runner.vocabulary import vocabulary
from chaos.script import Script, cast_of
from tests.probes.scene import Scene, answer, probe

SAMPLE = ResourceSample(50, "core", 1, 150.0, 1 << 20, 12, 4, 8192)
TOP = "title: x\nsystem: reference\nload: {jobs: 600, rate: 100/s}\nsteady-state:\n"


@pytest.mark.parametrize(
    ("what", "bound", "value"),
    [
        ("cpu", 2, 1.5),
        ("memory", "1MiB", 1 << 20),
        ("open-files", 12, 12),
        ("threads", 4, 4),
        ("disk", "8KiB", 8192),
    ],
)
async def test_each_use_is_told_and_bounded_in_its_unit(what: str, bound: object, value: float) -> None:
    asked = probe("resource", what=what, at_most=bound)
    assert await answer(asked, Scene(usages={"core": SAMPLE})) == value
    assert asked.judge(value).held
    assert not asked.judge(value * 2).held


async def test_a_sample_of_an_earlier_window_tells_nothing_yet() -> None:
    scene = Scene(usages={"core": SAMPLE}, window_started_ns=51)
    assert await answer(probe("resource", what="cpu", at_most=1), scene) is None
    assert await answer(probe("resource", what="cpu", at_most=1), Scene()) is None


async def test_who_keeps_no_data_has_no_answer_for_its_disk() -> None:
    worker = ResourceSample(50, "worker-1", 1, 1.0, 1, 1, 1, None)
    with pytest.raises(NoAnswer, match="worker-1 has no data directory"):
        await answer(
            probe("resource", target="worker-1", what="disk", at_most="1MiB"),
            Scene(usages={"worker-1": worker}),
        )


def test_the_disk_of_a_process_that_keeps_no_data_is_refused_before_the_run(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(f"{TOP}  - {{probe: resource, target: worker-1, what: disk, at-most: 1MiB}}\n")
    script = Script.of(read_experiment(file, vocabulary()))
    ((path, problem),) = script.problems(cast_of(script.experiment))
    assert path == ("steady-state", 0, "what")
    assert problem.startswith("worker-1 keeps no data on a disk")


async def test_lines_are_counted_by_rule_or_by_text() -> None:
    scene = Scene(logged={("core", "error"): 3, ("core", '"locked"'): 2})
    by_rule, by_text = probe("log", rule="error", equals=0), probe("log", text="locked", equals=2)
    assert await answer(by_rule, scene) == by_rule.count(scene) == 3.0
    assert await answer(by_text, scene) == 2.0
    assert by_rule.name == "error in the log of core equals 0"
    assert by_rule.log_rules == {}
    (rule,) = by_text.log_rules.values()
    assert (rule.name, rule.text, rule.tone) == ('"locked"', "locked", Tone.NEUTRAL)


@pytest.mark.parametrize("options", ["", ", rule: error, text: locked"])
def test_a_line_is_named_in_one_way(options: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(f"{TOP}  - {{probe: log, equals: 0{options}}}\n")
    with pytest.raises(InvalidExperiment, match="by a `rule` or by a `text`"):
        read_experiment(file, vocabulary())


def test_a_rule_that_the_system_does_not_have_is_refused_because_it_would_never_count(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(f"{TOP}  - {{probe: log, rule: database-loked, equals: 0}}\n")
    script = Script.of(read_experiment(file, vocabulary()))
    ((path, problem),) = script.problems(cast_of(script.experiment))
    assert path == ("steady-state", 0, "rule")
    assert problem.startswith("no rule for the logs of reference is called 'database-loked'")
    assert "unknown-error" in problem
