"""The toolkit loads where an operating system lacks what Linux has, and refuses by name what it can't do there."""

from __future__ import annotations

import json
import subprocess
import sys

WITHOUT_SIGNALS = """
import asyncio, json, multiprocessing, os, pkgutil, signal, subprocess, importlib
import grpc.aio, psutil

for name in ("SIGKILL", "SIGSTOP", "SIGCONT", "SIGHUP", "SIGQUIT", "SIGBUS", "SIGCHLD", "pidfd_send_signal"):
    delattr(signal, name)
for name in ("getsid", "pidfd_open", "setpriority", "geteuid", "O_NOFOLLOW", "O_DIRECTORY", "fstatvfs"):
    if hasattr(os, name):
        delattr(os, name)

import chaos
for module in pkgutil.walk_packages(chaos.__path__, "chaos."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

from chaos.faults.registry import FAULTS
from chaos.script import lacking
print(json.dumps({name: [lack.what for lack in lacking(fault)] for name, fault in FAULTS.available().items()}))
"""


def test_without_signals_everything_loads_and_the_faults_that_need_them_are_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SIGNALS], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    lacks = json.loads(done.stdout)
    for fault in ("kill", "restart", "crash-loop", "kill-worker", "churn"):
        assert any("does not end processes by signals" in what for what in lacks[fault]), fault
    assert any("can't stop a process" in what for what in lacks["pause"])
    assert len(lacks) >= 21
