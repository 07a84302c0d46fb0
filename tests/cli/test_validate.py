from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
