"""From a ledger and its terms to the answers of the checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from chaos.checks.findings import (
    GROUPS,
    OF_JOBS,
    REPORTED_BESIDE,
    CheckName,
    CheckResult,
    Finding,
    Status,
    Treatment,
)
from chaos.checks.outcome import Outcome, Totals
from chaos.checks.schedules.answer import check_schedules
from chaos.checks.survey import Survey, survey
from chaos.checks.tally import Fact, Mask
from chaos.checks.terms import Terms, treatment_of
from chaos.checks.witnesses import witnesses
from chaos.ledger.reader import Ledger
from chaos.ledger.records import FINISHED

__all__ = ["Outcome", "check"]


def check(ledger_directory: Path, terms: Terms) -> Outcome:
    """Ask every question of a ledger.

    Args:
        ledger_directory: The `ledger/` of a run.
        terms: What to judge by.

    Raises:
        LedgerMissing: There is no ledger.
        LedgerDamaged: Nothing can be proven from it.
    """
    ledger = Ledger.open(ledger_directory)
    surveyed = survey(ledger, terms)
    seen = witnesses(ledger, surveyed, terms)
    results = tuple(
        replace(result, witnesses=tuple(witness for witness in seen if witness.finding in result.findings))
        for result in (_result(name, surveyed, terms) for name in OF_JOBS if name in terms.checks)
    )
    if terms.schedules is not None:
        results += (check_schedules(ledger, terms, terms.schedules),)
    return Outcome(results, _totals(ledger, surveyed), surveyed.tally)


def _result(name: CheckName, surveyed: Survey, terms: Terms) -> CheckResult:
    findings = GROUPS[name] + REPORTED_BESIDE.get(name, ())
    counts = {finding: surveyed.count(finding) for finding in findings}
    count = _failing(findings, surveyed, terms)
    allowed = terms.allowed.get(name, 0)
    failures = list(_failures(name, count, allowed, counts, surveyed, terms))
    doubts = list(_doubts(name, findings, surveyed, terms))
    status = Status.FAILED if failures else Status.UNKNOWN if doubts else Status.PASSED
    return CheckResult(
        name=name,
        status=status,
        count=count,
        allowed=allowed,
        findings={
            finding: None if not counts[finding] and surveyed.undecided.get(finding) else counts[finding]
            for finding in findings
        },
        opportunities={finding: surveyed.opportunities[finding] for finding in findings},
        reasons=(*failures, *doubts),
    )


def _failing(findings: Iterable[Finding], surveyed: Survey, terms: Terms) -> int:
    """How many distinct jobs have a finding that fails."""
    failing = np.zeros(terms.jobs, np.bool_)
    strangers = 0
    for finding in findings:
        jobs = _failing_jobs(finding, surveyed, terms)
        if jobs is not None:
            failing |= jobs
            strangers += surveyed.strangers(finding)
    return int(np.count_nonzero(failing)) + strangers


def _failing_jobs(finding: Finding, surveyed: Survey, terms: Terms) -> Mask | None:
    match treatment_of(finding, terms):
        case Treatment.FAILS:
            return surveyed.found.jobs(finding)
        case Treatment.FAILS_IF_NEVER_HANDED_OUT:
            return np.asarray(surveyed.found.jobs(finding) & ~surveyed.handed_out)
        case _:
            return None


def _failures(
    name: CheckName, count: int, allowed: int, counts: dict[Finding, int], surveyed: Survey, terms: Terms
) -> Iterable[str]:
    if count > allowed:
        named = ", ".join(
            f"{finding} {counts[finding]}"
            for finding in counts
            if counts[finding] and _failing_jobs(finding, surveyed, terms) is not None
        )
        yield f"{name}: {_jobs(count)} ({named}), and {allowed} allowed under {terms.guarantee}"
    for finding in counts:
        bound = terms.bounds.get(finding)
        if bound is not None and counts[finding] > bound:
            yield f"{finding}: {_jobs(counts[finding])}, and at most {bound} allowed"


def _doubts(name: CheckName, findings: Iterable[Finding], surveyed: Survey, terms: Terms) -> Iterable[str]:
    """Findings that matter to the verdict and could not be decided, those of the same jobs together."""
    undecided: dict[int, list[Finding]] = {}
    for finding in findings:
        number = surveyed.undecided.get(finding, 0)
        if number and treatment_of(finding, terms) is not Treatment.REPORTED:
            undecided.setdefault(number, []).append(finding)
    for number, which in undecided.items():
        yield f"{name} can't be decided for {_jobs(number)} ({', '.join(which)}): {_why_undecided(terms)}"
    if not any(surveyed.opportunities[finding] for finding in findings):
        yield f"{name} can't be decided: nothing happened that could have shown any of its findings"


def _why_undecided(terms: Terms) -> str:
    if terms.drain_cut_off:
        return "the drain reached its limit while they waited, or their final state was not read"
    if not terms.looks_up:
        return "this system can't look a job up"
    if not terms.keeps_finished:
        return "their final state was not read, or the system forgets finished jobs"
    return "their final state was not read"


def _totals(ledger: Ledger, surveyed: Survey) -> Totals:
    tally = surveyed.tally
    acknowledged = tally.answered
    return Totals(
        planned=tally.jobs,
        enqueued=_count(tally.intended > 0),
        acknowledged=_count(acknowledged),
        refused=_count(tally.rejected),
        left_open=_count(tally.left_open),
        recovered=surveyed.count(Finding.RECOVERED),
        executed=_count(tally.started > 0) + surveyed.strangers(Finding.PHANTOM),
        executions=tally.starts,
        succeeded=_count(tally.knows(Fact.SUCCESS_ACKNOWLEDGED)),
        failures=int(np.sum(tally.failures_acknowledged, dtype=np.int64)),
        states_read=_count(acknowledged & tally.read),
        states_unread=_count(acknowledged & ~tally.read),
        finished=_count(tally.final(*FINISHED)),
        records=ledger.records,
        torn_records=ledger.torn_records,
    )


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs"
