"""The gameday for newcomers, walked through as its file says, with loads that are small enough for a test."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from chaos.experiment.shipped import shipped_experiments
from chaos.gamedays.record import MARKDOWN
from chaos.verdict.results import Verdict
from tests.cli.gameday.conftest import AtTerminal, newest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")

DEFECT = "system.defect=never-recovered"
SMALL = (
    # At the kill 20 jobs are in hand on average: chance does not leave the core without any.
    "load={jobs: 100, rate: 100/s, workers: {count: 1, concurrency: 50}, job: {duration: 200ms}}",
    # How fast this machine is just now decides nothing.
    "steady-state=[]",
    "verify.recovery={}",
)


@pytest.fixture
def file(place: Path) -> Path:
    """The file that ships, beside the experiment that it names; that what is lost is lost is believed sooner."""
    shutil.copy(shipped_experiments() / "crash-recovery.yaml", place)
    text = (shipped_experiments() / "gamedays" / "first-gameday.yaml").read_text(encoding="utf-8")
    assert text.count(DEFECT) == 1
    (place / "gamedays").mkdir()
    copy = place / "gamedays" / "first-gameday.yaml"
    copy.write_text(text.replace(DEFECT, f"{DEFECT}, verify.drain.stalled-after=1s"), encoding="utf-8")
    return copy


def test_it_goes_as_its_file_says(place: Path, file: Path, terminals: list[AtTerminal]) -> None:
    settings = (word for setting in SMALL for word in ("--set", setting))
    ann = AtTerminal(place, "run", str(file), "--by", "ann", *settings)
    terminals.append(ann)

    def answers(answer: str, where: str, due: str = "go / no-go / skip?") -> None:
        ann.shows(where)
        ann.shows(due)
        ann.type(f"{answer}\n")

    answers("go", "Step 1 of 5: Get ready")
    newest(place).note("the second terminal is open", by="ann")
    answers("done", "the second terminal is open", "done / no-go / skip?")
    answers("go", "Step 2 of 5: The core is killed, and nothing is lost")
    answers("done", "passed: ../crash-recovery.yaml", "done / no-go / skip?")
    answers("go", "Step 4 of 5: The same with a defect, and it is seen")
    ann.shows("failed: ../crash-recovery.yaml")
    ann.shows("(stuck ")
    answers("finding it forgets\naction bob: mend it\ndone", "Step 5 of 5", "done / no-go / skip?")
    ann.shows("finished; recommendation: no-go")
    assert ann.ends_with() == 1
    gameday = newest(place)
    assert [run.verdict for run in gameday.state().runs] == [Verdict.PASSED, Verdict.FAILED]
    record = (gameday.path / MARKDOWN).read_text(encoding="utf-8")
    for told in ("the second terminal is open", "it forgets", "**bob**: mend it"):
        assert told in record
