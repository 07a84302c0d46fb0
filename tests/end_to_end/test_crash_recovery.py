"""The main job, on the embedded queue and on the real Reseolio core."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from tests.end_to_end.conftest import KILL, QUIET, Chaos, Done

SHIPPED = Path(__file__).parents[2] / "experiments"

NothingLeft = Callable[[Done], None]


def _core() -> str:
    try:
        return str(find_core().path)
    except CoreNotFoundError as error:
        pytest.skip(str(error))


def test_a_quiet_run_passes_with_every_final_state_read(chaos: Chaos, nothing_left: NothingLeft) -> None:
    done = chaos("run", chaos.file(QUIET))
    assert done.code == 0, done.out + done.err
    metrics = done.results["metrics"]
    assert (metrics["acknowledged"], metrics["completed"], metrics["states_read"]) == (200, 200, 200)
    nothing_left(done)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_reference_system_survives_the_death_of_its_core(
    chaos: Chaos, nothing_left: NothingLeft, seed: int
) -> None:
    done = chaos("run", str(SHIPPED / "selftest.yaml"), "--seed", str(seed))
    assert done.code == 0, done.out + done.err
    fault = done.results["faults"][0]
    assert fault["evidence"]["kernel_reported"] == {"core": "SIGKILL"}
    assert fault["requested_s"] < fault["confirmed_s"] < fault["reverted_s"]
    assert done.results["metrics"]["recovery"]["ready_s"] is not None
    nothing_left(done)


def test_reseolio_loses_what_it_had_under_way(chaos: Chaos, nothing_left: NothingLeft) -> None:
    """A run in which nothing was under way at the fatal moment passes, and rightly so: hence several."""
    settings = ["load.jobs=1200", "load.rate=600/s", "faults[0].at=50% of jobs", "steady-state=[]"]
    settings += ["verify.drain.stalled-after=2s"]
    done = chaos(
        "run",
        str(SHIPPED / "crash-recovery.yaml"),
        *("--system", "reseolio", "--bin", _core(), "--repeat", "8", "--until-failed"),
        *(word for setting in settings for word in ("--set", setting)),
    )
    assert done.code == 1, done.out + done.err
    last = Done(done.code, done.out, done.err, chaos.place / "last")
    last.runs.mkdir()
    newest = max(
        chaos.runs.iterdir(), key=lambda run: json.loads((run / "results.json").read_text())["started_at"]
    )
    newest.rename(last.runs / newest.name)
    found = last.found()
    assert found["stuck"] > 0
    witness = next(c for c in last.results["checks"] if c["name"] == "loss")["witnesses"][0]
    assert witness["faults"] == ["kill"]
    told = [event["what"] for event in witness["events"]]
    assert any("enqueue acknowledged" in what for what in told)
    assert "gone: SIGKILL" in told
    nothing_left(last)


def test_the_verdict_comes_out_the_same_from_the_directory_alone(chaos: Chaos) -> None:
    done = chaos("run", chaos.file(KILL), "--set", "system.defect=ack-forgotten", "--system", "reference")
    assert done.code == 1, done.out + done.err
    moved = chaos.place / "elsewhere"
    kept = done.results
    done.run.rename(moved)
    (moved / "results.json").unlink()
    again = chaos("check", str(moved), "--output", "json")
    assert again.code == 1
    assert json.loads(again.out) == kept


def test_two_runs_beside_each_other_do_not_collide(chaos: Chaos) -> None:
    file = chaos.file(KILL)
    first, second = chaos.start("run", file), chaos.start("run", file)
    assert [chaos.finish(first).code, chaos.finish(second).code] == [0, 0]
    assert len(list(chaos.runs.iterdir())) == 2


def test_several_runs_give_the_worst_code_and_a_rate(chaos: Chaos) -> None:
    good = chaos.file(QUIET, "good.yaml")
    bad = chaos.file(
        QUIET.replace("system: reference", "system: {name: reference, defect: enqueue-dropped}"), "bad.yaml"
    )
    done = chaos("run", good, bad)
    assert done.code == 1
    assert "1 of 2 runs failed: 50.0%" in done.out


def test_json_output_is_one_object_a_line_and_ends_with_the_results(chaos: Chaos) -> None:
    done = chaos("run", chaos.file(QUIET), "--output", "json", "--seed", "5")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert lines[0]["event"] == "run-directory"
    assert lines[-1]["event"] == "results"
    assert (lines[-1]["verdict"], lines[-1]["seed"]) == ("passed", 5)
