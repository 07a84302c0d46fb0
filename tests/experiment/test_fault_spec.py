from __future__ import annotations

import pytest

from chaos.experiment.model import AtTime
from chaos.experiment.targets import Target
from chaos.experiment.writing import dump_experiment
from tests.experiment.specs import SMALLEST, Files


def faults(*entries: str) -> str:
    return (
        SMALLEST
        + "faults:\n"
        + "".join(f"  - {{fault: lossy, target: core, {entry}}}\n" for entry in entries)
    )


@pytest.mark.parametrize(
    "moment",
    [
        "at: 2s",
        "at: 40% of jobs",
        "when: ready equals false",
        "every: 2s",
        "at: 2s, every: 3s",
        "when: ready, every: 2s",
    ],
)
def test_a_fault_has_one_moment_or_is_repeated_or_both(files: Files, moment: str) -> None:
    assert files.read(faults(moment)).faults[0].target == Target("core")  # type: ignore[attr-defined]


def test_a_fault_may_come_after_another_one(files: Files) -> None:
    _, second, third = files.read(
        faults("at: 1s, name: first", "after: first, delay: 1s", "after: lossy")
    ).faults
    assert (second.after, second.delay_s, third.after) == ("first", 1.0, "lossy")


def test_a_fault_may_be_repeated(files: Files) -> None:
    (fault,) = files.read(faults("at: 1s, every: 2s, spread: 25%, times: 3")).faults
    assert (fault.at, fault.every_s, fault.spread, fault.times) == (AtTime(seconds=1.0), 2.0, 0.25, 3)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("share: 5%", "5:5: faults[0]: this fault has no moment; give `at`, `after`, `when` or `every`"),
        ("at: null", "5:5: faults[0]: this fault has no moment"),
        ("at: 1s, when: ready", "5:48: faults[0].when: a fault has one moment; take `when` or `at` away"),
        (
            "at: 1s, spread: 5%",
            "5:50: faults[0].spread: `spread` says something of `every`, which does not stand here",
        ),
        ("at: 1s, times: 2", "5:49: faults[0].times: `times` says something of `every`"),
        ("every: 2s, times: 0", "5:52: faults[0].times: `0` is out of bounds; the least is 1"),
        ("every: 1ms", "5:41: faults[0].every: `1ms` is too little; the least is 100ms"),
        ("at: 1s, name: a#2", "5:48: faults[0].name: a name has no '#': it numbers the times of `every`"),
        (
            "at: 1s, name: ../..",
            "5:48: faults[0].name: '../..' is no name for a fault; it begins with a letter",
        ),
        ("at: 1s, name: /home/me", "5:48: faults[0].name: '/home/me' is no name for a fault"),
        ("at: 1s, name: a/b", "5:48: faults[0].name: 'a/b' is no name for a fault"),
        ('at: 1s, name: ".."', "5:48: faults[0].name: '..' is no name for a fault"),
        ('at: 1s, name: "a\\n"', "is no name for a fault"),
        ("att: 1s", "5:34: faults[0].att: unknown key (did you mean `at`?)"),
        ("at: 1s, target: 0 of workers", "this key stands twice"),
    ],
)
def test_anything_else_is_told_with_its_place(files: Files, entry: str, said: str) -> None:
    (problem,) = files.problems(faults(entry))
    assert said in problem


def test_a_second_moment_is_told_also_where_a_fault_comes_after_another_one(files: Files) -> None:
    (problem,) = files.problems(faults("at: 1s", "at: 2s, after: lossy"))
    assert problem == "6:49: faults[1].after: a fault has one moment; take `after` or `at` away"


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (["at: 1s", "after: losy"], "6:41: faults[1].after: no fault is called `losy` (did you mean `lossy`?)"),
        (["at: 1s", "after: xyz"], "6:41: faults[1].after: no fault is called `xyz`; the others here are `lossy`"),
        (["after: lossy"], "5:41: faults[0].after: this fault would wait for itself"),
        (
            ["at: 1s, name: a", "after: d, name: b", "after: b, name: c", "after: c, name: d", "after: d, name: e"],
            "6:41: faults[1].after: these faults would wait for each other for ever: `b` after `d` after `c` after `b`",
        ),
    ],
)  # fmt: skip
def test_a_fault_comes_after_one_that_comes_before_it(files: Files, entries: list[str], said: str) -> None:
    assert files.problems(faults(*entries)) == [said]


def test_how_far_repetitions_spread_is_only_written_where_there_are_any(files: Files) -> None:
    experiment = files.read(faults("at: 1s", "every: 2s"))
    written = dump_experiment(experiment)
    assert written.count("spread: 10%") == 1
    assert files.read(written) == experiment
