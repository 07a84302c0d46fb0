"""The drain ends when both witnesses see nothing left, or when neither sees any progress."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from chaos.ledger.events import DrainEnded
from chaos.ledger.records import Outcome, Payload
from chaos.ledger.tail import LedgerTail
from chaos.ledger.writer import LedgerWriter
from chaos.runner.drain import drain
from chaos.runner.live import LiveCounts


class Depths:
    """A queue that answers these depths one after the other, the last for ever."""

    def __init__(
        self, *depths: int | None, due_in_s: Iterator[float | None] | None = None, takes_s: float = 0.0
    ) -> None:
        self._depths = list(depths)
        self._takes_s = takes_s
        self._due_in_s = due_in_s or iter(())

    async def depth(self) -> int | None:
        await asyncio.sleep(self._takes_s)
        return self._depths.pop(0) if len(self._depths) > 1 else self._depths[0]

    async def next_due_in_s(self) -> float | None:
        return next(self._due_in_s, None)


def _drained(place: Path, queue: Depths, at_most_s: float = 10.0) -> DrainEnded:
    live = LiveCounts(LedgerTail(place), jobs=10)
    return asyncio.run(drain(queue, live, stalled_after_s=0.3, at_most_s=at_most_s))


def test_an_empty_queue_with_nothing_under_way_is_drained(tmp_path: Path) -> None:
    assert _drained(tmp_path, Depths(5, 2, 0)).how == "drained"


def test_an_execution_under_way_is_waited_for_though_the_queue_says_that_it_is_empty(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path, run="r", component="worker-1", incarnation=1) as worker:
        worker.execution_started(1, Payload.INTACT, 1, "a", 0)
        assert _drained(tmp_path, Depths(0)).how == "stalled"
        worker.execution_finished(1, Outcome.SUCCESS, 1, 0)
        assert _drained(tmp_path, Depths(0)).how == "drained"


def test_a_queue_that_moves_no_more_is_stalled_and_its_depth_is_told(tmp_path: Path) -> None:
    ended = _drained(tmp_path, Depths(5, 3))
    assert (ended.how, ended.queue_depth) == ("stalled", 3)


def test_a_retry_that_is_due_later_is_waited_for(tmp_path: Path) -> None:
    due = iter([5.0, 4.0, None])
    assert _drained(tmp_path, Depths(1, due_in_s=due)).how == "stalled"
    assert next(due, "asked for all") == "asked for all"


def test_progress_without_end_is_cut_off_at_the_absolute_limit(tmp_path: Path) -> None:
    assert _drained(tmp_path, Depths(*range(1000, 0, -1)), at_most_s=0.5).how == "out-of-time"


def test_a_queue_that_takes_long_to_answer_does_not_put_the_limit_off(tmp_path: Path) -> None:
    began_s = time.monotonic()
    assert _drained(tmp_path, Depths(*range(1000, 0, -1), takes_s=0.2), at_most_s=0.3).how == "out-of-time"
    assert time.monotonic() - began_s < 1.5


def test_a_queue_that_does_not_answer_is_no_empty_queue(tmp_path: Path) -> None:
    ended = _drained(tmp_path, Depths(None))
    assert (ended.how, ended.queue_depth) == ("stalled", None)


def test_a_long_queue_that_moves_is_not_asked_how_long_it_is(tmp_path: Path) -> None:
    queue = Depths(12_000, 0)
    live = LiveCounts(LedgerTail(tmp_path), jobs=12_000)
    with LedgerWriter(tmp_path, run="r", component="producer-1", incarnation=1) as producer:
        for job in range(12_000):
            producer.enqueue_acknowledged(job, False, 1, f"id-{job}", job)

        async def drained() -> DrainEnded:
            ended = asyncio.create_task(drain(queue, live, stalled_after_s=0.2, at_most_s=10.0))
            await asyncio.sleep(0.5)
            assert await queue.depth() == 12_000, "it was asked while the ledger saw all of it move"
            return await ended

        assert asyncio.run(drained()).how == "drained"
