"""A gameday with nobody at a terminal: in CI, behind a pipe, or after its walk was killed by force."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.gamedays.entries import AUTOMATIC, UNATTENDED, Answer
from chaos.gamedays.record import HTML, MARKDOWN
from chaos.gamedays.state import Stage
from chaos.guardian.runs import RegisteredRun
from chaos.processes.tree import is_alive
from chaos.verdict.results import Verdict
from tests.cli.gameday.awaiting import runs_of, wait_for_run
from tests.cli.gameday.conftest import CHAOS, QUICK, WITHIN_S, chaos, newest

IMPOSSIBLE = QUICK.replace("jobs: 60,", "jobs: sixty,")


def test_in_ci_verdicts_decide_and_go_is_answered_with_0(place: Path) -> None:
    (place / "day.yaml").write_text(
        """\
title: Both at once
purpose: To be tested.
steps:
  - title: Both
    gate: person
    expect: They pass.
    in-parallel: true
    run: [quick.yaml, {file: quick.yaml, set: [load.jobs=90, load.rate=90/s]}]
""",
        encoding="utf-8",
    )
    walked = chaos(place, "run", "day.yaml", "--yes")
    assert walked.returncode == 0, walked.stdout + walked.stderr
    assert "finished; recommendation: go\n" in walked.stdout
    gameday = newest(place)
    (step,) = gameday.state().steps
    assert [(each.answer, each.by) for each in step.decisions] == [(Answer.GO, UNATTENDED)]
    first, second = sorted(step.runs, key=lambda run: run.began_at)
    assert second.began_at < first.at
    assert {run.verdict for run in step.runs} == {Verdict.PASSED}
    page = (gameday.path / HTML).read_text(encoding="utf-8")
    for run in step.runs:
        assert (gameday.path / f"../../{run.run}/report.html").exists()
        assert f'href="../../{run.run}/report.html"' in page


def test_what_people_do_is_skipped_and_never_ends_in_go(place: Path) -> None:
    walked = chaos(place, "run", "talk.yaml", "--yes")
    assert walked.returncode == 3
    assert [step.skipped for step in newest(place).state().steps] == [True, True]


def test_a_gate_that_verdicts_decide_ends_it_after_a_run_without_a_verdict(place: Path) -> None:
    (place / "day.yaml").write_text(
        """\
title: Two
purpose: To be tested.
steps:
  - {title: One, expect: It passes., run: quick.yaml}
  - {title: Two, expect: It passes., run: quick.yaml}
""",
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [*CHAOS, "run", "day.yaml", "--yes"], cwd=place, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    while "running quick.yaml" not in process.stdout.readline():
        pass
    runner = wait_for_run(place).runner.find()
    assert runner is not None
    runner.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 4, output
    decision = newest(place).state().no_go
    assert decision is not None
    assert (decision.by, decision.why) == (AUTOMATIC, "a last run was cut short, and passed is due")


def test_an_experiment_that_can_not_be_run_is_refused_before_anything_begins(place: Path) -> None:
    (place / "quick.yaml").write_text(IMPOSSIBLE, encoding="utf-8")
    refused = chaos(place, "run", "run-quick.yaml", "--yes")
    assert refused.returncode == 2
    assert "run-quick.yaml:4:44: steps[0].run[0]: quick.yaml:3:14: load.jobs:" in refused.stderr
    assert not (place / "runs").exists()


def test_a_file_that_is_not_there_is_refused_with_the_place_that_names_it(place: Path) -> None:
    (place / "quick.yaml").unlink()
    for command in (("run", "run-quick.yaml"), ("validate", "run-quick.yaml")):
        refused = chaos(place, *command)
        assert refused.returncode == 2
        assert "run-quick.yaml:4:44: steps[0].run" in refused.stderr + refused.stdout
        assert "there is no file `quick.yaml`" in refused.stderr + refused.stdout


def test_without_anybody_to_answer_it_is_left_at_the_first_question(place: Path) -> None:
    left = chaos(place, "run", "talk.yaml")
    assert (left.returncode, "goes on" in left.stdout) == (4, True)


def test_a_script_may_answer(place: Path) -> None:
    walked = chaos(place, "run", "talk.yaml", typed="go\ndone\ngo\ndone\n")
    assert walked.returncode == 3
    assert [step.over for step in newest(place).state().steps] == [True, True]


def test_the_end_of_a_script_does_not_cut_an_experiment_off(place: Path) -> None:
    (place / "day.yaml").write_text(
        """\
title: Run, then talk
purpose: To be tested.
steps:
  - {title: Run, gate: person, expect: It passes., run: quick.yaml}
  - {title: Talk, gate: person, do: Talk.}
""",
        encoding="utf-8",
    )
    left = chaos(place, "run", "day.yaml", typed="go\n")
    assert left.returncode == 4
    state = newest(place).state()
    assert [run.verdict for run in state.runs] == [Verdict.PASSED]
    assert (state.current, state.stage) == (1, Stage.AT_GATE)


def test_answers_from_elsewhere_are_waited_for_where_nobody_types(place: Path) -> None:
    process = subprocess.Popen(
        [*CHAOS, "run", "talk.yaml", "--no-terminal"],
        cwd=place,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "Step 1 of 2" not in process.stdout.readline():
        pass
    assert chaos(place, "decide", "no-go", "--by", "ann").returncode == 0
    assert process.wait(WITHIN_S) == 1
    process.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a disk that is always full")
def test_where_its_directory_can_not_be_written_it_says_how_to_go_on(place: Path) -> None:
    assert chaos(place, "run", "talk.yaml").returncode == 4
    gameday = newest(place)
    (gameday.path / "record.html.new").symlink_to("/dev/full")
    failed = chaos(place, "resume")
    assert failed.returncode == 5
    assert f"{gameday.path} can't be used (No space left on device): mend that, and" in failed.stderr
    assert f"`chaos gameday resume {gameday.name}` goes on where it stood" in failed.stderr


def _killed(place: Path, file: str) -> RegisteredRun:
    """A walk is killed by force while its experiment runs; the run."""
    process = subprocess.Popen([*CHAOS, "run", file, "--yes"], cwd=place, stdout=subprocess.DEVNULL)
    run = wait_for_run(place)
    process.kill()
    process.wait(WITHIN_S)
    return run


def test_a_walk_that_was_killed_is_taken_up_where_it_stood(place: Path) -> None:
    run = _killed(place, "run-long.yaml")
    assert "under way" in chaos(place, "status").stdout
    resumed = chaos(place, "resume", typed="no-go\n")
    assert resumed.returncode == 1, resumed.stdout
    assert "cut off: the walk was killed; experiment 1: its process was ended after" in resumed.stdout
    assert not runs_of(place)
    left = run.runner.find()
    assert left is None or not is_alive(left)
    assert (newest(place).path / MARKDOWN).exists()


def test_an_experiment_that_ended_while_nobody_walked_counts(place: Path) -> None:
    runner = _killed(place, "run-quick.yaml").runner.find()
    assert runner is not None
    runner.wait(WITHIN_S)
    resumed = chaos(place, "resume", "--yes")
    assert resumed.returncode == 0, resumed.stdout
    (step,) = newest(place).state().steps
    assert ([run.verdict for run in step.runs], step.interruptions) == ([Verdict.PASSED], ())


def test_a_reader_of_the_output_that_leaves_does_not_end_the_walk(place: Path) -> None:
    piped = subprocess.run(
        [
            "bash",
            "-c",
            'set -o pipefail; "$@" | head -1 > /dev/null',
            "-",
            *CHAOS,
            "run",
            "run-quick.yaml",
            "--yes",
        ],
        cwd=place,
        timeout=WITHIN_S,
        check=False,
    )
    assert piped.returncode == 0
    assert newest(place).state().stage is Stage.FINISHED
