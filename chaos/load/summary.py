"""What a load process says of itself in its last line, `done JSON`. The ledger has the jobs; these are
about the load."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What every load process says.

    Attributes:
        cpu_s: CPU time of the process, from its start.
        connections: How often it connected to the core.
    """

    cpu_s: float
    connections: int

    def to_json(self) -> str:
        """The summary as one line."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The summary that `to_json` wrote."""
        return cls(**json.loads(line))


@dataclass(frozen=True, kw_only=True)
class ProducerSummary(Summary):
    """What a producer did.

    Attributes:
        arrived: Enqueues that were begun; copies made on purpose are counted too.
        acknowledged: Of these, answered with a job id.
        refused: Of these, refused for certain.
        left_open: Of these, never answered, though retried.
        retries: Tries beyond the first.
        late_p99_s: How late the first try was sent at the 99th percentile; 0 at rate max, where nothing is
            due.
        late_max_s: How late it was sent at most.
        outstanding_peak: The most enqueues under way at once.
        held_back: Arrivals that had to wait because `MOST_OUTSTANDING` enqueues were under way: the load
            was not open any more.
        sending_s: Time from the first arrival to the last.
    """

    arrived: int
    acknowledged: int
    refused: int
    left_open: int
    retries: int
    late_p99_s: float
    late_max_s: float
    outstanding_peak: int
    held_back: int
    sending_s: float


@dataclass(frozen=True, kw_only=True)
class WorkerSummary(Summary):
    """What a worker did.

    Attributes:
        executions: Jobs received.
        acknowledged: Acks that the core took.
        refused: Acks that it refused for certain.
        left_open: Executions whose ack was never answered.
        cut_off: Executions that were under way when the process was told to stop, and not over in time.
    """

    executions: int
    acknowledged: int
    refused: int
    left_open: int
    cut_off: int


@dataclass(frozen=True, kw_only=True)
class OperatorSummary(Summary):
    """What the operator did.

    Attributes:
        retried: Dead jobs whose retry was answered.
    """

    retried: int


@dataclass(frozen=True, kw_only=True)
class ReaderSummary(Summary):
    """What the reader learned.

    Attributes:
        read: Jobs whose state the system told.
        absent: Jobs that the system does not know.
        recovered: Jobs found by listing, though their enqueue was left open; counted in `read` too.
        unread: Jobs whose state could not be learned.
        seconds: How long the reading took.
    """

    read: int
    absent: int
    recovered: int
    unread: int
    seconds: float
