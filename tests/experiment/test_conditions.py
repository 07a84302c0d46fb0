from __future__ import annotations

import pytest

from chaos.experiment.model import Experiment
from chaos.experiment.writing import dump_experiment
from tests.experiment.specs import SMALLEST, Files, ReadySpec, ThroughputSpec

SLOW = ThroughputSpec(probe="throughput", at_most=100.0)
FAULT = "faults: [{fault: lossy, target: core, when: CONDITION}]\n"


def with_fault(condition: str) -> str:
    return SMALLEST + FAULT.replace("CONDITION", condition)


@pytest.mark.parametrize(
    "written",
    ["throughput at-most 100/s", "'  throughput  at-most 100/s '", "{probe: throughput, at-most: 100/s}"],
)
def test_a_condition_is_text_or_a_mapping(files: Files, written: str) -> None:
    assert files.read(with_fault(written)).faults[0].when == SLOW
    assert files.read(SMALLEST + f"stop-when: {written}\n").stop_when == (SLOW,)


def test_the_values_in_text_are_read_as_yaml_reads_them(files: Files) -> None:
    experiment = files.read(SMALLEST + "stop-when: ready target core-2 equals false\n")
    assert experiment.stop_when == (ReadySpec(probe="ready", target="core-2", equals=False),)


def test_a_probe_that_has_a_tolerance_of_its_own_needs_none(files: Files) -> None:
    assert files.read(SMALLEST + "stop-when: ready\n").stop_when == (ReadySpec(probe="ready"),)


def test_a_run_may_be_stopped_by_one_of_several_conditions(files: Files) -> None:
    text = SMALLEST + "stop-when:\n  - throughput at-most 100/s\n  - {probe: ready, equals: false}\n"
    assert files.read(text).stop_when == (SLOW, ReadySpec(probe="ready", equals=False))


def test_a_condition_may_come_from_the_command_line(files: Files) -> None:
    changes = ["stop-when=throughput at-most 100/s", "faults[0].when={probe: throughput, at-most: 100/s}"]
    experiment = files.read(with_fault("ready"), changes)
    assert experiment.stop_when == (SLOW,)
    assert experiment.faults[0].when == SLOW


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("throughput at-most 100", "4:45: faults[0].when.at-most: `100` has no unit; a rate is a number with one of"),
        ("throughput at-mots 100/s", "4:45: faults[0].when.at-mots: unknown key (did you mean `at-most`?)"),
        ("throughput at-most", "4:45: faults[0].when: `at-most` stands alone in this condition; write each key with"),
        ("throughput at-most 1/s at-most 2/s", "4:45: faults[0].when: `at-most` stands twice in this condition"),
        ("throughput", "4:45: faults[0].when: there is nothing to hold; give `equals`, `at-least`, "),
        ("thruput at-most 5/s",
         "4:45: faults[0].when.probe: there is no probe named `thruput` (did you mean `throughput`?)"),
        ("''", "4:45: faults[0].when: a condition is due here, such as `throughput at-most 100/s`"),
        ("5", "4:45: faults[0].when: a condition is due here, such as `throughput at-most 100/s` or"),
        ("[ready]", "4:45: faults[0].when: a condition is due here"),
        ("ready equals yes", "4:45: faults[0].when.equals: `true` or `false` is due here, not the text `yes`"),
        ("ready hold after", "4:45: faults[0].when.hold: `hold` can't stand here; a condition has no windows"),
        ("{probe: ready, name: it}", "4:66: faults[0].when.name: `name` can't stand here; a condition has no name"),
        ("{probe: ready, equals: 5}", "4:68: faults[0].when.equals: `true` or `false` is due here, not `5`"),
        ("{equals: true}", "4:45: faults[0].when: `probe` is missing; it is `throughput`, `ready`, "),
        ("'throughput at-most ${env:X}'", "this key can't take its value from the environment"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_condition_is_told_with_its_place(files: Files, written: str, said: str) -> None:
    (problem,) = files.problems(with_fault(written))
    assert said in problem


def test_what_is_wrong_in_a_list_of_conditions_names_the_entry(files: Files) -> None:
    (problem,) = files.problems(SMALLEST + "stop-when: [ready, throughput at-most 5]\n")
    assert problem.startswith("4:20: stop-when[1].at-most: `5` has no unit")


def test_what_is_wrong_in_an_override_names_the_option(files: Files) -> None:
    (problem,) = files.problems(SMALLEST, ["stop-when=throughput at-most 5"])
    assert problem.startswith("--set stop-when=throughput at-most 5: stop-when.at-most: `5` has no unit")


def test_a_wrong_condition_does_not_hide_what_else_is_wrong_with_the_fault(files: Files) -> None:
    text = with_fault("thruput").replace("lossy,", "lossy, share: 5,")
    assert [problem.split(": ")[1] for problem in files.problems(text)] == [
        "faults[0].share",
        "faults[0].when.probe",
    ]


def test_a_condition_is_written_without_what_it_can_not_have(files: Files) -> None:
    written = dump_experiment(files.read(with_fault("throughput at-most 100/s")))
    assert "when: {probe: throughput, at-most: 100/s, over: 2s}" in written


def test_what_is_written_of_conditions_reads_back(files: Files) -> None:
    read: Experiment = files.read(
        with_fault("ready equals false") + "stop-when: [throughput at-most 0.5/s over 1min]\n"
    )
    assert files.read(dump_experiment(read)) == read
