"""A terminal that walks along: it says where the gameday stands and what happens, and takes decisions and notes."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

import click

from chaos.cli.ending import silence_output
from chaos.experiment.wording import printable
from chaos.gamedays.entries import (
    Answer,
    Decided,
    Entry,
    Interrupted,
    Launched,
    Lowered,
    Noted,
    NoteKind,
    RunEnded,
    Stopped,
)
from chaos.gamedays.kept import KeptGameday, NotDue
from chaos.gamedays.recommendation import limits, recommend
from chaos.gamedays.state import GamedayState, Stage, answers_due
from chaos.run_directory import RunDirectory
from chaos.secrets import redacted

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.cli.gameday.lines import TypedLines

_HELP: Final = (
    "go | no-go | skip | done [WHY]   decide about this step",
    "note TEXT | finding TEXT         keep it, with the time",
    "action OWNER: TEXT               keep an action item",
    "leave                            once no experiment runs; `chaos gameday resume` goes on",
)
_ACTION: Final = re.compile(r"(?P<owner>[^:]*[^:\s]\s*):\s*(?P<text>.+)")


class Terminal:
    """Where a person walks through a gameday, or where it is told to nobody in particular.

    Args:
        gameday: The gameday.
        person: Who sits there.
        lines: What is typed; None: nobody types.
    """

    def __init__(self, gameday: KeptGameday, person: str, lines: TypedLines | None) -> None:
        self._gameday = gameday
        self._person = person
        self._lines = lines
        self._step = 0
        self._due: tuple[Answer, ...] = ()
        self.leaving = False

    def arrived(self, state: GamedayState) -> None:
        step = state.step
        self._step, self._due = state.current, ()
        if state.stage is Stage.AT_GATE:
            self._say(f"\nStep {state.current + 1} of {len(state.gameday.steps)}: {step.title}")
            for what, text in (("to do", step.do), ("expected", step.expect)):
                if text is not None:
                    self._say(f"  {what}: {' '.join(text.split())}")
            for number in state.to_run:
                self._say(f"  runs: {(step.run or ())[number].file}")
            if state.steps[state.current].interruptions:
                self._say("  it was cut off, and is asked about again")

    def asked(self, state: GamedayState) -> None:
        self._due = answers_due(state)
        if self._lines is not None:
            self._lines.question += 1
            self._say(f"  {' / '.join(self._due)}? (`help` says what else can be said)")

    def happened(self, state: GamedayState, entry: Entry) -> None:
        for line in _words(self._gameday, state, entry):
            self._say(f"  {line}")

    def told(self, text: str) -> None:
        self._say(f"  {text}")

    def told_end(self, state: GamedayState, page: Path, *, left: bool) -> None:
        """The walk is over, or was left; its record is there."""
        if left:
            self._say(f"\nleft; `chaos gameday resume {self._gameday.name}` goes on")
        self._say(f"\n{state.stage}; recommendation: {recommend(state)}")
        for limit in limits(state):
            self._say(f"  {limit.why}")
        self._say(f"record: {RunDirectory(page)}")

    def attend(self, within_s: float) -> None:
        if self._lines is None or self.leaving or not (self._due or self._lines.is_terminal):
            time.sleep(within_s)  # for people elsewhere, or the experiments
            return
        try:
            line = self._lines.take(within_s)
        except EOFError:
            self.leaving = True  # nobody can answer here any more
            return
        if line is None or not line.text:
            return
        stale = self._lines.is_terminal and line.question != self._lines.question
        self._act(line.text, stale=stale)

    def _act(self, line: str, *, stale: bool) -> None:
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        try:
            if word == "leave":
                self._leave()
            elif word in ("note", "finding") and rest:
                self._gameday.note(rest, by=self._person, kind=NoteKind(word))
            elif word == "action" and (item := _ACTION.fullmatch(rest)):
                self._gameday.note(
                    item["text"], by=self._person, kind=NoteKind.ACTION, owner=item["owner"].strip()
                )
            elif word in list(Answer) and stale:
                self._say(f"  {word} was typed before this was asked, and does not count")
            elif word in list(Answer):
                self._gameday.decide(Answer(word), by=self._person, why=rest, step=self._step)
            else:
                self._explain(line)
        except NotDue as error:
            self._say(f"  {error}")

    def _leave(self) -> None:
        self.leaving = True
        if not self._due:
            self._say("  leaving once no experiment runs; Ctrl-C ends them now")

    def _explain(self, line: str) -> None:
        if line != "help":
            self._say(f"  {line} is nothing that can be said here:")
        for help_line in _HELP:
            self._say(f"  {help_line}")

    def _say(self, text: str) -> None:
        """Print it. A terminal or a reader that is gone does not end the walk: all is in the journal."""
        try:
            click.echo("\n".join(printable(line) for line in redacted(text).split("\n")))
        except OSError:
            silence_output()


def _words(gameday: KeptGameday, state: GamedayState, entry: Entry) -> list[str]:
    """What happened, in lines for people."""
    at = entry.at.astimezone().strftime("%H:%M:%S")
    match entry:
        case Decided():
            return [f"{at} {entry.answer} by {entry.by}{_because(entry.why)}"]
        case Launched():
            return [f"{at} running {_file(state, entry)}"]
        case RunEnded():
            where = () if entry.run is None else (f"  {RunDirectory(gameday.runs / entry.run)}",)
            told = [f"{at} {entry.verdict}: {_file(state, entry)}", *(f"  {why}" for why in entry.reasons)]
            return [*told, *where]
        case Interrupted():
            return [f"{at} cut off: {entry.what}"]
        case Noted():
            owner = f" for {entry.owner}" if entry.owner else ""
            return [f"{at} {entry.kind}{owner} kept, by {entry.by}: {entry.text}"]
        case Stopped():
            return [f"{at} stopped: {entry.why}"]
        case Lowered():
            return [f"{at} lowered to {entry.to} by {entry.by}{_because(entry.why)}"]
        case _:
            return []


def _file(state: GamedayState, entry: Launched | RunEnded) -> str:
    return (state.gameday.steps[entry.step].run or ())[entry.experiment].file


def _because(why: str) -> str:
    return f": {why}" if why else ""
