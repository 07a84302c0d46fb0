"""When the steps of workflows began and ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.metrics.protocol import Measurement
from tests.checks.history import FAILURE, History
from tests.metrics.finished import measured

LOAD = {"jobs": 8, "workflow": {"steps": 3}, "workers": {"count": 2}}


def workflow(history: History, head: int, began: float, *, apart: float) -> None:
    """A head whose three steps take 100 ms each, so far apart from end to beginning."""
    history.enqueue(head, began)
    history.execute(head, began, began + 3 * (apart + 0.1))
    for step in range(1, 4):
        start = began + step * apart + (step - 1) * 0.1
        history.enqueue(head + step, start)
        history.execute(head + step, start, start + 0.1, worker=2)


def told(metric: str, history: History, place: Path) -> Measurement:
    return measured(metric, history, place, load=dict(LOAD))


def test_the_overhead_is_the_median_from_a_steps_end_to_the_next_ones_beginning(tmp_path: Path) -> None:
    history = History()
    workflow(history, 0, 1.0, apart=0.05)
    assert told("step-overhead", history, tmp_path).value == pytest.approx(0.05)


def test_steps_in_their_order_are_none_too_many(tmp_path: Path) -> None:
    history = History()
    workflow(history, 0, 1.0, apart=0.05)
    workflow(history, 4, 1.2, apart=0.05)
    assert told("steps-out-of-order", history, tmp_path).value == 0


def test_a_step_that_began_before_the_one_before_had_ended_is_out_of_order(tmp_path: Path) -> None:
    history = History()
    workflow(history, 0, 1.0, apart=0.05)
    workflow(history, 4, 1.0, apart=-0.05)
    assert told("steps-out-of-order", history, tmp_path).value == 2


def test_a_step_that_followed_one_that_nobody_did_is_out_of_order(tmp_path: Path) -> None:
    history = History()
    workflow(history, 0, 1.0, apart=0.05)
    for job in range(4, 8):
        history.enqueue(job, 2.0)
    history.execute(5, 2.0, 2.1, FAILURE)
    history.execute(6, 2.2, 2.3)
    assert told("steps-out-of-order", history, tmp_path).value == 1
