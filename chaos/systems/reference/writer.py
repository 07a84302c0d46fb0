"""One transaction for the many: operations wait together, are stored together, and only then are answered.

There is one writer, a task of the event loop. It carries out every operation that waits in one transaction, lets a
thread wait for the disk, and answers. Meanwhile others gather for the next. Only the commit leaves the event loop:
the statements themselves take microseconds, and in a thread of their own would take turns with the loop for
the interpreter's lock at each of them.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, TypeVar

from chaos.systems.reference.jobs import Moment, Reason, Refused
from chaos.systems.reference.log import log
from chaos.systems.reference.queue import Queue

_AT_ONCE: Final = 200
"""How many operations share a transaction: few enough that the event loop is not held up for long."""

_MOST_WAITING: Final = 50_000

_RETRY_S: Final = 0.1
"""How soon work that nobody asked for (ending leases, handing out) is tried again after the disk has failed."""

Answer = TypeVar("Answer")


class _Waiting(NamedTuple):
    operation: Callable[[], Any]
    answer: asyncio.Future[Any]


class Writer:
    """Carries out operations on a queue, many to a transaction.

    Args:
        queue: The queue, which nothing else may change.
        on_completed: Told of the jobs that a transaction finished, once it is on the disk.
    """

    def __init__(self, queue: Queue, on_completed: Callable[[list[int]], None]) -> None:
        self._queue = queue
        self._on_completed = on_completed
        self._waiting: deque[_Waiting] = deque()
        self._work = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._closing = False
        self._failing = False

    def submit(self, operation: Callable[[], Answer]) -> asyncio.Future[Answer]:
        """Let an operation be carried out; its answer comes when what it did is on the disk.

        The answer raises `Refused` where the operation does, and also (reason FULL or UNAVAILABLE) when the database
        could not be written.

        Raises:
            Refused: Too many operations wait, or the queue is shutting down.
        """
        if self._closing:
            raise Refused(Reason.UNAVAILABLE, "the queue is shutting down")
        if len(self._waiting) >= _MOST_WAITING:
            raise Refused(Reason.FULL, f"{_MOST_WAITING} operations wait already: try again later")
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting.append(_Waiting(operation, answer))
        self._work.set()
        return answer

    def look(self) -> None:
        """Let the queue see whether there is something to hand out now."""
        self._work.set()

    async def run(self) -> None:
        """Carry out operations until `close` was called and none waits any more.

        Raises:
            Exception: The queue made a mistake of its own. It must not go on then.
        """
        try:
            while not (self._closing and not self._waiting):
                await self._until_work()
                await self._transact()
        finally:
            self._disk.shutdown()

    def close(self) -> None:
        """Take no more operations, and end when those that wait are done."""
        self._closing = True
        self._work.set()

    async def _until_work(self) -> None:
        if self._waiting:
            return
        delay_s = _RETRY_S if self._failing else self._until_wake_s()
        timer = None if delay_s is None else self._loop.call_later(delay_s, self._work.set)
        await self._work.wait()
        if timer is not None:
            timer.cancel()

    def _until_wake_s(self) -> float | None:
        wake_ms = self._queue.wake_ms()
        return None if wake_ms is None else max(0.0, (wake_ms - Moment.current().now_ms) / 1000)

    async def _transact(self) -> None:
        self._work.clear()
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))]
        try:
            answers = await self._store(batch)
        except sqlite3.Error as error:
            self._fail(batch, error)
        except BaseException as error:
            self._queue.rolled_back()
            _answer_all(batch, Refused(Reason.UNAVAILABLE, f"the queue failed: {error!r}"))
            raise
        else:
            self._succeed(batch, answers)

    async def _store(self, batch: list[_Waiting]) -> list[Any]:
        queue = self._queue
        queue.begin(Moment.current())
        answers = [_carry_out(operation) for operation, _ in batch]
        if queue.finish():
            await self._loop.run_in_executor(self._disk, queue.store.commit)
        else:
            queue.store.commit()
        return answers

    def _succeed(self, batch: list[_Waiting], answers: list[Any]) -> None:
        if self._failing:
            log.info("the database can be written again")
            self._failing = False
        completed, unsent = self._queue.committed()
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Refused):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        if completed:
            self._on_completed(completed)
        if unsent and not self._closing:
            self.submit(lambda: self._queue.give_back(unsent))

    def _fail(self, batch: list[_Waiting], error: sqlite3.Error) -> None:
        """Nothing of the batch is stored, so nothing of it is acknowledged."""
        self._queue.rolled_back()
        if not self._failing:
            log.error("the database can't be written: %s", error)
            self._failing = True
        is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        reason = Reason.FULL if is_full else Reason.UNAVAILABLE
        _answer_all(batch, Refused(reason, f"the database can't be written: {error}"))


def _carry_out(operation: Callable[[], Any]) -> Any:
    try:
        return operation()
    except Refused as refusal:
        return refusal


def _answer_all(batch: list[_Waiting], refusal: Refused) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(refusal)
