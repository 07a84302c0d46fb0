"""How long calls about schedules took."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.checks.schedules.calls import ScheduleCallTimes, schedule_call_times
from chaos.ledger.reader import Ledger
from chaos.ledger.records import FIRST_SCHEDULE, Kind, ScheduleCall
from tests.checks.history import Entry, History, at

CREATE, LIST = ScheduleCall.CREATE, ScheduleCall.LIST


def times(directory: Path, *calls: tuple[ScheduleCall, float, float, Kind]) -> ScheduleCallTimes:
    """Calls, each with when it was sent and answered, and how; all of one process."""
    history = History()
    entries = []
    for serial, (call, sent, answered, answer) in enumerate(calls):
        entries.append(Entry(at(sent), Kind.SCHEDULE_INTENDED, call, job=FIRST_SCHEDULE, serial=serial))
        entries.append(Entry(at(answered), answer, call, job=FIRST_SCHEDULE, serial=serial))
    for entry in sorted(entries, key=lambda entry: entry.time_ns):
        history.tell("operator.1", entry)
    return schedule_call_times(Ledger.open(history.write(directory)))


def test_only_what_was_acknowledged_counts(tmp_path: Path) -> None:
    acknowledged, unknown = Kind.SCHEDULE_ACKNOWLEDGED, Kind.SCHEDULE_UNKNOWN
    found = times(
        tmp_path,
        (CREATE, 1.0, 1.5, acknowledged),
        (CREATE, 1.2, 9.0, unknown),
        (LIST, 1.1, 1.2, acknowledged),
    )
    assert found.of(CREATE).took_s.tolist() == pytest.approx([0.5])
    assert found.of(LIST).took_s.tolist() == pytest.approx([0.1])


def test_it_is_busy_while_any_is_under_way(tmp_path: Path) -> None:
    spans = [(1.0, 2.0), (1.5, 1.8), (1.9, 3.0), (5.0, 5.5)]
    found = times(
        tmp_path, *((CREATE, sent, answered, Kind.SCHEDULE_ACKNOWLEDGED) for sent, answered in spans)
    )
    assert found.busy_s == pytest.approx(2.5)
    assert found.of(LIST).busy_s == 0.0
