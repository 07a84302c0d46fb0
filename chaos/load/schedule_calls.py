"""Calls about schedules: each in the ledger before it leaves, and what came of it after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import grpc

from chaos.ledger.records import FIRST_SCHEDULE, NO_JOB, ScheduleCall, ScheduleStatus
from chaos.ledger.writer import LedgerWriter
from chaos.load.client import (
    CALL_TIMEOUT_S,
    CallFailedError,
    QueueClient,
    RefusedError,
    UnansweredError,
    answer,
)
from chaos.load.connection import Link
from chaos.load.job_options import job_options
from chaos.load.payload import make_payload
from chaos.load.plan import OperatorPlan, schedule_name
from chaos.wire import reseolio_pb2 as pb

_STATUSES: Final = frozenset(map(int, ScheduleStatus))


@dataclass(frozen=True)
class Wish:
    """How a schedule is meant to be: its cron expression, by number from 1, and its state."""

    cron: int
    status: ScheduleStatus


@dataclass(frozen=True)
class Told(Wish):
    """How the system has a schedule, under this id. `cron` is 0 for an expression that is none of the load's."""

    schedule_id: str = ""


class ScheduleCalls:
    """Sends what is asked about the schedules of one plan, each call once and without a second try.

    Args:
        plan: How many schedules there are, and what they are like.
        client: Sends the calls.
        ledger: Takes what is intended and what came of it.
        serials: Numbers the calls of this process.
    """

    def __init__(
        self, plan: OperatorPlan, client: QueueClient, ledger: LedgerWriter, serials: Iterator[int]
    ) -> None:
        self._plan = plan
        self._client = client
        self._ledger = ledger
        self._serials = serials
        self._numbers = {schedule_name(plan.job_name, number): number for number in range(plan.schedules)}

    async def create(self, number: int, cron: int, tries: int) -> str | None:
        """Create a schedule; its id, if that was acknowledged."""
        plan = self._plan
        request = pb.CreateScheduleRequest(
            name=schedule_name(plan.job_name, number),
            cron_expression=plan.crons[cron - 1],
            timezone=plan.timezone,
            handler_options=job_options(plan),
            args=make_payload(plan.run, FIRST_SCHEDULE + number, plan.payload_bytes),
        )
        return await self._send(
            ScheduleCall.CREATE,
            number,
            tries,
            lambda link: link.create_schedule(request, timeout=CALL_TIMEOUT_S),
            cron,
        )

    async def update(self, number: int, schedule_id: str, cron: int, tries: int) -> str | None:
        """Give a schedule this expression; its id, if that was acknowledged."""
        request = pb.UpdateScheduleRequest(
            schedule_id=schedule_id,
            cron_expression=self._plan.crons[cron - 1],
            timezone=self._plan.timezone,
            handler_options=job_options(self._plan),
        )
        return await self._send(
            ScheduleCall.UPDATE,
            number,
            tries,
            lambda link: link.update_schedule(request, timeout=CALL_TIMEOUT_S),
            cron,
        )

    async def pause(self, number: int, schedule_id: str, tries: int) -> str | None:
        """Pause a schedule; its id, if that was acknowledged."""
        request = pb.PauseScheduleRequest(schedule_id=schedule_id)
        return await self._send(
            ScheduleCall.PAUSE,
            number,
            tries,
            lambda link: link.pause_schedule(request, timeout=CALL_TIMEOUT_S),
        )

    async def resume(self, number: int, schedule_id: str, tries: int) -> str | None:
        """Resume a schedule; its id, if that was acknowledged."""
        request = pb.ResumeScheduleRequest(schedule_id=schedule_id)
        return await self._send(
            ScheduleCall.RESUME,
            number,
            tries,
            lambda link: link.resume_schedule(request, timeout=CALL_TIMEOUT_S),
        )

    async def delete(self, number: int, schedule_id: str, tries: int) -> str | None:
        """Delete a schedule; its id, if that was acknowledged."""

        async def ask(link: Link) -> pb.Schedule:
            request = pb.DeleteScheduleRequest(schedule_id=schedule_id)
            response = await link.delete_schedule(request, timeout=CALL_TIMEOUT_S)
            if not response.success:
                raise RefusedError(grpc.StatusCode.FAILED_PRECONDITION, response.message or "it was not done")
            return pb.Schedule(id=schedule_id)

        return await self._send(ScheduleCall.DELETE, number, tries, ask)

    async def list_all(self) -> dict[int, list[Told]] | None:
        """How the system has each schedule of the plan; None if it did not answer. Deleted ones are left out."""
        await self._client.connected(None)
        serial = next(self._serials)
        self._ledger.schedule_intended(ScheduleCall.LIST, NO_JOB, 1, 0, serial)
        listed: list[pb.Schedule] = []
        try:
            while True:
                response = await self._client.list_schedules(len(listed))
                listed += response.schedules
                if not response.schedules or len(listed) >= response.total:
                    break
        except RefusedError as error:
            self._ledger.schedule_refused(ScheduleCall.LIST, NO_JOB, 1, error.code, serial)
            return None
        except UnansweredError as error:
            self._ledger.schedule_unknown(ScheduleCall.LIST, NO_JOB, 1, error.code, serial)
            return None
        self._ledger.schedule_acknowledged(ScheduleCall.LIST, NO_JOB, 1, "", serial)
        return self._by_number(listed)

    def put_down(self, number: int, told: list[Told]) -> None:
        """Record how the system has a schedule, asked while no call about it was under way."""
        for each in told or [Told(0, ScheduleStatus.ABSENT)]:
            self._ledger.schedule_told(
                FIRST_SCHEDULE + number, each.status, each.cron, each.schedule_id, next(self._serials)
            )

    def _by_number(self, listed: list[pb.Schedule]) -> dict[int, list[Told]]:
        found: dict[int, list[Told]] = {number: [] for number in self._numbers.values()}
        for schedule in listed:
            number = self._numbers.get(schedule.name)
            if number is None or schedule.status == pb.SCHEDULE_STATUS_DELETED:
                continue
            status = int(schedule.status) if int(schedule.status) in _STATUSES else int(ScheduleStatus.ABSENT)
            found[number].append(Told(self._cron_of(schedule), ScheduleStatus(status), schedule.id))
        return found

    def _cron_of(self, schedule: pb.Schedule) -> int:
        crons = list(self._plan.crons)
        known = schedule.timezone == self._plan.timezone and schedule.cron_expression in crons
        return crons.index(schedule.cron_expression) + 1 if known else 0

    async def _send(
        self,
        call: ScheduleCall,
        number: int,
        tries: int,
        ask: Callable[[Link], Awaitable[Any]],
        cron: int = 0,
    ) -> str | None:
        """Whatever comes of it is put down; the id of the schedule, if it was acknowledged."""
        job, serial = FIRST_SCHEDULE + number, next(self._serials)
        link = await self._client.connected(None)
        self._ledger.schedule_intended(call, job, tries, cron, serial)
        try:
            schedule = await answer(ask(link))
        except RefusedError as error:
            self._ledger.schedule_refused(call, job, tries, error.code, serial)
            return None
        except CallFailedError as error:
            self._ledger.schedule_unknown(call, job, tries, error.code, serial)
            return None
        self._ledger.schedule_acknowledged(call, job, tries, schedule.id, serial)
        return str(schedule.id)
