"""`command`: what does a program say, or with which code does it exit?"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from chaos.experiment.answers import AnswerSpec, Kind
from chaos.experiment.environment import EnvironmentText
from chaos.experiment.targets import Cast
from chaos.experiment.units import DURATION, Duration, wrong
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene

_LONGEST_OUTPUT_BYTES: Final = 64 * 1024
_SHELL: Final = ("/bin/sh", "-c")


class CommandSpec(AnswerSpec):
    """The exit code of a program, or what it writes to its standard output."""

    run: tuple[EnvironmentText, ...] | None = Field(
        None,
        min_length=1,
        description="the program and its arguments; no shell reads them",
        examples=[["df", "/"]],
    )
    shell: EnvironmentText | None = Field(
        None, description="a line for /bin/sh instead", examples=["ls spool | wc -l"]
    )
    what: Literal["exit-code", "output"] = Field(
        "exit-code", description="the exit code, or the standard output of a program that exits with 0"
    )
    within_s: Annotated[Duration, DURATION.within("10ms", "1min")] = Field(
        5.0, alias="within", description="how long it may take; it is ended by force then"
    )

    @property
    def kind(self) -> Kind:
        """A number, or what it writes."""
        return Kind.NUMBER if self.what == "exit-code" else Kind.ANY

    @model_validator(mode="after")
    def _runs_one(self) -> Self:
        if (self.run is None) == (self.shell is None):
            raise wrong(
                "give `run`, a list of a program and its arguments, or `shell`, a line; one of the two"
            )
        return self

    @property
    def words(self) -> tuple[EnvironmentText, ...]:
        """What is run, as it stands in the file."""
        return (self.shell,) if self.shell is not None else self.run or ()


class Command(Probe[CommandSpec]):
    """Runs the program in a session of its own, where the run was started, and ends all of it when its time is over."""

    spec_model = CommandSpec
    summary = "the exit code of a program, or what it writes"
    example = "{probe: command, run: [test, -e, /etc/hosts], equals: 0}"

    @property
    def subject(self) -> str:
        """What, of which program."""
        return f"{self.spec.what} of `{' '.join(word.text for word in self.spec.words)}`"

    @property
    def within_s(self) -> float:
        """It gives up by itself, and ends the program."""
        return self.spec.within_s + 2.0

    def problems(self, cast: Cast) -> Iterable[tuple[str, str]]:  # noqa: ARG002 - it asks nobody of it
        """A program that is not there."""
        if self.spec.run is not None and shutil.which(self.spec.run[0].expand()) is None:
            yield "run", f"there is no program `{self.spec.run[0].text}` on PATH, or it may not be run"
        if self.spec.shell is not None and not os.access(_SHELL[0], os.X_OK):
            yield (
                "shell",
                f"there is no {_SHELL[0]} on this machine; write the program and its arguments under `run`",
            )

    async def ask(self, scene: ProbeScene) -> Answer | None:  # noqa: ARG002 - it looks elsewhere
        """The exit code, or the output without the white space at its ends."""
        words = [word.expand() for word in self.spec.words]
        command = [*_SHELL, *words] if self.spec.shell is not None else words
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise NoAnswer(f"it can't be started: {error}") from error
        try:
            async with asyncio.timeout(self.spec.within_s):
                output = await _read(process)
                code = await process.wait()
        except TimeoutError:
            taken = DURATION.write(self.spec.within_s)
            raise NoAnswer(f"it had not ended after {taken}, and was ended by force") from None
        finally:
            await _end(process)
        if self.spec.what == "exit-code":
            return float(code)
        if code != 0:
            raise NoAnswer(f"it exits with {code}")
        return output


async def _read(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    output = b""
    while block := await process.stdout.read(_LONGEST_OUTPUT_BYTES):
        output += block
        if len(output) > _LONGEST_OUTPUT_BYTES:
            raise NoAnswer(f"it writes more than {_LONGEST_OUTPUT_BYTES:,} bytes")
    return output.decode(errors="replace").strip()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it if it goes on, with its session. What it left behind when it ended by itself is ended with the run."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
