"""What a core can do beyond enqueueing and handing out: found by asking it, since older cores lack some calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from chaos.experiment.model import Load
from chaos.load.client import UNIMPLEMENTED, QueueClient, RefusedError, UnansweredError, answer
from chaos.systems.protocol import Description
from chaos.wire import reseolio_pb2 as pb

_WITHIN_S: Final = 5.0
_STREAM_STANDS_AFTER_S: Final = 0.1


@dataclass(frozen=True)
class Abilities:
    """Which calls of the contract a core answers, be it with a refusal, and not with UNIMPLEMENTED.

    Attributes:
        cancels: CancelJob.
        retries_dead: RetryJob.
        subscribes: SubscribeToJobs.
        schedules: The calls about schedules, told by ListSchedules.
    """

    cancels: bool
    retries_dead: bool
    subscribes: bool
    schedules: bool

    @classmethod
    def told_by(cls, description: Description) -> Self:
        """Those that a description tells of."""
        return cls(**{field.name: getattr(description, field.name) for field in fields(cls)})

    def lacking_for(self, load: Load) -> Iterator[str]:
        """What a load asks for and the core can't do, a line each."""
        wanted = (
            (self.cancels, load.cancel > 0, "load.cancel", "CancelJob"),
            (self.retries_dead, load.retry_dead, "load.retry-dead", "RetryJob"),
            (self.subscribes, load.subscribe > 0, "load.subscribe", "SubscribeToJobs"),
            (self.schedules, load.schedules is not None, "load.schedules", "ListSchedules"),
        )
        for able, asked_for, key, call in wanted:
            if asked_for and not able:
                yield f"`{key}` needs {call}, which this core answers with UNIMPLEMENTED"


class DidNotTell(Exception):
    """A core gave no answer by which its abilities could be told; the message says to which question."""


async def abilities_of(address: str) -> Abilities:
    """Ask the core at `host:port` what it can do, with requests that change nothing.

    Raises:
        DidNotTell: It did not answer one of them.
    """
    async with QueueClient(address) as client:
        return Abilities(
            cancels=await _implements("CancelJob", lambda: client.cancel_job("", _WITHIN_S)),
            retries_dead=await _implements("RetryJob", lambda: client.retry_job("", _WITHIN_S)),
            subscribes=await _implements("SubscribeToJobs", lambda: _subscribe(client)),
            schedules=await _implements("ListSchedules", lambda: client.list_schedules(0, 1, _WITHIN_S)),
        )


async def _implements(call: str, ask: Callable[[], Awaitable[Any]]) -> bool:
    try:
        await ask()
    except RefusedError as error:
        return error.code != UNIMPLEMENTED
    except UnansweredError as error:
        raise DidNotTell(f"asked whether it has {call}, it gave no certain answer: {error}") from error
    return True


async def _subscribe(client: QueueClient) -> None:
    """Open a stream, and see whether it is refused: one that the core takes stays silent until something is asked.

    The core is asked something after it over the same connection, so that it has had both.
    """
    link = await client.connected(_WITHIN_S)
    stream = link.subscribe_to_jobs(None, timeout=_WITHIN_S)
    refused = asyncio.ensure_future(answer(stream.read()))
    try:
        await answer(link.list_jobs(pb.ListJobsRequest(limit=1), timeout=_WITHIN_S))
        done, _ = await asyncio.wait({refused}, timeout=_STREAM_STANDS_AFTER_S)
        for task in done:
            task.result()
    finally:
        stream.cancel()
        await asyncio.gather(refused, return_exceptions=True)
