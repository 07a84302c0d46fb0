"""Alarms ring when a schedule is due; where they can't be kept any longer, that is told."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

import pytest

from chaos.schedules.alarms import AWAKE, Alarms
from chaos.schedules.place import Place
from tests.schedules.conftest import Write

WITHIN_S = 60.0
FILE = "schedules: [{name: often, experiments: [check.yaml], every: 1s}]"
FULL = (
    "CREATE TRIGGER full BEFORE UPDATE ON apscheduler_jobs BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
)


@pytest.fixture
def alarms(place: Place) -> Iterator[Alarms]:
    place.path.mkdir(parents=True, exist_ok=True)
    AWAKE.clear()
    alarms = Alarms(place)
    yield alarms
    alarms.stop()


def test_they_ring_and_one_that_can_not_be_kept_any_longer_is_told(
    write: Write, alarms: Alarms, place: Place
) -> None:
    alarms.start(write(FILE))
    assert AWAKE.wait(WITHIN_S)
    alarms.see_that_they_ring()
    with sqlite3.connect(place.alarms) as database:
        database.execute(FULL)
    database.close()
    with pytest.raises(OSError, match=r"alarms\.sqlite can't be used \(the disk is full\): make room"):
        _see_for_a_while(alarms)


def _see_for_a_while(alarms: Alarms) -> None:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        assert AWAKE.wait(WITHIN_S)
        AWAKE.clear()
        alarms.see_that_they_ring()
