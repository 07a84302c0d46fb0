"""What the check of schedules says: its findings, with witnesses, or why it can't be decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from chaos.checks.collect import Collected, collect
from chaos.checks.findings import GROUPS, CheckName, CheckResult, Finding, Status, Treatment, Witness
from chaos.checks.holds import active_faults
from chaos.checks.schedules.judging import Judged, Rules, Sight, WallClock, dues_of, judge
from chaos.checks.schedules.lives import lives_of
from chaos.checks.schedules.outages import outages_of
from chaos.checks.terms import ScheduleTerms, Terms, treatment_of
from chaos.checks.witnesses import spread
from chaos.clock import seconds_between
from chaos.ledger.events import (
    ComponentDown,
    ComponentReady,
    ComponentUp,
    FaultRequested,
    FaultReverted,
    RunStarted,
)
from chaos.ledger.reader import Ledger, Records
from chaos.ledger.records import FIRST_SCHEDULE, Kind
from chaos.ledger.words import event_in_words, record_in_words

_AROUND_NS: Final = 10_000_000_000
_TOLD_EVENTS: Final = (ComponentDown, ComponentUp, ComponentReady, FaultRequested, FaultReverted)
_FINDINGS: Final = GROUPS[CheckName.SCHEDULES]


def check_schedules(ledger: Ledger, terms: Terms, asked: ScheduleTerms) -> CheckResult:
    """Whether the schedules of a load fired as they were due, from a ledger that was verified before.

    Args:
        ledger: Where it is told.
        terms: What a run is judged by.
        asked: What its schedules are judged by.
    """
    start = next(event for event in ledger.events if isinstance(event, RunStarted))
    clock, end_ns = WallClock(start), ledger.events[-1].time_ns
    rules = Rules(
        dues=dues_of(asked.crons, asked.timezone, clock, start.time_ns, end_ns),
        missed=asked.missed,
        outages=outages_of(ledger.events, asked.cores, asked.everybody),
        clock=clock,
        resolution_s=terms.clock_resolution_s,
    )
    judged = judge(lives_of(ledger, asked.count, end_ns), rules)
    return _result(ledger, terms, judged, clock)


def _result(ledger: Ledger, terms: Terms, judged: Judged, clock: WallClock) -> CheckResult:
    sights = {finding: [each for each in judged.sights if each.finding is finding] for finding in _FINDINGS}
    counts = {finding: len(each) for finding, each in sights.items()}
    failing = [finding for finding in _FINDINGS if treatment_of(finding, terms) is Treatment.FAILS]
    count = sum(counts[finding] for finding in failing)
    allowed = terms.allowed.get(CheckName.SCHEDULES, 0)
    failures = list(_failures(count, allowed, counts, failing, terms))
    doubts = list(_doubts(judged))
    return CheckResult(
        name=CheckName.SCHEDULES,
        status=Status.FAILED if failures else Status.UNKNOWN if doubts else Status.PASSED,
        count=count,
        allowed=allowed,
        findings={
            finding: None if judged.unread and not number else number for finding, number in counts.items()
        },
        opportunities={finding: judged.opportunities.get(finding, 0) for finding in _FINDINGS},
        witnesses=tuple(_witnesses(ledger, terms, sights, clock)),
        reasons=(*failures, *doubts),
    )


def _failures(
    count: int, allowed: int, counts: dict[Finding, int], failing: Sequence[Finding], terms: Terms
) -> Iterator[str]:
    if count > allowed:
        named = ", ".join(f"{finding} {counts[finding]}" for finding in failing if counts[finding])
        yield f"schedules: {count:,} times not as they should be ({named}), and {allowed} allowed"
    for finding, number in counts.items():
        bound = terms.bounds.get(finding)
        if bound is not None and number > bound:
            yield f"{finding}: {number:,} times, and at most {bound} allowed"


def _doubts(judged: Judged) -> Iterator[str]:
    if judged.unread:
        yield f"schedules can't be decided for {judged.unread:,} of them: the system did not tell what they have fired"
    if not judged.opportunities.get(Finding.NEVER_FIRED) and not judged.opportunities.get(
        Finding.MISSED_POLICY
    ):
        yield "schedules can't be decided: no due time of any came within the run that could have been judged"


def _witnesses(
    ledger: Ledger, terms: Terms, sights: dict[Finding, list[Sight]], clock: WallClock
) -> Iterator[Witness]:
    """A few sights of each finding."""
    shown = [each for found in sights.values() for each in spread(found)]
    if not shown:
        return
    jobs = np.array(sorted({FIRST_SCHEDULE + each.schedule for each in shown}), np.uint32)

    def choose(_: int, records: Records) -> Any:
        return np.isin(records["job"], jobs) & (records["kind"] >= Kind.EXECUTION_STARTED)

    collected = collect(ledger, choose)
    for each in shown:
        mine = collected.where(collected.records["job"] == FIRST_SCHEDULE + each.schedule)
        yield _witness(ledger, terms, each, mine, clock)


def _witness(ledger: Ledger, terms: Terms, sight: Sight, mine: Collected, clock: WallClock) -> Witness:
    at_ns = clock.when_ns(sight.at_s)
    from_ns, to_ns = at_ns - _AROUND_NS, at_ns + _AROUND_NS
    told = [(at_ns, f"schedule {sight.schedule}", sight.what), *_records(ledger, mine, clock, from_ns, to_ns)]
    for event in ledger.events:
        if isinstance(event, _TOLD_EVENTS) and from_ns <= event.time_ns <= to_ns:
            words = event_in_words(event)
            if words is not None:
                told.append((event.time_ns, *words))
    told.sort(key=lambda entry: entry[0])
    return Witness(
        job=None,
        finding=sight.finding,
        events=tuple(
            {"at_s": round(seconds_between(terms.start_ns, time_ns), 6), "who": who, "what": what}
            for time_ns, who, what in told
        ),
        faults=active_faults(ledger.events, from_ns, to_ns),
        schedule=sight.schedule,
    )


def _records(
    ledger: Ledger, mine: Collected, clock: WallClock, from_ns: int, to_ns: int
) -> Iterator[tuple[int, str, str]]:
    """What was done about a schedule around a time; a fire that was told later stands where it happened."""
    for record, file in zip(mine.records, mine.files.tolist(), strict=True):
        kind, time_ns = Kind(int(record["kind"])), int(record["time_ns"])
        if kind is Kind.FIRE_TOLD:
            time_ns = clock.when_ns(int(record["value"]) / 1000)
        if from_ns <= time_ns <= to_ns:
            words = record_in_words(kind, int(record["detail"]), int(record["attempt"]), int(record["value"]))
            yield time_ns, ledger.files[file].header.component, words
