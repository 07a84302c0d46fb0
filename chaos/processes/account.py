"""The user that a process runs as, where that is not the one that starts it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TRIED_WITHIN_S = 10.0
_BECOME = """\
import os, sys
uid, gid, *command = sys.argv[1:]
os.setgroups([])
os.setgid(int(gid))
os.setuid(int(uid))
os.execv(command[0], command)
"""


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> Account | None:
        """The user of this name; None if there is none."""
        import pwd  # here: there is none on Windows, where nobody asks

        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        return cls(name, entry.pw_uid, entry.pw_gid)

    def running(self, command: Sequence[str]) -> tuple[str, ...]:
        """The command that runs this one as this user, as the same process. Only root may.

        The process becomes the user itself, once it is started: to have that done at its start it would be forked the
        slow way, which runs handlers of other libraries in the child, and crashes it where these have threads. It loads
        no module after that: the user may not get to where they are.
        """
        become = (sys.executable, "-I", "-S", "-c", _BECOME, str(self.uid), str(self.gid))
        program, *arguments = command
        return (*become, shutil.which(program) or program, *arguments)

    def can(self, command: Sequence[str]) -> bool:
        """Whether this user can run a command, and it succeeds. Only root may ask."""
        try:
            tried = subprocess.run(
                self.running(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                timeout=_TRIED_WITHIN_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return tried.returncode == 0

    def can_enter(self, directory: Path) -> bool:
        """Whether this user gets into a directory, all the way from the top."""
        return self.can(("test", "-x", str(directory)))

    def give(self, path: Path) -> None:
        """Make a file or a directory this user's own."""
        os.chown(path, self.uid, self.gid)

    def let_pass(self, directory: Path) -> None:
        """Let this user's group pass through a directory of one's own, and nobody else.

        Raises:
            OSError: It is somebody else's.
        """
        os.chown(directory, -1, self.gid)
        directory.chmod(directory.stat().st_mode | 0o010)


def is_root() -> bool:
    """Whether this process may do everything."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
