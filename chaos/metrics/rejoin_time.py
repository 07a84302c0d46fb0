"""`rejoin-time`: how long a worker that comes back waits for work."""

from __future__ import annotations

import numpy as np

from chaos.clock import seconds_between
from chaos.experiment.metric_spec import SECONDS, Better
from chaos.ledger.reader import LedgerFile
from chaos.ledger.records import Kind
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class RejoinTime(Metric):
    """The longest time from a returning worker's connection until its first job.

    A worker that got none, because it was gone again or because there was nothing to do, is counted in the note.
    """

    name = "rejoin-time"
    unit = SECONDS
    better = Better.LOWER
    summary = "longest time from a returning worker's connection until its first job"

    def measure(self, evidence: Evidence) -> Measurement:
        """Over every later start of every worker."""
        returned = [
            file
            for file in evidence.ledger.files
            if file.header.component.startswith("worker-") and file.header.incarnation > 1
        ]
        times_s = [time_s for file in returned if (time_s := _first_job_after_s(file)) is not None]
        if not times_s:
            return Measurement.untold("no worker came back and got a job")
        return Measurement(max(times_s), f"{len(times_s)} of {len(returned)} returns got a job")


def _first_job_after_s(file: LedgerFile) -> float | None:
    connected = _first(file, Kind.CONNECTED)
    started = _first(file, Kind.EXECUTION_STARTED)
    return None if connected is None or started is None else seconds_between(connected, started)


def _first(file: LedgerFile, kind: Kind) -> int | None:
    for records in file.chunks(verify=False):
        found = np.flatnonzero(records["kind"] == kind)
        if len(found):
            return int(records["time_ns"][found[0]])
    return None
