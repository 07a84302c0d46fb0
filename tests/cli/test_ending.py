"""How the command ends that is interrupted before it has begun to do anything."""

import os
import subprocess
import sys
from pathlib import Path


def test_ctrl_c_while_the_command_is_read_in_ends_with_its_exit_code_and_one_line(tmp_path: Path) -> None:
    first_import = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(10)\n"
    (tmp_path / "click.py").write_text(first_import, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "chaos", "--help"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (4, "", "interrupted\n")
