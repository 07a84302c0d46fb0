"""Notices to a program."""

from __future__ import annotations

import subprocess

from pydantic import Field

from chaos.notices.notice import Notice
from chaos.notices.protocol import ATTEMPT_WITHIN_S, CannotTell, Notifier, NotifierSpec, NotTold

_TOLD_CHARACTERS = 200


class CommandSpec(NotifierSpec):
    """An entry with `notifier: command`."""

    command: tuple[str, ...] = Field(
        min_length=1,
        description="the program and its arguments; no shell reads them",
        examples=[["./tell-us", "--channel", "queue"]],
    )


class Command(Notifier[CommandSpec]):
    """The notice as JSON on the program's standard input. Its exit code 0 says that it told people."""

    spec_model = CommandSpec

    def tell(self, notice: Notice) -> None:
        try:
            ended = subprocess.run(
                self.spec.command,
                input=notice.to_json().encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=ATTEMPT_WITHIN_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NotTold(f"{self.spec.command[0]} took more than {ATTEMPT_WITHIN_S:g} s") from error
        except OSError as error:
            raise CannotTell(f"{self.spec.command[0]} can't be started: {error.strerror}") from error
        if ended.returncode:
            said = ended.stderr.decode(errors="replace").strip()[-_TOLD_CHARACTERS:]
            raise NotTold(f"{self.spec.command[0]} exited with {ended.returncode}: {said}")
