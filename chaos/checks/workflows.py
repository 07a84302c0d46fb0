"""When the steps of workflows began and ended, of each the first time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chaos.checks.firsts import keep_first
from chaos.checks.tally import NEVER, Ints, Mask
from chaos.ledger.reader import Ledger
from chaos.ledger.records import Kind, Outcome


@dataclass(frozen=True)
class WorkflowTimes:
    """One row a workflow: its head, and then its steps in their order; NEVER where it did not happen.

    Attributes:
        started_ns: When the job was first handed to a worker.
        finished_ns: When an execution of it first ended with success.
    """

    started_ns: Ints
    finished_ns: Ints

    @property
    def followed(self) -> Mask:
        """Which steps began after another step that is known to have ended: one column less than there are steps."""
        return np.asarray((self.finished_ns[:, 1:-1] != NEVER) & (self.started_ns[:, 2:] != NEVER))

    @property
    def gaps_ns(self) -> Ints:
        """From the end of a step to the beginning of the next, where both are known; negative if it began before."""
        gaps: Ints = (self.started_ns[:, 2:] - self.finished_ns[:, 1:-1])[self.followed]
        return gaps

    @property
    def began_too_early(self) -> int:
        """Steps that began though the one before had not ended, then or ever."""
        before = self.finished_ns[:, 1:-1]
        began = self.started_ns[:, 2:] != NEVER
        return int(np.count_nonzero(began & (self.started_ns[:, 2:] < before)))


def workflow_times(ledger: Ledger, jobs: int, steps: int) -> WorkflowTimes:
    """Read the times of workflows.

    Args:
        ledger: The ledger of a run, verified before.
        jobs: How many jobs the load has, heads and steps.
        steps: How many steps follow each head.
    """
    started = np.full(jobs, NEVER, np.int64)
    finished = np.full(jobs, NEVER, np.int64)
    for file in ledger.files:
        for records in file.chunks(verify=False):
            kinds = records["kind"]
            begun = records[kinds == Kind.EXECUTION_STARTED]
            keep_first(started, begun["job"], begun["time_ns"])
            ended = records[(kinds == Kind.EXECUTION_FINISHED) & (records["detail"] == Outcome.SUCCESS)]
            keep_first(finished, ended["job"], ended["time_ns"])
    shape = (jobs // (1 + steps), 1 + steps)
    return WorkflowTimes(started.reshape(shape), finished.reshape(shape))
