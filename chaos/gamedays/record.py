"""The record of a gameday: what was expected, what happened, who decided what and when; as HTML and as Markdown."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from chaos.gamedays.entries import Lowered, Noted, NoteKind
from chaos.gamedays.kept import KeptGameday
from chaos.gamedays.model import PlannedRun
from chaos.gamedays.recommendation import limits, recommend
from chaos.gamedays.state import GamedayState
from chaos.report.markdown import plain
from chaos.report.page.template import own_style
from chaos.secrets import redacted
from chaos.verdict.results import Verdict

HTML: Final = "record.html"
MARKDOWN: Final = "record.md"


def write_record(gameday: KeptGameday) -> tuple[Path, Path]:
    """Write both forms into the gameday's directory; where they are.

    Raises:
        OSError: They can't be written.
    """
    state = gameday.state()
    written = (gameday.path / HTML, gameday.path / MARKDOWN)
    for file, text in zip(written, (as_html(gameday, state), as_markdown(gameday, state)), strict=True):
        beside = file.with_suffix(f"{file.suffix}.new")
        beside.write_text(redacted(text), encoding="utf-8")
        beside.replace(file)
    return written


def as_html(gameday: KeptGameday, state: GamedayState) -> str:
    """One page that needs no server and no network; everything in it is escaped, and no script may run."""
    environment = _environment(state, autoescape=True)
    page = environment.get_template("record.html.jinja")
    return page.render(**_content(gameday, state), style=Markup(own_style()))


def as_markdown(gameday: KeptGameday, state: GamedayState) -> str:
    """The same for a pull request or a wiki."""
    environment = _environment(state, autoescape=False)
    environment.filters["plain"] = plain
    return environment.get_template("record.md.jinja").render(**_content(gameday, state))


def _environment(state: GamedayState, *, autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("chaos.gamedays", "page"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    spans_days = state.began.at.date() != state.last_at.date()
    pattern = "%Y-%m-%d %H:%M:%S" if spans_days else "%H:%M:%S"
    environment.filters["named"] = _named
    environment.filters["clock"] = lambda moment: moment.astimezone(UTC).strftime(pattern)
    return environment


def _content(gameday: KeptGameday, state: GamedayState) -> dict[str, Any]:
    steps, began = list(zip(state.gameday.steps, state.steps, strict=True)), state.began
    return {
        "name": gameday.name,
        "state": state,
        "gameday": state.gameday,
        "steps": steps,
        "changed": [*(() if began.system is None else (f"system {began.system}",)), *began.set],
        "recommendation": recommend(state),
        "limits": limits(state),
        "took": timedelta(seconds=round((_walked_until(state) - state.began.at).total_seconds())),
        "kinds": {kind: [note for note in state.notes if note.kind is kind] for kind in NoteKind},
        "failures": [
            (number, planned.run[run.experiment].file, run)
            for number, (planned, step) in enumerate(steps, start=1)
            for run in step.runs
            if planned.run is not None and run.verdict is Verdict.FAILED
        ],
        "report": lambda run: quote(os.path.relpath(gameday.runs / run / "report.html", gameday.path)),
    }


def _named(planned: PlannedRun) -> str:
    """An experiment, and what the gameday changes in it."""
    changes = [each for each in (planned.system, planned.profile, *planned.set) if each is not None]
    return f"{planned.file} ({', '.join(changes)})" if changes else planned.file


def _walked_until(state: GamedayState) -> datetime:
    """When it came to where it stands; what was noted or lowered afterwards does not make it longer."""
    return max(entry.at for entry in state.history if not isinstance(entry, Noted | Lowered))
