"""What checking a ledger gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from chaos.checks.findings import CheckName, CheckResult
from chaos.checks.tally import Tally


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What a run did, in numbers of jobs unless said otherwise.

    Attributes:
        planned: Jobs that the load was to enqueue.
        enqueued: Jobs whose enqueue was tried.
        acknowledged: Jobs that the system took.
        refused: Jobs that the system refused for certain.
        left_open: Jobs of which nobody can say whether the system took them.
        recovered: Those of them that exist after all.
        executed: Jobs that were handed to a worker.
        executions: How often any job was handed to a worker.
        succeeded: Jobs with an acknowledged success.
        failures: Acknowledged acks of a failure.
        states_read: Acknowledged jobs whose final state the system told.
        states_unread: Acknowledged jobs whose final state is not known.
        finished: Jobs that the system has as finished: success, dead or cancelled.
        records: Records in the ledger.
        torn_records: Records that a killed process left unfinished.
    """

    planned: int
    enqueued: int
    acknowledged: int
    refused: int
    left_open: int
    recovered: int
    executed: int
    executions: int
    succeeded: int
    failures: int
    states_read: int
    states_unread: int
    finished: int
    records: int
    torn_records: int


@dataclass(frozen=True)
class Outcome:
    """The answers of all checks, in the order of `CheckName`, and what they were made from."""

    results: tuple[CheckResult, ...]
    totals: Totals
    tally: Tally = field(repr=False, compare=False)

    def result(self, name: CheckName) -> CheckResult:
        """The answer of one check."""
        return next(result for result in self.results if result.name is name)
