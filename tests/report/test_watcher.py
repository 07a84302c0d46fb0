"""Several watchers are told as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.experiment.model import Experiment, Load, SystemSpec
from chaos.ledger.events import Event, PhaseEntered
from chaos.report.watcher import Progress, Silent, Watcher, Watchers
from chaos.run_directory import RunDirectory

EXPERIMENT = Experiment(title="x", system=SystemSpec(name="reference"), load=Load(jobs=1, rate=1.0), seed=1)
EVENT = PhaseEntered(time_ns=1, phase="load")
PROGRESS = Progress(jobs=1, acknowledged=0, settled=0, executing=0, failures=0, completions_per_s=0.0)


class Listening(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def begin(self, directory: RunDirectory, experiment: Experiment) -> None:
        self.told.append(f"{directory.name} {experiment.title}")

    def event(self, event: Event) -> None:
        self.told.append(event.name)

    def progress(self, progress: Progress) -> None:
        self.told.append(f"{progress.jobs} jobs")

    def end(self) -> None:
        self.told.append("end")


class Failing(Listening):
    """Fails at the first event."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def event(self, event: Event) -> None:
        super().event(event)
        raise self._error


def _tell(watcher: Watcher) -> None:
    watcher.begin(RunDirectory(Path("a-run")), EXPERIMENT)
    watcher.event(EVENT)
    watcher.progress(PROGRESS)
    watcher.end()


def test_each_is_told_everything_in_order() -> None:
    first, second = Listening(), Listening()
    _tell(Watchers([first, second], lambda *_: pytest.fail("nobody failed")))
    assert first.told == second.told == ["a-run x", "phase-entered", "1 jobs", "end"]


def test_one_that_fails_is_named_and_told_no_more_and_the_others_go_on() -> None:
    failed: list[tuple[Watcher, Exception]] = []
    failing, listening = Failing(error := RuntimeError("full")), Listening()
    _tell(Watchers([failing, listening], lambda watcher, why: failed.append((watcher, why))))
    assert failed == [(failing, error)]
    assert failing.told == ["a-run x", "phase-entered"]
    assert listening.told[-1] == "end"


@pytest.mark.parametrize("error", [BrokenPipeError(), SystemExit(1)])
def test_one_whose_reader_has_left_is_not_worth_a_word(error: BaseException) -> None:
    listening = Listening()
    _tell(Watchers([Failing(error), listening], lambda *_: pytest.fail("nobody failed")))
    assert listening.told[-1] == "end"
