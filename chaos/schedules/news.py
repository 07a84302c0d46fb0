"""What there is to tell of a check that is over: what became of it, and what got worse since the last good runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from chaos.history.comparison import Line, NotComparable, alike, comparable, compare
from chaos.history.kept import KeptRun, kept_runs, read_run
from chaos.history.results import KeptResults
from chaos.launching.printed import Printed
from chaos.notices.notice import Event, Notice
from chaos.schedules.journal import Journal
from chaos.schedules.occurrences import Occurrence, Outcome
from chaos.schedules.reading import Schedules
from chaos.secrets import redacted
from chaos.verdict.results import Verdict

_BAD: Final[Mapping[Outcome, Event]] = MappingProxyType(
    {
        Outcome.FAILED: Event.FAILED,
        Outcome.INCONCLUSIVE: Event.INCONCLUSIVE,
        Outcome.REFUSED: Event.BROKEN,
        Outcome.INTERRUPTED: Event.BROKEN,
        Outcome.TOOLKIT_FAILED: Event.BROKEN,
    }
)
_SHOWN_REGRESSIONS: Final = 10
_GOOD_RUNS: Final = 5
"""So many runs alike must have passed before: fewer do not tell how much chance does."""


def news_of(
    schedules: Schedules, journal: Journal, occurrence: Occurrence, said: Printed
) -> Iterator[Notice]:
    """What there is to tell of a check.

    Args:
        schedules: The file.
        journal: What became of the schedule's checks before.
        occurrence: The check.
        said: What it printed.
    """
    runs = [read_run(directory) for directory in said.runs]
    if (event := _event(journal, occurrence)) is not None:
        reasons = tuple(_reasons(runs)) or said.complaints or (occurrence.why,)
        yield _notice(event, occurrence, str(occurrence), reasons, runs)
    if occurrence.outcome is Outcome.PASSED and (worse := tuple(_regressions(schedules, runs))):
        title = f"{occurrence.schedule}, due {occurrence.due:%Y-%m-%d %H:%M:%S} UTC: passed, and got worse"
        yield _notice(Event.REGRESSION, occurrence, title, worse, runs)


def _event(journal: Journal, occurrence: Occurrence) -> Event | None:
    if occurrence.outcome is not Outcome.PASSED:
        return _BAD.get(occurrence.outcome)
    before = journal.occurrences(
        Outcome.PASSED, *_BAD, schedule=occurrence.schedule, before=occurrence.due, last=1
    )
    return Event.RECOVERED if before and before[0].outcome in _BAD else None


def _notice(
    event: Event, occurrence: Occurrence, title: str, reasons: Iterable[str], runs: Iterable[KeptRun]
) -> Notice:
    return Notice(
        event,
        occurrence.schedule,
        occurrence.due.isoformat(),
        occurrence.outcome,
        redacted(title),
        tuple(redacted(reason) for reason in reasons if reason),
        tuple(str(run.directory.path) for run in runs),
    )


def _reasons(runs: Iterable[KeptRun]) -> Iterator[str]:
    for run in runs:
        if run.results is None:
            yield f"{run.name}: {run.problem or run.state}"
        else:
            yield f"{run.results.experiment.title}: {run.results.verdict}"
            yield from run.results.reasons


def _regressions(schedules: Schedules, runs: Iterable[KeptRun]) -> Iterator[str]:
    """What got worse in each run since the last good one, beyond what chance does."""
    kept = [run.results for run in kept_runs(schedules.runs) if run.results is not None]
    for run in runs:
        try:
            results = comparable(run)
        except NotComparable:
            continue  # its verdict says why
        if (baseline := _last_good(results, kept)) is None:
            continue
        comparison = compare(baseline, results, kept)
        if lines := comparison.regressions:
            yield from (f"{_worse(line)} (in {baseline.run})" for line in lines[:_SHOWN_REGRESSIONS])
            yield from comparison.caveats
            yield f"all of it: chaos compare {baseline.run} {results.run} --runs {schedules.runs}"


def _last_good(results: KeptResults, kept: Iterable[KeptResults]) -> KeptResults | None:
    """The newest run that passed before this one and was asked the same, if enough like it did.

    The system may have had another version then: that is what a check is for.
    """
    good = [
        each
        for each in kept
        if each.verdict is Verdict.PASSED
        and each.started_at < results.started_at
        and _asked(each) == _asked(results)
    ]
    newest = max(good, key=lambda each: each.started_at, default=None)
    return newest if newest is not None and len(alike(newest, good, but=results)) >= _GOOD_RUNS else None


def _asked(run: KeptResults) -> tuple[object, ...]:
    return run.experiment.as_run, run.experiment.profile, run.system.kind, run.machine


def _worse(line: Line) -> str:
    unit = f" {line.unit}" if line.unit else ""
    return f"{line.about} {line.name}: {_figure(line.after)}{unit} now, {_figure(line.before)}{unit} before"


def _figure(value: float | str | None) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
