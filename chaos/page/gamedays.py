"""Gamedays: where each stands, the gate at hand, decisions and notes; begun and resumed as by `chaos gameday`."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from chaos.gamedays.entries import Answer, NoteKind, Recommendation
from chaos.gamedays.kept import FOLDER, KeptGameday, NotDue, UnreadableGameday, kept_gamedays
from chaos.gamedays.recommendation import below, limits, recommend
from chaos.gamedays.record import as_html
from chaos.gamedays.state import GamedayState, answers_due
from chaos.page.commands import Commands
from chaos.page.experiments import offered
from chaos.page.form import form_of
from chaos.page.refusal import Refused
from chaos.page.sandbox import SANDBOX
from chaos.page.templates import page
from chaos.registry import unknown
from chaos.secrets import redacted

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)

_SOMEBODY: Final = "somebody on the page"
_MOST_CHARACTERS: Final = 2000


class GamedaysPage:
    """Shows gamedays, and lets people take part in them.

    Args:
        directories: Where there are gamedays beside those that ship, each in its folder `gamedays`.
        runs: Where runs are kept, and gamedays beside them.
        commands: Where what is started goes on.
    """

    def __init__(self, directories: Sequence[Path], runs: Path, commands: Commands) -> None:
        self._directories = directories
        self._runs = runs
        self._commands = commands

    @property
    def routes(self) -> list[Route]:
        """Where gamedays are shown, begun, decided and noted."""
        return [
            Route("/gamedays", self._list),
            Route("/gamedays", self._begin, methods=["POST"]),
            Route("/gamedays/{name}", self._show),
            Route("/gamedays/{name}/record", self._record),
            Route("/gamedays/{name}/walk", self._walk, methods=["POST"]),
            Route("/gamedays/{name}/decide", self._decide, methods=["POST"]),
            Route("/gamedays/{name}/note", self._note, methods=["POST"]),
            Route("/gamedays/{name}/lower", self._lower, methods=["POST"]),
        ]

    def revisions(self) -> Mapping[str, Any]:
        """For each gameday what is another once something has happened in it."""
        return {gameday.name: _size_bytes(gameday) for gameday in kept_gamedays(self._runs)}

    async def _list(self, _request: Request) -> Response:
        kept = await asyncio.to_thread(lambda: [_told(each) for each in kept_gamedays(self._runs)])
        return page("gamedays", kept=kept, files=self._files(), runs=self._runs)

    async def _begin(self, request: Request) -> Response:
        form, files = await form_of(request), self._files()
        name = form.get("gameday", "")
        if name not in files:
            raise Refused(HTTPStatus.NOT_FOUND, unknown("gameday", name, files))
        self._walk_through(name, "run", str(files[name]), _speaker(form))
        return RedirectResponse("/gamedays", HTTPStatus.SEE_OTHER)

    async def _show(self, request: Request) -> Response:
        gameday, state = await self._meant(request)
        return page(
            "gameday",
            gameday=gameday,
            state=state,
            steps=list(zip(state.gameday.steps, state.steps, strict=True)),
            due=answers_due(state),
            recommendation=recommend(state),
            limits=limits(state),
            lower_ones=below(recommend(state)),
            kinds=list(NoteKind),
            is_walked=await asyncio.to_thread(gameday.is_walked),
            somebody=_this_user(),
        )

    async def _record(self, request: Request) -> Response:
        gameday, state = await self._meant(request)
        made = await asyncio.to_thread(as_html, gameday, state)
        return HTMLResponse(redacted(made), headers={"Content-Security-Policy": SANDBOX})

    async def _walk(self, request: Request) -> Response:
        form = await form_of(request)
        gameday, _ = await self._meant(request)
        self._walk_through(gameday.name, "resume", gameday.name, _speaker(form))
        return _back_to(gameday)

    async def _decide(self, request: Request) -> Response:
        form = await form_of(request)
        answer, step = _one_of(Answer, form, "answer"), _step(form)
        why = _text(form, "why")
        return await self._changed(
            request, lambda gameday: gameday.decide(answer, by=_speaker(form), why=why, step=step)
        )

    async def _note(self, request: Request) -> Response:
        form = await form_of(request)
        kind, text, owner = _one_of(NoteKind, form, "kind"), _text(form, "text"), _text(form, "owner")
        if not text:
            raise Refused(HTTPStatus.BAD_REQUEST, "a note says something: write its text")
        return await self._changed(
            request, lambda gameday: gameday.note(text, by=_speaker(form), kind=kind, owner=owner)
        )

    async def _lower(self, request: Request) -> Response:
        form = await form_of(request)
        to, why = _one_of(Recommendation, form, "to"), _text(form, "why")
        return await self._changed(request, lambda gameday: gameday.lower(to, by=_speaker(form), why=why))

    async def _changed(self, request: Request, change: Callable[[KeptGameday], None]) -> Response:
        gameday, _ = await self._meant(request)
        try:
            await asyncio.to_thread(change, gameday)
        except NotDue as error:
            raise Refused(HTTPStatus.CONFLICT, str(error)) from error
        return _back_to(gameday)

    async def _meant(self, request: Request) -> tuple[KeptGameday, GamedayState]:
        """The gameday of this name, and where it stands."""
        name = request.path_params["name"]
        gameday = next((each for each in kept_gamedays(self._runs) if each.name == name), None)
        if gameday is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"no gameday beside {self._runs} is called {name!r}")
        try:
            return gameday, await asyncio.to_thread(gameday.state)
        except UnreadableGameday as error:
            raise Refused(HTTPStatus.CONFLICT, redacted(str(error))) from error

    def _walk_through(self, what: str, command: str, name: str, by: str) -> None:
        """Walk through a gameday in a process of its own, which takes its answers from the page and from terminals."""
        words = ("gameday", command, name, "--no-terminal", f"--by={by}", "--runs", str(self._runs))
        self._commands.start(what, words)

    def _files(self) -> Mapping[str, Path]:
        """The files of gamedays that can be begun, by name."""
        return dict(offered(self._directories, FOLDER))


def _told(gameday: KeptGameday) -> dict[str, Any]:
    """A gameday as the list has it; what is wrong with one is told instead."""
    try:
        state = gameday.state()
        return {"name": gameday.name, "problem": None, "state": state, "recommendation": recommend(state)}
    except UnreadableGameday as error:
        return {"name": gameday.name, "problem": redacted(str(error))}


def _size_bytes(gameday: KeptGameday) -> int:
    try:
        return gameday.journal.size
    except FileNotFoundError:  # it is being made
        return 0


def _back_to(gameday: KeptGameday) -> Response:
    return RedirectResponse(f"/gamedays/{gameday.name}", HTTPStatus.SEE_OTHER)


def _one_of(kind: type[ChoiceT], form: Mapping[str, str], field: str) -> ChoiceT:
    given = form.get(field, "")
    if given not in list(kind):
        raise Refused(HTTPStatus.BAD_REQUEST, unknown(field, given, list(kind)))
    return kind(given)


def _step(form: Mapping[str, str]) -> int:
    given = form.get("step", "")
    if not given.isdecimal():
        raise Refused(HTTPStatus.BAD_REQUEST, f"the number of a step is due, not {given!r}")
    return int(given)


def _text(form: Mapping[str, str], field: str) -> str:
    return form.get(field, "").strip()[:_MOST_CHARACTERS]


def _speaker(form: Mapping[str, str]) -> str:
    return _text(form, "by") or _this_user()


def _this_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return _SOMEBODY
