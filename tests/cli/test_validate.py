from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXPERIMENT = Path(__file__).parents[2] / "experiments" / "crash-recovery.yaml"


def validate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `chaos validate` in a process of its own."""
    program = "from chaos.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "validate", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_sound_file_is_ok() -> None:
    done = validate(EXPERIMENT)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"ok: {EXPERIMENT}\n", "")


def test_every_problem_of_every_file_is_printed_and_the_exit_code_is_2(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(EXPERIMENT.read_text().replace("rate: 400/s", "rate: 400").replace("loss: 0", "los: 0"))
    done = validate(bad, EXPERIMENT, tmp_path / "none.yaml")
    assert done.returncode == 2
    first, second, ok, none = done.stdout.splitlines()
    assert first.startswith(f"{bad}:")
    assert ": load.rate: `400` has no unit" in first
    assert second.endswith(": verify.los: unknown key (did you mean `loss`?)")
    assert ok == f"ok: {EXPERIMENT}"
    assert none == f"{tmp_path / 'none.yaml'}: there is no such file"


def test_overrides_are_validated_too() -> None:
    done = validate(EXPERIMENT, "--set", "faults[0].at=20s", "--system", "reference")
    assert done.returncode == 2
    assert done.stdout.startswith("--set faults[0].at=20s: faults[0].at: the load takes 12.5s")


def test_a_toxiproxy_server_that_can_not_be_used_is_refused_as_a_run_would() -> None:
    done = validate(EXPERIMENT, "--toxiproxy", "nonsense")
    assert done.returncode == 2
    assert "leave --toxiproxy out" in done.stderr


def test_problems_can_be_had_as_json() -> None:
    done = validate(EXPERIMENT, "--set", "load.jbos=1", "--output", "json")
    assert done.returncode == 2
    assert json.loads(done.stdout) == [
        {
            "file": str(EXPERIMENT),
            "ok": False,
            "problems": [
                {
                    "file": "--set load.jbos=1",
                    "line": None,
                    "column": None,
                    "key": "load.jbos",
                    "message": "unknown key",
                    "suggestion": "jobs",
                }
            ],
        }
    ]


def test_a_target_that_nobody_has_is_told_with_its_place_and_key(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_text(
        """\
title: x
system: reference
load: {jobs: 5000, rate: 400/s, workers: {count: 3}}
stop-when: ready target coer equals false
faults:
  - {fault: kill, target: 4 of workers, at: 2s, restart-after: 1s}
  - fault: kill
    target: one of wrokers
    when: {probe: ready, target: core-2}
    restart-after: 1s
"""
    )
    done = validate(file)
    assert done.returncode == 2
    stop, few, misspelt, condition = done.stdout.splitlines()
    assert stop.startswith(
        f"{file}:4:12: stop-when[0].target: no component or group is called `coer` (did you mean `core`?); "
        "this run has cores (core), producers (producer-1), workers (worker-1 … worker-3)"
    )
    assert few.startswith(f"{file}:6:27: faults[0].target: there are only 3 of workers")
    assert misspelt.startswith(f"{file}:8:13: faults[1].target: no component or group is called `wrokers`")
    assert condition.startswith(
        f"{file}:9:34: faults[1].when.target: no component or group is called `core-2`"
    )


def test_a_target_from_an_override_is_told_with_the_option() -> None:
    done = validate(EXPERIMENT, "--set", "faults[0].target=moon")
    assert done.returncode == 2
    assert done.stdout.startswith(
        "--set faults[0].target=moon: faults[0].target: no component or group is called"
    )


def test_what_this_machine_lacks_is_told_with_the_place_that_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CORE", "/nowhere/core")
    done = validate(EXPERIMENT, "--system", "reseolio", "--set", "system.bin=${env:CORE}")
    assert done.returncode == 2
    assert "system: the system `reseolio` can't be used: " in done.stdout
    assert "; next: " in done.stdout


def test_a_runtime_that_this_machine_lacks_is_told_with_what_mends_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHAOS_CACHE", str(tmp_path))
    done = validate(EXPERIMENT, "--set", "load.workers.runtime=node")
    assert done.returncode == 2
    assert "load.workers.runtime: `runtime: node` can't be used: " in done.stdout
    assert "; next: chaos setup node" in done.stdout or "; next: pip install" in done.stdout


@pytest.mark.parametrize("key", ["cancel", "subscribe"])
def test_what_a_runtime_can_not_do_is_refused_by_name(key: str) -> None:
    done = validate(EXPERIMENT, "--set", "load.producer-runtime=node", "--set", f"load.{key}=5%")
    assert done.returncode == 2
    assert f"producers of the runtime node can't do what `{key}` asks for" in done.stdout


LAYERED = f"""\
extends: {EXPERIMENT}
profiles:
  long: {{load: {{jobs: 50000}}}}
  short: {{load: {{jobs: 500}}}}
"""


def test_a_file_is_looked_at_with_each_of_its_profiles(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(LAYERED)
    done = validate(mine)
    assert done.returncode == 2
    assert done.stdout.startswith(f"{EXPERIMENT}:")  # where the moment of the fault stands
    assert "(500 jobs at 400/s)" in done.stdout
    assert "50000 jobs" not in done.stdout
    assert validate(mine, "--profile", "long").stdout == f"ok: {mine}\n"


def test_an_unknown_profile_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(LAYERED)
    done = validate(mine, "--profile", "lnog")
    assert done.returncode == 2
    assert done.stdout == f"--profile lnog: {mine} has no profile named `lnog` (did you mean `long`?)\n"


def test_a_file_without_profiles_says_so(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(LAYERED.partition("profiles:")[0])
    done = validate(mine, "--profile", "full")
    assert done.returncode == 2
    assert "has no profile named `full`; it has nothing" in done.stdout


def test_a_rehearsal_takes_a_profile(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(LAYERED)
    program = "from chaos.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "run", str(mine), "--profile", "long", "--dry-run"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "50000 jobs" in done.stdout
