"""Fault schedules drawn from a seed."""

from __future__ import annotations

from pathlib import Path

import pytest

import chaos
from chaos.experiment.model import Experiment
from chaos.experiment.reading import read_experiment
from chaos.experiment.writing import dump_experiment
from chaos.faults.registry import FAULTS
from chaos.runner.exploration import MOST_AT_ONCE, NothingToExplore, candidates, schedule
from chaos.runner.vocabulary import vocabulary
from chaos.script import Script, cast_of

SHIPPED = Path(chaos.__file__).parent.parent / "experiments" / "exploration.yaml"
SEEDS = range(300)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return read_experiment(SHIPPED, vocabulary())


@pytest.fixture(scope="module")
def every() -> dict[str, type]:
    return dict(FAULTS.available())


def test_one_seed_draws_one_schedule(experiment: Experiment, every: dict[str, type]) -> None:
    assert schedule(experiment, every, 7) == schedule(experiment, every, 7)
    assert len({str(schedule(experiment, every, seed)) for seed in SEEDS}) == len(SEEDS)


def test_every_fault_is_drawn_sooner_or_later(experiment: Experiment, every: dict[str, type]) -> None:
    drawn = {spec.fault for seed in SEEDS for spec in schedule(experiment, every, seed)}
    assert drawn == set(every)


def test_up_to_four_at_once(experiment: Experiment, every: dict[str, type]) -> None:
    assert {len(schedule(experiment, every, seed)) for seed in SEEDS} == set(range(1, MOST_AT_ONCE + 1))


def test_what_is_drawn_can_be_done_and_written_and_read_again(
    experiment: Experiment, every: dict[str, type], tmp_path: Path
) -> None:
    words, cast = vocabulary(), cast_of(experiment)
    for seed in range(100):
        faults = schedule(experiment, every, seed)
        drawn = experiment.model_copy(update={"seed": seed, "faults": faults})
        script = Script.of(drawn)
        assert [problem for _, fault in script.faults for problem in fault.problems(cast)] == []
        (tmp_path / "drawn.yaml").write_text(dump_experiment(drawn), encoding="utf-8")
        assert read_experiment(tmp_path / "drawn.yaml", words) == drawn


def test_taking_a_kind_of_fault_away_leaves_the_moments_of_the_others(
    experiment: Experiment, every: dict[str, type]
) -> None:
    """Each slot is drawn for itself, so one that is taken out of the file moves no other."""
    for seed in range(50):
        moments = [spec.at for spec in schedule(experiment, every, seed)]
        fewer = {name: fault for name, fault in every.items() if name != "cpu"}
        assert [spec.at for spec in schedule(experiment, fewer, seed)] == moments


def test_only_the_chosen_faults_are_drawn(experiment: Experiment) -> None:
    chosen = candidates(experiment, ["kill", "pause"])
    assert {spec.fault for seed in SEEDS for spec in schedule(experiment, chosen, seed)} == {"kill", "pause"}


def test_a_load_without_a_rate_has_no_moments_to_draw(experiment: Experiment, every: dict[str, type]) -> None:
    fast = experiment.model_copy(update={"load": experiment.load.model_copy(update={"rate": "max"})})
    with pytest.raises(NothingToExplore, match="give it a rate"):
        schedule(fast, every, 1)


def test_faults_that_the_load_offers_no_target_for_are_not_drawn(experiment: Experiment) -> None:
    idle = experiment.load.model_copy(
        update={"workers": experiment.load.workers.model_copy(update={"count": 0})}
    )
    assert "kill-worker" not in candidates(experiment.model_copy(update={"load": idle}))
