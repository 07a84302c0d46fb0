"""The page's server: what belongs to it, put together, and served on this machine alone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from chaos.page.access import Access
from chaos.page.commands import Commands
from chaos.page.gamedays import GamedaysPage
from chaos.page.halting import Halting
from chaos.page.kept import Kept
from chaos.page.live import Live
from chaos.page.refusal import Refused
from chaos.page.schedules import SchedulesPage
from chaos.page.starting import Starting
from chaos.page.templates import page
from chaos.page.trends import Trends
from chaos.report.page.template import own_style
from chaos.systems.registry import SYSTEMS

_HOST: Final = "127.0.0.1"
_MOST_BODY_BYTES: Final = 64 * 1024
_LAST_ANSWERS_WITHIN_S: Final = 5


class PortTaken(Exception):
    """The page can't be served where it should; the message says why, and what to do."""


@dataclass(frozen=True)
class Shown:
    """What the page shows and starts.

    Attributes:
        runs: Where runs are kept.
        experiments: Directories with experiments that may be started, beside those that ship.
        schedules: The file of schedules; it need not be there.
    """

    runs: Path
    experiments: Sequence[Path]
    schedules: Path


def serve(port: int, shown: Shown, ready: Callable[[str], None]) -> None:
    """Serve the page until this process is told to leave.

    Args:
        port: Where, on the loopback interface; 0: wherever is free.
        shown: What it shows.
        ready: Called with the URL to open, once it can be.

    Raises:
        PortTaken: Something else listens there.
        KeyboardInterrupt: It was told to leave, and has; where that signal was ignored before, it returns instead.
    """
    with _listening(port) as listening:
        asyncio.run(_serve(listening, shown, ready))


async def _serve(listening: socket.socket, shown: Shown, ready: Callable[[str], None]) -> None:
    commands, halting = Commands(), Halting()
    starting = Starting(shown.experiments, shown.runs, commands)
    gamedays = GamedaysPage(shown.experiments, shown.runs, commands)
    schedules = SchedulesPage(shown.schedules, shown.runs)

    def revisions() -> dict[str, Any]:
        return {"schedules": schedules.revision(), **gamedays.revisions()}

    live = Live({"commands": commands.shown, "halt": halting.shown, "revisions": revisions})
    rooms = (starting, halting, Kept(shown.runs, live), Trends(shown.runs), schedules, gamedays)
    app = _application(live, starting, [route for room in rooms for route in room.routes])
    access = Access(app, listening.getsockname()[1])
    config = uvicorn.Config(
        access,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_WITHIN_S,
    )
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(live.follow())
        await _Server(config, live, lambda: ready(access.url)).serve([listening])
        following.cancel()


def _application(live: Live, starting: Starting, routes: Sequence[Route]) -> Starlette:
    async def show_live(_request: Request) -> Response:
        known = await asyncio.to_thread(starting.experiments)
        return page("live", experiments=known.values(), systems=SYSTEMS.names())

    async def listen(_request: Request) -> Response:
        return StreamingResponse(live.listen(), media_type="text/event-stream")

    async def report_style(_request: Request) -> Response:
        return Response(own_style(), media_type="text/css")

    async def refuse(_request: Request, refused: Exception) -> Response:
        assert isinstance(refused, Refused)
        return page("refused", refused.status, what=refused.status.phrase, why=str(refused))

    own = [
        Route("/", show_live),
        Route("/live", listen),
        Route("/static/report.css", report_style),
        Mount("/static", StaticFiles(packages=[("chaos.page", "static")])),
    ]
    return Starlette(
        routes=[*own, *routes], exception_handlers={Refused: refuse}, max_body_size=_MOST_BODY_BYTES
    )


class _Server(uvicorn.Server):
    """Says when it is ready, and sends those away who listen before it waits for the last answers."""

    def __init__(self, config: uvicorn.Config, live: Live, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._live = live
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.close()
        await super().shutdown(sockets)


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((_HOST, port))
    except OSError as error:
        raise PortTaken(
            f"{_HOST}:{port} can't be listened on ({error.strerror}): name another with --port, or 0 for any"
        ) from error
