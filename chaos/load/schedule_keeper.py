"""Keeps the schedules of a load: creates them, changes them, and deletes them when the load is over.

What is wanted of each schedule is known at any time. A call that is not acknowledged leaves open how the schedule is,
so the system is asked, until it answers, and what is still wanted is asked for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeVar

from chaos.clock import now_ns, seconds_between
from chaos.ledger.records import ScheduleStatus
from chaos.load.plan import OperatorPlan
from chaos.load.schedule_calls import ScheduleCalls, Told, Wish

AT_ONCE: Final = 32
"""Calls under way at once, at most."""

LISTS_EVERY_S: Final = 1.0
"""How often the schedules are listed, once they are created: people look at them."""

_AGAIN_AFTER_S: Final = 0.2
_GONE: Final = Wish(0, ScheduleStatus.ABSENT)

T = TypeVar("T")
Done = TypeVar("Done")


class ScheduleKeeper:
    """Keeps the schedules of one plan.

    Args:
        plan: How many schedules there are, and what they are like.
        calls: Sends what is asked about them.
    """

    def __init__(self, plan: OperatorPlan, calls: ScheduleCalls) -> None:
        self._plan = plan
        self._calls = calls
        self._wishes: dict[int, Wish] = {}
        self._told: dict[int, Told] = {}
        self._tries = 0
        self._listed_ns = 0
        self._step = asyncio.Lock()
        self._is_over = False

    async def keep(self) -> None:
        """Create the schedules, change each as often as it is to be, and list them again and again until cancelled."""
        async with self._step:
            await self._create()
        for change in range(self._plan.changes):
            await asyncio.sleep(self._plan.change_every_s)
            async with self._step:
                await self._change(change)
                await self._list_now_and_then()
        while True:
            await asyncio.sleep(LISTS_EVERY_S)
            async with self._step:
                await self._list_now_and_then()

    async def remove(self) -> None:
        """See how the system has each schedule at last, and delete them all. What was not yet as wanted stays so."""
        self._is_over = True
        async with self._step:
            await self._look(self._wishes)
            self._wishes = dict.fromkeys(self._told, _GONE)
            self._is_over = False
            await self._fulfil(self._wishes)

    async def _create(self) -> None:
        self._wishes = {number: self._wish(number, 0) for number in range(self._plan.schedules)}
        await self._fulfil([number for number in self._wishes for _ in range(self._plan.created_at_once)])

    async def _change(self, change: int) -> None:
        due = [number for number in self._wishes if change < self._changes(number)]
        before, self._wishes = self._wishes, self._wishes | {n: self._wish(n, change + 1) for n in due}
        await self._fulfil([number for number in due if self._wishes[number] != before[number]])

    def _changes(self, number: int) -> int:
        """How often this schedule is changed: not all end in the same state."""
        return max(0, self._plan.changes - number % 3)

    def _wish(self, number: int, changes: int) -> Wish:
        """How a schedule is wanted after so many changes: it is updated, paused and resumed by turns."""
        updates, rest = -(-changes // 3), changes % 3
        cron = (number + updates) % len(self._plan.crons) + 1
        return Wish(cron, ScheduleStatus.PAUSED if rest == 2 else ScheduleStatus.ACTIVE)

    async def _fulfil(self, numbers: Collection[int]) -> None:
        """Bring these schedules to what is wanted of them; one that is named twice is asked for twice at once."""
        self._tries += 1
        have = {number: self._told.get(number) for number in numbers}
        acknowledged = await _each(numbers, lambda number: self._bring(number, have[number]))
        await self._settle({number for number, done in zip(numbers, acknowledged, strict=True) if not done})

    async def _settle(self, open_ones: set[int]) -> None:
        """Ask how the schedules are about which that is open, and bring them to what is wanted, until all are."""
        while open_ones and not self._is_over:
            await self._look(open_ones)
            self._tries += 1
            open_ones = {number for number in open_ones if not self._is_as_wanted(number)}
            await _each(open_ones, lambda number: self._bring(number, self._told.get(number)))
            if open_ones:
                await asyncio.sleep(_AGAIN_AFTER_S)

    def _is_as_wanted(self, number: int) -> bool:
        wish, told = self._wishes[number], self._told.get(number)
        if wish == _GONE or told is None:
            return wish == _GONE and told is None
        return (told.cron, told.status) == (wish.cron, wish.status)

    async def _bring(self, number: int, told: Told | None) -> bool:
        """Send one call that brings a schedule nearer to what is wanted; whether it was acknowledged."""
        wish, tries = self._wishes[number], self._tries
        if told is None:
            schedule_id = await self._calls.create(number, wish.cron, tries)
        elif wish == _GONE:
            schedule_id = await self._calls.delete(number, told.schedule_id, tries)
        elif told.cron != wish.cron:
            schedule_id = await self._calls.update(number, told.schedule_id, wish.cron, tries)
        elif wish.status is ScheduleStatus.PAUSED:
            schedule_id = await self._calls.pause(number, told.schedule_id, tries)
        else:
            schedule_id = await self._calls.resume(number, told.schedule_id, tries)
        if schedule_id is not None:
            self._told[number] = Told(wish.cron, wish.status, schedule_id)
        return schedule_id is not None

    async def _look(self, numbers: Collection[int]) -> None:
        """Ask how the system has these schedules, until it answers, and put that down."""
        listed = await self._calls.list_all()
        while listed is None:
            await asyncio.sleep(_AGAIN_AFTER_S)
            listed = await self._calls.list_all()
        for number in numbers:
            self._calls.put_down(number, listed[number])
            if listed[number]:
                self._told[number] = listed[number][0]
            else:
                self._told.pop(number, None)

    async def _list_now_and_then(self) -> None:
        if seconds_between(self._listed_ns, now_ns()) >= LISTS_EVERY_S:
            self._listed_ns = now_ns()
            await self._calls.list_all()


async def _each(items: Collection[T], do: Callable[[T], Awaitable[Done]]) -> list[Done]:
    """Do this with each of them, `AT_ONCE` at a time; the results in their order."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> Done:
        async with room:
            return await do(item)

    async with asyncio.TaskGroup() as tasks:
        started = [tasks.create_task(one(item)) for item in items]
    return [task.result() for task in started]
