"""What a ledger says of the enqueues of a run: which jobs the system gave an id, and which were left open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaos.ledger.damage import LedgerDamaged
from chaos.ledger.reader import LedgerFile
from chaos.ledger.records import Kind


@dataclass(frozen=True)
class Enqueued:
    """The enqueues of a run, counted by job number: a few bytes a job.

    Attributes:
        files: The ledger files that hold them.
        acknowledged: How often each job's enqueue was acknowledged.
        open_tries: How many tries of each job were intended and not refused.
    """

    files: Sequence[LedgerFile]
    acknowledged: NDArray[np.int32]
    open_tries: NDArray[np.int32]

    @classmethod
    def count(cls, files: Sequence[LedgerFile]) -> Enqueued:
        """Go through the files once.

        Raises:
            LedgerDamaged: A file holds what no writer wrote.
        """
        acknowledged = open_tries = np.zeros(0, dtype=np.int32)
        for file in files:
            for records in file.chunks():
                acknowledged = _add(acknowledged, _jobs(records, Kind.ENQUEUE_ACKNOWLEDGED), 1)
                open_tries = _add(open_tries, _jobs(records, Kind.ENQUEUE_INTENDED), 1)
                open_tries = _add(open_tries, _jobs(records, Kind.ENQUEUE_REFUSED), -1)
        jobs = max(len(acknowledged), len(open_tries))
        return cls(files, _grown(acknowledged, jobs), _grown(open_tries, jobs))

    def known(self) -> Iterator[tuple[int, str]]:
        """Each job with each id that the system gave it, once, in the order of the ledger.

        Raises:
            LedgerDamaged: An id that was recorded is not there.
        """
        several: set[tuple[int, str]] = set()
        for file in self.files:
            ids = file.ids()
            for records in file.chunks(verify=False):
                for job in _jobs(records, Kind.ENQUEUE_ACKNOWLEDGED).tolist():
                    job_id = next(ids, None)
                    if job_id is None:
                        raise LedgerDamaged(file.path, 0, "its file of job ids is shorter than it says")
                    if self.acknowledged[job] > 1:
                        if (job, job_id) in several:
                            continue
                        several.add((job, job_id))
                    yield job, job_id

    def left_open(self) -> list[int]:
        """Jobs with a try that may have taken effect, and with no acknowledgement."""
        return [int(job) for job in np.flatnonzero((self.open_tries > 0) & (self.acknowledged == 0))]


def _jobs(records: NDArray[Any], kind: Kind) -> NDArray[np.uint32]:
    jobs: NDArray[np.uint32] = records["job"][records["kind"] == kind]
    return jobs


def _add(counts: NDArray[np.int32], jobs: NDArray[np.uint32], number: int) -> NDArray[np.int32]:
    """The counts with `number` added for each of the jobs; longer, where a job is beyond their end."""
    if not len(jobs):
        return counts
    highest = int(jobs.max())
    if highest >= len(counts):
        counts = _grown(counts, 2 * highest + 1)
    np.add.at(counts, jobs, number)
    return counts


def _grown(counts: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    return np.pad(counts, (0, length - len(counts)))
