"""How long whole commands take: `chaos --help`, `chaos validate` of one file, and crash-recovery with its default load.

python benchmarks/commands.py [REPETITIONS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXPERIMENT = Path(__file__).parent.parent / "experiments" / "crash-recovery.yaml"
BARS_S = {"--help": 0.12, "validate": 0.3, "run": 25.0}


def main() -> None:
    """Time each command and print a table."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as runs:
        commands = {
            "--help": (["--help"], repetitions),
            "validate": (["validate", str(EXPERIMENT)], repetitions),
            "run": (["run", str(EXPERIMENT), "--runs", runs], 3),
        }
        print(f"{'command':<10}{'median s':>10}{'slowest s':>11}{'bar s':>8}")
        for name, (arguments, times) in commands.items():
            seconds = [_seconds(arguments) for _ in range(times)]
            print(f"{name:<10}{statistics.median(seconds):>10.3f}{max(seconds):>11.3f}{BARS_S[name]:>8}")


def _seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([Path(sys.executable).parent / "chaos", *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
