"""The kept runs: a list of them, each by itself, its report and its logs.

What a page sends is only ever compared with names that were listed here; no path is made from it.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from chaos.history.kept import Choice, KeptRun, directories, kept_runs, read_run
from chaos.page.live import Live
from chaos.page.refusal import Refused
from chaos.page.sandbox import SANDBOX
from chaos.page.templates import page
from chaos.processes.logs import last_lines
from chaos.run_directory import RunDirectory
from chaos.secrets import redacted, unknown_here
from chaos.verdict.results import Verdict

_SHOWN: Final = 100
_LOG_LINES: Final = 1000


class Kept:
    """Shows kept runs.

    Args:
        runs: Where they are kept.
        live: Knows runs that are kept elsewhere and are under way.
    """

    def __init__(self, runs: Path, live: Live) -> None:
        self._runs = runs
        self._live = live

    @property
    def routes(self) -> list[Route]:
        """Where kept runs are shown."""
        return [
            Route("/runs", self._list),
            Route("/runs/{run}", self._one),
            Route("/runs/{run}/report", self._report),
            Route("/runs/{run}/logs/{component}", self._log),
        ]

    async def _list(self, request: Request) -> Response:
        asked = {key: request.query_params.get(key) or None for key in ("experiment", "system", "verdict")}
        every = await asyncio.to_thread(kept_runs, self._runs)
        chosen = [run for run in every if Choice(**asked).holds(run)]
        told = [run.results for run in every if run.results is not None]
        return page(
            "runs",
            place=self._runs,
            runs=chosen[:_SHOWN],
            older=len(chosen) - _SHOWN,
            asked=asked,
            choices={
                "experiment": sorted({run.experiment for run in every if run.experiment}),
                "system": sorted({results.system.name for results in told}),
                "verdict": [str(verdict) for verdict in Verdict],
            },
        )

    async def _one(self, request: Request) -> Response:
        run = await asyncio.to_thread(self._kept, request)
        logs = [path.stem for path in _logs(run.directory)]
        return page("run", run=run, logs=logs)

    async def _report(self, request: Request) -> Response:
        run = await asyncio.to_thread(self._kept, request)
        if not run.directory.page.exists():
            mend = run.problem or f"`chaos report {run.directory}` makes it"
            raise Refused(HTTPStatus.NOT_FOUND, f"{run.name} has no report: {mend}")
        return FileResponse(
            run.directory.page, media_type="text/html", headers={"Content-Security-Policy": SANDBOX}
        )

    async def _log(self, request: Request) -> Response:
        run = await asyncio.to_thread(self._kept, request)
        component = request.path_params["component"]
        path = next((path for path in _logs(run.directory) if path.stem == component), None)
        if path is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"{run.name} has no log of {component!r}")
        if run.results is None and (unknown := _unknown(run.directory)):
            hidden = f"it may hold what {', '.join(unknown)} hold, which this page can't hide"
            raise Refused(
                HTTPStatus.FORBIDDEN, f"the log is not shown until the run has ended well: {hidden}"
            )
        lines = await asyncio.to_thread(last_lines, path, _LOG_LINES)
        return PlainTextResponse(redacted("\n".join(lines)) + "\n")

    def _kept(self, request: Request) -> KeptRun:
        name = request.path_params["run"]
        found = next((each for each in directories(self._runs) if each.name == name), None)
        directory = found or self._live.directory_of(name)
        if directory is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"no run in {self._runs} is called {name!r}")
        return read_run(directory)


def _logs(directory: RunDirectory) -> list[Path]:
    return sorted(directory.logs.glob("*.log"))


def _unknown(directory: RunDirectory) -> tuple[str, ...]:
    try:
        return unknown_here(directory.experiment.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
