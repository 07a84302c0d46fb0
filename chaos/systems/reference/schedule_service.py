"""The methods of the contract about schedules: each an operation for the writer, or a read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final, cast

import grpc.aio

from chaos.systems.reference import messages
from chaos.systems.reference.jobs import Reason, Refused, job_number
from chaos.systems.reference.reader import Reader
from chaos.systems.reference.schedules import NewSchedule, Schedule, ScheduleChange, ScheduleState
from chaos.systems.reference.timetable import Timetable
from chaos.systems.reference.writer import Writer
from chaos.wire import methods
from chaos.wire import reseolio_pb2 as pb

MOST_LISTED: Final = 1000

_DEFAULT_LISTED: Final = 100
_DEFAULT_ZONE: Final = "UTC"
_LISTED: Final[Mapping[str, tuple[ScheduleState, ...]]] = {
    "": (ScheduleState.ACTIVE, ScheduleState.PAUSED),
    "active": (ScheduleState.ACTIVE,),
    "paused": (ScheduleState.PAUSED,),
    "deleted": (ScheduleState.DELETED,),
}
"""Which schedules a filter asks for."""

Context = grpc.aio.ServicerContext[Any, Any]
Behaviour = Callable[[Any, Context], Awaitable[Any]]


class ScheduleService:
    """Schedules as clients see them.

    Args:
        timetable: The schedules, changed through `writer` alone.
        writer: Carries out operations.
        reader: For those who only look.
        token: Part of every id of this database.
    """

    def __init__(self, timetable: Timetable, writer: Writer, reader: Reader, token: str) -> None:
        self._timetable = timetable
        self._writer = writer
        self._reader = reader
        self._token = token

    def unary(self) -> Mapping[methods.Method, Behaviour]:
        """What answers each method."""
        return {
            methods.CREATE_SCHEDULE: self._create,
            methods.GET_SCHEDULE: self._get,
            methods.LIST_SCHEDULES: self._list,
            methods.UPDATE_SCHEDULE: self._update,
            methods.PAUSE_SCHEDULE: self._pause,
            methods.RESUME_SCHEDULE: self._resume,
            methods.DELETE_SCHEDULE: self._delete,
        }

    async def _create(self, request: pb.CreateScheduleRequest, _: Context) -> pb.Schedule:
        if not request.name:
            raise Refused(Reason.INVALID, "a schedule needs a name")
        new = NewSchedule(
            request.name,
            request.cron_expression,
            request.timezone or _DEFAULT_ZONE,
            request.args,
            messages.options(request.handler_options),
        )
        return self._told(await self._writer.submit(partial(self._timetable.create, new)))

    async def _get(self, request: pb.GetScheduleRequest, _: Context) -> pb.Schedule:
        schedule = self._reader.schedules.find(self._number(request.schedule_id))
        if schedule is None:
            raise Refused(Reason.NOT_FOUND, f"no schedule has the id {request.schedule_id!r}")
        return self._told(schedule)

    async def _list(self, request: pb.ListSchedulesRequest, _: Context) -> pb.ListSchedulesResponse:
        states = _LISTED.get(request.status_filter.lower())
        if states is None or request.limit < 0 or request.offset < 0:
            known = ", ".join(name for name in _LISTED if name)
            raise Refused(
                Reason.INVALID,
                f"limit and offset must be 0 or more, and status_filter empty or one of {known}",
            )
        limit = min(request.limit or _DEFAULT_LISTED, MOST_LISTED)
        schedules, total = self._reader.schedules.page(states, limit, request.offset)
        return pb.ListSchedulesResponse(schedules=map(self._told, schedules), total=total)

    async def _update(self, request: pb.UpdateScheduleRequest, _: Context) -> pb.Schedule:
        change = ScheduleChange(
            request.cron_expression or None,
            request.timezone or None,
            messages.options(request.handler_options) if request.HasField("handler_options") else None,
        )
        return await self._changed(request.schedule_id, partial(self._timetable.update, change=change))

    async def _pause(self, request: pb.PauseScheduleRequest, _: Context) -> pb.Schedule:
        return await self._changed(request.schedule_id, self._timetable.pause)

    async def _resume(self, request: pb.ResumeScheduleRequest, _: Context) -> pb.Schedule:
        return await self._changed(request.schedule_id, self._timetable.resume)

    async def _delete(self, request: pb.DeleteScheduleRequest, _: Context) -> pb.DeleteScheduleResponse:
        number = self._number(request.schedule_id)
        done = await self._writer.submit(partial(self._timetable.delete, number))
        return pb.DeleteScheduleResponse(
            success=done, message="deleted" if done else "no schedule has this id, or it is deleted already"
        )

    async def _changed(self, schedule_id: str, change: Callable[[int], Schedule]) -> pb.Schedule:
        number = self._number(schedule_id)
        return self._told(await self._writer.submit(partial(change, number)))

    def _number(self, schedule_id: str) -> int:
        try:
            return job_number(schedule_id, f"{self._token}-schedule")
        except Refused:
            raise Refused(Reason.NOT_FOUND, f"no schedule has the id {schedule_id!r}") from None

    def _told(self, schedule: Schedule) -> pb.Schedule:
        options = schedule.options
        return pb.Schedule(
            id=f"{self._token}-schedule-{schedule.number}",
            name=schedule.name,
            cron_expression=schedule.cron,
            timezone=schedule.timezone,
            status=cast("pb.ScheduleStatus", schedule.state),
            next_run_at=schedule.next_run_at,
            last_run_at=schedule.last_run_at,
            created_at=schedule.created_at,
            updated_at=schedule.updated_at,
            handler_options=pb.JobOptions(
                max_attempts=options.max_attempts,
                backoff=options.backoff,
                initial_delay_ms=options.initial_delay_ms,
                max_delay_ms=options.max_delay_ms,
                timeout_ms=options.timeout_ms,
                jitter=options.jitter,
            ),
            args=schedule.args,
        )
