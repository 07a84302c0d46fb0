"""A gameday file is read to a typed value, or refused with every problem and its place."""

from pathlib import Path

import pytest

from chaos.experiment.problems import InvalidExperiment
from chaos.gamedays.model import Gate, PlannedRun
from chaos.gamedays.reading import read_gameday

HEAD = "title: A\npurpose: B\n"


def _read(tmp_path: Path, text: str):  # type: ignore[no-untyped-def]
    file = tmp_path / "day.yaml"
    file.write_text(text, encoding="utf-8")
    return read_gameday(file).gameday


def _problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(InvalidExperiment) as caught:
        _read(tmp_path, text)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def test_everything_that_a_file_may_say_is_understood(tmp_path: Path) -> None:
    gameday = _read(
        tmp_path,
        """\
title: Before a release
purpose: Find out.
people: [{name: ann, role: decides}]
time-box: 15min
stop-when: {failed: 2, inconclusive: 3}
steps:
  - title: Both
    gate: person
    expect: They pass.
    in-parallel: true
    run:
      - a.yaml
      - {file: b.yaml, system: reseolio, profile: full, set: [load.jobs=10, load.rate=5/s]}
  - {title: Look, do: Open the reports.}
""",
    )
    assert (gameday.time_box, gameday.stop_when.failed, gameday.stop_when.inconclusive) == (900, 2, 3)
    assert (gameday.people[0].name, gameday.people[0].role) == ("ann", "decides")
    both, look = gameday.steps
    assert (both.gate, both.in_parallel) == (Gate.PERSON, True)
    assert both.run == (
        PlannedRun(file="a.yaml"),
        PlannedRun(file="b.yaml", system="reseolio", profile="full", set=("load.jobs=10", "load.rate=5/s")),
    )
    assert (look.gate, look.do, look.run) == (Gate.PASSED, "Open the reports.", None)


@pytest.mark.parametrize("run", ["a.yaml", "{file: a.yaml}", "[a.yaml]", "[{file: a.yaml}]"])
def test_one_experiment_can_be_written_without_a_list(tmp_path: Path, run: str) -> None:
    gameday = _read(tmp_path, f"{HEAD}steps: [{{title: A, expect: B, run: {run}}}]\n")
    assert gameday.steps[0].run == (PlannedRun(file="a.yaml"),)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{title: A}", "a step has `run` (experiments) or `do` (something people do), one of the two"),
        ("{title: A, do: B, run: a.yaml, expect: C}", "one of the two"),
        ("{title: A, run: a.yaml}", "`expect` is missing; say what should happen before it is tried"),
        ("{title: A, run: [], expect: B}", "at least one experiment is due here"),
        ("{title: A, run: a.yaml, expect: B, in-parallel: true}", "no two experiments here"),
        ("{title: A, run: a.yaml, expect: B, gate: nobody}", "`nobody` is not one of"),
        ("{title: A, run: a.yaml, expect: B, gat: passed}", "unknown key (did you mean `gate`?)"),
        ("{title: A, run: {file: a.yaml, set: load.jobs=1}, expect: B}", "a list is due here"),
        ("{title: A, run: 7, expect: B}", "a list is due here"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_with_its_place(tmp_path: Path, step: str, said: str) -> None:
    problems = _problems(tmp_path, f"{HEAD}steps:\n  - {step}\n")
    assert len(problems) == 1
    assert problems[0].startswith("day.yaml:4:")
    assert said in problems[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "day.yaml:1:1: this file is empty"),
        ("[]", "day.yaml:1:1: a gameday is written as keys with values"),
        ("title: A\nsteps: []\n", "day.yaml:1:1: purpose: `purpose` is missing"),
        (f"{HEAD}time-box: 15\nsteps: [{{title: A, do: B}}]\n", "day.yaml:3:11: time-box: `15` has no unit"),
        (f"{HEAD}steps: []\n", "day.yaml:3:8: steps: a gameday has 1 to 200 steps, and here are 0"),
        (f"{HEAD}steps:\n  - title: ${{env:HOME}}\n    do: B\n", "can't take its value from the environment"),
        ("title: [", "day.yaml:1:"),
    ],
)
def test_what_is_no_gameday_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in problem for problem in _problems(tmp_path, text)), _problems(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidExperiment, match=r"gone\.yaml"):
        read_gameday(tmp_path / "gone.yaml")
