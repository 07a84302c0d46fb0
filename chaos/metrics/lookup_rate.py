"""`lookup-rate`: how fast the system tells of its jobs, with all of them in its store."""

from __future__ import annotations

from chaos.clock import seconds_between
from chaos.experiment.metric_spec import JOBS_PER_SECOND, Better
from chaos.ledger.reader import LedgerFile, Records
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric

_ENOUGH = 100


class LookupRate(Metric):
    """Jobs a second that the reader asked for by their id and was told of, at the end, when the store is fullest."""

    name = "lookup-rate"
    unit = JOBS_PER_SECOND
    better = Better.HIGHER
    summary = "jobs looked up by their id a second, once all of them are in the store"

    def measure(self, evidence: Evidence) -> Measurement:
        """From the first final state that was read to the last one."""
        readers = [file for file in evidence.ledger.files if file.header.component == "reader"]
        read = sum(file.records for file in readers)
        if read < _ENOUGH:
            return Measurement.untold(f"the final state of fewer than {_ENOUGH} jobs was read")
        spans = [(_time_ns(file, 0), _time_ns(file, file.records - 1)) for file in readers if file.records]
        took_s = seconds_between(min(first for first, _ in spans), max(last for _, last in spans))
        return Measurement(read / took_s if took_s else float(read))


def _time_ns(file: LedgerFile, number: int) -> int:
    records: Records = next(file.chunks(verify=False, first=number))
    return int(records["time_ns"][0])
