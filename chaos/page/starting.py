"""Starting runs: each is `chaos run` in a session of its own, which goes on whatever becomes of the page."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chaos.guardian.runs import registered
from chaos.page.experiments import KnownExperiment, known_experiments
from chaos.page.form import form_of
from chaos.page.refusal import Refused
from chaos.processes.logs import readable
from chaos.registry import unknown
from chaos.secrets import redacted
from chaos.systems.registry import SYSTEMS

_SAID_BYTES: Final = 4096
_KEPT: Final = 3


@dataclass(eq=False)
class Launch:
    """A run that was started here.

    Attributes:
        experiment: Its name.
        process: `chaos run`.
        output: What that prints; it is gone with whoever has it open.
        run: Which run it became; None: none yet.
    """

    experiment: str
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    run: str | None = None

    @property
    def is_waited_for(self) -> bool:
        """Whether it is still to become a run."""
        return self.run is None and self.process.poll() is None

    @property
    def said(self) -> str:
        """The last that it printed."""
        size = self.output.seek(0, os.SEEK_END)
        self.output.seek(max(0, size - _SAID_BYTES))
        lines = self.output.read().decode("utf-8", errors="replace").splitlines()
        return redacted("\n".join(readable(line) for line in lines if not line.startswith("{")))


class Starting:
    """Starts experiments that are known, and tells what becomes of them until they are runs.

    Args:
        directories: Where there are experiments beside those that ship.
        runs: Where runs are kept.
    """

    def __init__(self, directories: Sequence[Path], runs: Path) -> None:
        self._directories = directories
        self._runs = runs
        self._launches: list[Launch] = []
        self._lock = threading.Lock()

    @property
    def routes(self) -> list[Route]:
        """Where the page starts runs."""
        return [Route("/start", self._start, methods=["POST"])]

    def experiments(self) -> Mapping[str, KnownExperiment]:
        """What can be started."""
        return known_experiments(self._directories)

    def shown(self) -> list[dict[str, Any]]:
        """What was started and is no run yet, and what never became one. For any thread."""
        with self._lock:
            self._look()
            launches = list(self._launches)
        return [
            {
                "experiment": launch.experiment,
                "starting": launch.is_waited_for,
                "exit_code": launch.process.returncode,
                "said": "" if launch.is_waited_for else launch.said,
            }
            for launch in launches
            if launch.run is None
        ]

    def _look(self) -> None:
        """See which have become runs; of those that never did, keep the last few."""
        runs = {run.runner.pid: run.name for run in registered()[0]}
        for launch in self._launches:
            launch.run = launch.run or runs.get(launch.process.pid)
        in_vain = [each for each in self._launches if each.run is None and not each.is_waited_for]
        done = [each for each in self._launches if each.run is not None and each.process.poll() is not None]
        gone = [*in_vain[:-_KEPT], *done]
        self._launches = [each for each in self._launches if each not in gone]

    async def _start(self, request: Request) -> Response:
        form = await form_of(request)
        known = self.experiments()
        chosen = known.get(name := form.get("experiment", ""))
        if chosen is None:
            raise Refused(HTTPStatus.NOT_FOUND, unknown("experiment", name, known))
        launch = self._launch(chosen, list(_options(chosen, form)))
        with self._lock:
            self._launches.append(launch)
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    def _launch(self, experiment: KnownExperiment, options: list[str]) -> Launch:
        arguments = ["run", str(experiment.file), "--runs", str(self._runs), "--output", "json", *options]
        output = tempfile.TemporaryFile()  # noqa: SIM115 - read for as long as the launch is shown
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "chaos", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return Launch(experiment.name, process, output)


def _options(experiment: KnownExperiment, form: Mapping[str, str]) -> Iterator[str]:
    """What was chosen beside the experiment, each by a name that is known."""
    for option, names in (("system", SYSTEMS.names()), ("profile", experiment.profiles)):
        if (name := form.get(option)) is not None:
            if name not in names:
                raise Refused(HTTPStatus.NOT_FOUND, unknown(option, name, names))
            yield from (f"--{option}", name)
