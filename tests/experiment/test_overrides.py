from __future__ import annotations

import pytest

from chaos.experiment.model import AtTime
from tests.experiment.specs import KILL, SMALLEST, Files, ServerSpec


def test_an_override_changes_a_value(files: Files) -> None:
    assert files.read(SMALLEST, ["load.jobs=10000"]).load.jobs == 10_000


def test_an_override_reaches_into_a_list(files: Files) -> None:
    assert files.read(KILL, ["faults[0].at=3s"]).faults[0].at == AtTime(seconds=3.0)


def test_an_override_makes_what_is_not_there_yet(files: Files) -> None:
    assert files.read(SMALLEST, ["load.job.duration=5ms"]).load.job.duration_s == 0.005


def test_an_override_may_hold_a_list_or_a_mapping(files: Files) -> None:
    read = files.read(SMALLEST, ["load.workers={count: 3, concurrency: 2}"])
    assert (read.load.workers.count, read.load.workers.concurrency) == (3, 2)


def test_a_system_named_alone_takes_options(files: Files) -> None:
    read = files.read(SMALLEST.replace("reference", "server"), ["system.storage=postgres"])
    assert read.system == ServerSpec(name="server", storage="postgres")


def test_another_system_leaves_the_options_of_the_first_behind(files: Files) -> None:
    text = SMALLEST.replace("reference", "{name: server, storage: postgres}")
    assert files.read(text, system="reference").system.name == "reference"


def test_the_same_system_keeps_its_options(files: Files) -> None:
    text = SMALLEST.replace("reference", "{name: server, storage: postgres}")
    assert files.read(text, system="server").system == ServerSpec(name="server", storage="postgres")


def test_options_of_the_system_are_set_after_it_is_named(files: Files) -> None:
    read = files.read(SMALLEST, ["system.storage=postgres"], system="server")
    assert read.system == ServerSpec(name="server", storage="postgres")


def test_the_last_override_wins(files: Files) -> None:
    assert files.read(SMALLEST, ["load.jobs=1000", "load.jobs=2000"]).load.jobs == 2000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "load.jobs",
            "write an override as `key.path=value`, such as `load.jobs=10000` or `faults[0].at=2s`",
        ),
        (
            "load..jobs=5",
            "write an override as `key.path=value`, such as `load.jobs=10000` or `faults[0].at=2s`",
        ),
        ("load.jbos=5", "load.jbos: unknown key (did you mean `jobs`?)"),
        (
            "load.rate=400",
            "load.rate: `400` has no unit; a rate is a number with one of /s, /min, /h, such as `5/s`, "
            "or the word `max`",
        ),
        ("load.rate.x=1", "load.rate.x: `load.rate` has no keys"),
        ("faults[1].at=2s", "faults[1].at: there is no `faults[1]`: `faults` is a list of 1, counted from 0"),
        ("load[0]=2s", "load[0]: there is no `load[0]`: `load` is no list"),
        ("faults.at=2s", "faults.at: `faults` is a list; say which entry, counted from 0"),
        ("title=[", "title: a `[` or `{` that began here or before is never closed"),
        ("title=", "title: text is due here, and nothing stands here"),
        ("load.workers={cont: 3}", "load.workers.cont: unknown key (did you mean `count`?)"),
        ("load.workers={count: x}", "load.workers.count: a whole number is due here, not the text `x`"),
    ],
)
def test_a_problem_of_an_override_names_it(files: Files, change: str, said: str) -> None:
    assert files.problems(KILL, [change]) == [f"--set {change}: {said}"]


def test_a_system_that_does_not_exist_is_told_with_the_option(files: Files) -> None:
    assert files.problems(SMALLEST, system="refernce") == [
        "--system refernce: system: there is no system named `refernce` (did you mean `reference`?)"
    ]


def test_an_override_over_several_lines_is_shown_on_one(files: Files) -> None:
    (problem,) = files.problems(SMALLEST, ["title=a\nb: c"])
    assert problem.startswith("--set title=a\\nb: c: title: ")


def test_problems_of_the_file_come_before_those_of_options(files: Files) -> None:
    first, second = files.problems(SMALLEST + "seed: x\n", ["load.jobs=x"])
    assert first.startswith("4:7: seed")
    assert second.startswith("--set load.jobs=x: ")
