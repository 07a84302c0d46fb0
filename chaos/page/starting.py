"""Starting experiments: by their names alone, and as `chaos run` would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chaos.page.commands import Commands
from chaos.page.experiments import KnownExperiment, known_experiments
from chaos.page.form import form_of
from chaos.page.refusal import Refused
from chaos.registry import unknown
from chaos.systems.registry import SYSTEMS


class Starting:
    """Starts experiments that are known.

    Args:
        directories: Where there are experiments beside those that ship.
        runs: Where runs are kept.
        commands: Where what is started goes on.
    """

    def __init__(self, directories: Sequence[Path], runs: Path, commands: Commands) -> None:
        self._directories = directories
        self._runs = runs
        self._commands = commands

    @property
    def routes(self) -> list[Route]:
        """Where the page starts runs."""
        return [Route("/start", self._start, methods=["POST"])]

    def experiments(self) -> Mapping[str, KnownExperiment]:
        """What can be started."""
        return known_experiments(self._directories)

    async def _start(self, request: Request) -> Response:
        form = await form_of(request)
        known = self.experiments()
        chosen = known[_listed("experiment", form.get("experiment", ""), known)]
        words = [
            *("run", str(chosen.file), "--runs", str(self._runs), "--output", "json"),
            *_chosen("system", form, SYSTEMS.names()),
            *_chosen("profile", form, chosen.profiles),
        ]
        self._commands.start(chosen.name, words)
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)


def _chosen(kind: str, form: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """The option of this kind, if one was chosen."""
    return [f"--{kind}", _listed(kind, form[kind], names)] if kind in form else []


def _listed(kind: str, name: str, names: Iterable[str]) -> str:
    """The name, if it is one of these."""
    if name not in names:
        raise Refused(HTTPStatus.NOT_FOUND, unknown(kind, name, names))
    return name
