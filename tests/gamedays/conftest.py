"""Gamedays for tests: kept ones, whose journals are written entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chaos.gamedays.entries import Answer, Decided, Interrupted, Launched, NoteKind, RunEnded, Stopped
from chaos.gamedays.kept import KeptGameday, begin
from chaos.processes.identity import ProcessIdentity
from chaos.verdict.results import ExitCode, verdict_of

Begun = Callable[..., KeptGameday]

TWO_RUNS = """\
title: Two steps
purpose: To be tested.
steps:
  - {title: First, expect: It passes., run: a.yaml}
  - {title: Second, expect: It passes., gate: passed, run: [b.yaml, c.yaml]}
"""
WITH_PEOPLE = """\
title: With people
purpose: To be tested.
people: [{name: ann, role: decides}]
steps:
  - {title: Prepare, gate: person, do: Tidy up.}
  - {title: Run, gate: person, expect: It passes., run: a.yaml}
"""
NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def begun(tmp_path: Path) -> Begun:
    """A gameday that was begun with this file."""

    def one(
        text: str = TWO_RUNS, *, system: str | None = None, overrides: tuple[str, ...] = ()
    ) -> KeptGameday:
        file = tmp_path / "day.yaml"
        file.write_text(text, encoding="utf-8")
        return begin(file, tmp_path / "runs", system=system, overrides=overrides)

    return one


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def decided(step: int, answer: Answer, by: str = "ann", why: str = "") -> Decided:
    return Decided(at=at(1), step=step, answer=answer, by=by, why=why)


def launched(step: int, experiment: int = 0, process: ProcessIdentity | None = None) -> Launched:
    gone = ProcessIdentity(pid=1, started=0.0, boot="another start of the machine")
    return Launched(at=at(2), step=step, experiment=experiment, process=process or gone)


def ended(step: int, code: ExitCode = ExitCode.PASSED, experiment: int = 0, *reasons: str) -> RunEnded:
    return RunEnded(
        at=at(30),
        step=step,
        experiment=experiment,
        began_at=at(2),
        exit_code=code,
        verdict=verdict_of(code),
        run="20260102T120002Z-a-1f2e3d",
        reasons=reasons,
    )


def interrupted(step: int) -> Interrupted:
    return Interrupted(at=at(3), step=step, what="the walk was killed")


HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)> [a](javascript:alert(1)) | `x` *b*"
DAY = f"""\
title: 'Day {HOSTILE}'
purpose: 'Purpose {HOSTILE}'
people: [{{name: 'Ann {HOSTILE}', role: 'Role {HOSTILE}'}}]
steps:
  - {{title: 'Manual {HOSTILE}', gate: person, do: 'Do {HOSTILE}'}}
  - {{title: 'Run {HOSTILE}', expect: 'Expect {HOSTILE}', run: [a.yaml, b.yaml]}}
  - {{title: Never reached, expect: Nothing., run: c.yaml}}
"""


@pytest.fixture
def eventful(begun: Begun) -> KeptGameday:
    """A gameday to which everything happened, in words that mean mischief."""
    gameday = begun(DAY, system="reference", overrides=("load.jobs=10",))
    for entry in (
        decided(0, Answer.GO, f"ann {HOSTILE}", f"why {HOSTILE}"),
        decided(0, Answer.DONE),
        decided(1, Answer.GO, "automatic"),
        launched(1),
        interrupted(1),
        decided(1, Answer.GO, "bob"),
        ended(1, ExitCode.PASSED),
        ended(1, ExitCode.FAILED, 1, f"loss: 3 jobs {HOSTILE}"),
        Stopped(at=at(40), why=f"enough {HOSTILE}"),
    ):
        gameday.append(entry)
    gameday.note(f"note {HOSTILE}", by="ann")
    gameday.note(f"finding {HOSTILE}", by="ann", kind=NoteKind.FINDING)
    gameday.note(f"action {HOSTILE}", by="ann", kind=NoteKind.ACTION, owner=f"carol {HOSTILE}")
    return gameday
