"""The schedules of one file: when each is due next, what came of it, and buttons that pause, resume and trigger."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chaos.experiment.problems import InvalidExperiment
from chaos.page.form import form_of
from chaos.page.refusal import Refused
from chaos.page.templates import page
from chaos.schedules.place import Place
from chaos.schedules.reading import read_schedules
from chaos.schedules.steering import NotSteered, Steering
from chaos.secrets import redacted

T = TypeVar("T")

_COMING: Final = 10
_PAST: Final = 20
_REASON: Final = "paused on the page"
_MOST_CHARACTERS: Final = 200


class SchedulesPage:
    """Shows and steers schedules, as `chaos schedule` does.

    Args:
        file: The file of schedules; it need not be there.
        runs: Where the page looks for kept runs: only of those can it show more.
    """

    def __init__(self, file: Path, runs: Path) -> None:
        self._file = file
        self._runs = runs
        self._place = Place.chosen(None)

    @property
    def routes(self) -> list[Route]:
        """Where schedules are shown and steered."""
        return [
            Route("/schedules", self._show),
            Route("/schedules/{name}/pause", self._pause, methods=["POST"]),
            Route("/schedules/{name}/resume", self._resume, methods=["POST"]),
            Route("/schedules/{name}/trigger", self._trigger, methods=["POST"]),
        ]

    def revision(self) -> list[int]:
        """Is another one once something has changed."""
        return [_changed_ns(file) for file in (self._file, *self._place.path.glob("journal.sqlite*"))]

    async def _show(self, _request: Request) -> Response:
        if not self._file.exists():
            return page("schedules", file=self._file, problem=None, shown=None)
        try:
            shown = await self._steered(self._seen)
        except Refused as refused:
            return page("schedules", file=self._file, problem=str(refused), shown=None)
        return page("schedules", file=self._file, problem=None, shown=shown)

    def _seen(self, steering: Steering) -> dict[str, Any]:
        served, runs = steering.service_runs(), steering.schedules.runs
        return {
            "standings": steering.standings(),
            "coming": steering.upcoming(_COMING),
            "past": steering.history(last=_PAST),
            "served": served,
            "outdated": served and steering.is_outdated(),
            "runs_elsewhere": None if runs.resolve() == self._runs.resolve() else runs,
        }

    async def _pause(self, request: Request) -> Response:
        reason = (await form_of(request)).get("reason", _REASON)[:_MOST_CHARACTERS]
        return await self._changed(lambda steering: steering.pause(request.path_params["name"], reason))

    async def _resume(self, request: Request) -> Response:
        await form_of(request)
        return await self._changed(lambda steering: steering.resume(request.path_params["name"]))

    async def _trigger(self, request: Request) -> Response:
        await form_of(request)
        return await self._changed(lambda steering: steering.trigger(request.path_params["name"]))

    async def _changed(self, change: Callable[[Steering], object]) -> Response:
        await self._steered(change)
        return RedirectResponse("/schedules", HTTPStatus.SEE_OTHER)

    async def _steered(self, ask: Callable[[Steering], T]) -> T:
        return await asyncio.to_thread(steered, self._file, self._place, ask)


def steered(file: Path, place: Place, ask: Callable[[Steering], T]) -> T:
    """What is asked of the schedules of a file.

    Raises:
        Refused: It can't be done; why, and the next step.
    """
    try:
        return ask(Steering(read_schedules(file), place))
    except InvalidExperiment as error:
        raise Refused(HTTPStatus.CONFLICT, redacted(str(error))) from error
    except NotSteered as error:
        raise Refused(HTTPStatus.CONFLICT, str(error)) from error
    except (OSError, sqlite3.DatabaseError) as error:
        problem = f"the schedules in {file}, or their state in {place.path}, can't be used: {error}"
        raise Refused(HTTPStatus.INTERNAL_SERVER_ERROR, problem) from error


def _changed_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
