"""What follows a check that is over: who is told what, once, and which runs are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chaos.run_directory import RunDirectory
from chaos.schedules.aftermath import settle
from chaos.schedules.journal import Journal
from chaos.schedules.place import Place
from chaos.schedules.planner import Planner
from chaos.schedules.reading import Schedules
from tests.history.conftest import keep, measured, runs
from tests.schedules.conftest import World, Write, at

__all__ = ["keep", "runs"]

Keep = Callable[..., RunDirectory]
Plan = Callable[[Schedules], Planner]

FILE = """\
runs: runs
schedules:
  - {name: often, experiments: [check.yaml], every: 10min, keep: 9}
notify:
  - notifier: command
    command: [sh, -c, "cat >> told; echo >> told"]
    on: [failed, inconclusive, broken, recovered, regression]
"""


class Story:
    """Checks of one schedule, one every ten minutes, each followed by what is to follow."""

    def __init__(self, schedules: Schedules, plan: Planner, place: Place, world: World, keep: Keep) -> None:
        self._schedules, self._plan, self._place, self._world, self._keep = (
            schedules,
            plan,
            place,
            world,
            keep,
        )
        self._minute = 0
        plan.turn(at(0))

    def check(self, code: int, **said: Any) -> list[str]:
        """A check that ends with this code, whose one run said this; what went wrong afterwards."""
        self._minute += 10
        self._world.exits = code
        self._world.now = at(self._minute)
        self._plan.turn(self._world.now)
        verdict = {0: "passed", 1: "failed", 3: "inconclusive"}[code]
        run = self._keep(at=self._world.now, verdict=verdict, **said)
        log = self._place.log_of(self._world.started[-1])
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(json.dumps({"event": "run-directory", "path": str(run.path)}) + "\n", encoding="utf-8")
        self._world.now = at(self._minute + 1)
        self._plan.turn(self._world.now)
        return settle(self._schedules, self._place, first_wait_s=0.01)


@pytest.fixture
def story(
    write: Write,
    planner: Plan,
    place: Place,
    world: World,
    keep: Keep,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Story:
    monkeypatch.chdir(tmp_path)
    schedules = write(FILE)
    return Story(schedules, planner(schedules), place, world, keep)


def told(tmp_path: Path) -> list[str]:
    """The events that people were told of, in order."""
    file = tmp_path / "told"
    if not file.exists():
        return []
    return [json.loads(line)["event"] for line in file.read_text(encoding="utf-8").splitlines() if line]


def test_a_check_that_passes_is_no_news(story: Story, tmp_path: Path) -> None:
    assert story.check(0) == []
    assert told(tmp_path) == []


def test_a_failure_is_told_and_so_is_the_recovery_from_it_once(story: Story, tmp_path: Path) -> None:
    for code in (0, 1, 3, 0, 0):
        assert story.check(code) == []
    assert told(tmp_path) == ["failed", "inconclusive", "recovered"]


def test_a_check_that_passes_and_got_worse_than_the_last_good_ones_is_told(
    story: Story, tmp_path: Path
) -> None:
    for value in (99.0, 100.0, 101.0, 100.0, 99.0, 101.0):
        story.check(0, measurements=[measured("throughput", value)])
    assert told(tmp_path) == []
    story.check(0, measurements=[measured("throughput", 40.0)])
    assert told(tmp_path) == ["regression"]


def test_a_check_of_another_variant_is_not_held_against_them(story: Story, tmp_path: Path) -> None:
    for value in (99.0, 100.0, 101.0, 100.0, 99.0, 101.0):
        story.check(0, measurements=[measured("throughput", value)])
    two_cores = {"variant": {"system.cores": "2"}}
    story.check(0, measurements=[measured("throughput", 40.0)], system=two_cores)
    assert told(tmp_path) == []


def test_a_notifier_that_is_slow_holds_up_none_of_the_others(
    write: Write,
    planner: Plan,
    place: Place,
    world: World,
    keep: Keep,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    waiting = "i=0; while [ ! -e told ]; do i=$((i+1)); [ $i -lt 2000 ] || exit 1; sleep 0.01; done"
    schedules = write(
        f"{FILE.partition('notify')[0]}notify:\n"
        f"  - {{notifier: command, command: [sh, -c, '{waiting}']}}\n"
        "  - {notifier: command, command: [touch, told]}\n"
    )
    assert Story(schedules, planner(schedules), place, world, keep).check(1) == []
    journal = Journal(place.journal)
    assert [(each.attempts, each.problem) for each in journal.notices(pending=False)] == [(1, None)] * 2
    journal.close()


def test_only_so_many_runs_are_kept(story: Story, runs: Path) -> None:
    for _ in range(11):
        story.check(0, experiment={"file": "check.yaml"})
    assert len(list(runs.iterdir())) == 9


def test_who_can_not_be_told_is_named_and_the_check_is_what_it_was(
    story: Story, tmp_path: Path, journal: Journal
) -> None:
    (tmp_path / "told").mkdir()
    [problem] = story.check(1)
    assert problem.startswith("command could not be told that often, due ")
    assert [each.outcome for each in journal.occurrences()] == ["failed"]
