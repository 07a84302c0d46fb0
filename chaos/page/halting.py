"""The buttons that halt every run and let runs start again: the same as `chaos halt` and `chaos resume`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chaos.guardian.halting import HaltedRun, end_runs, halt, halted, resume
from chaos.guardian.state import StateUnwritable
from chaos.page.form import form_of
from chaos.page.refusal import Refused

_LEAVE_WITHIN_S: Final = 30.0
_REASON: Final = "halted on the page"
_MOST_CHARACTERS: Final = 200


class Halting:
    """Halts, and tells what became of the runs that were under way."""

    def __init__(self) -> None:
        self._ending: asyncio.Task[None] | None = None
        self._ended: list[HaltedRun] = []
        self._problems: list[str] = []

    @property
    def routes(self) -> list[Route]:
        """Where the buttons lead."""
        return [
            Route("/halt", self._halt, methods=["POST"]),
            Route("/resume", self._resume, methods=["POST"]),
        ]

    def shown(self) -> dict[str, Any] | None:
        """Why runs are halted, and what became of those that were halted here; None: they are not."""
        mark = halted()
        if mark is None:
            return None
        return {
            **asdict(mark),
            "ending": self._ending is not None and not self._ending.done(),
            "ended": [asdict(run) for run in self._ended],
            "problems": self._problems,
        }

    async def _halt(self, request: Request) -> Response:
        reason = (await form_of(request)).get("reason", _REASON)[:_MOST_CHARACTERS]
        try:
            halt(reason)
        except StateUnwritable as error:
            raise Refused(HTTPStatus.INTERNAL_SERVER_ERROR, str(error)) from error
        if self._ending is None or self._ending.done():
            self._ending = asyncio.create_task(self._end_runs())
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    async def _resume(self, request: Request) -> Response:
        await form_of(request)
        resume()
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    async def _end_runs(self) -> None:
        self._ended, self._problems = [], []
        self._ended, self._problems = await asyncio.to_thread(end_runs, _LEAVE_WITHIN_S)
