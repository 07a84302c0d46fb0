"""Requests that change a job from outside: each in the ledger before it leaves, and what came of it after."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping

from chaos.ledger.records import Request
from chaos.ledger.writer import LedgerWriter
from chaos.load.client import QueueClient, RefusedError, UnansweredError


class Requests:
    """Sends cancellations and retries for one process, each once and without a second try.

    Args:
        client: Sends them.
        ledger: Takes what is intended and what came of it.
        serials: Numbers the calls of this process.
    """

    def __init__(
        self, client: QueueClient, ledger: LedgerWriter, serials: Iterator[int] | None = None
    ) -> None:
        self._ledger = ledger
        self._serials = itertools.count() if serials is None else serials
        self._calls: Mapping[Request, Callable[[str], Awaitable[None]]] = {
            Request.CANCEL: client.cancel_job,
            Request.RETRY: client.retry_job,
        }

    async def send(self, request: Request, job: int, job_id: str, tries: int = 1) -> bool:
        """Whether the request about this job was answered, be it with a refusal.

        Args:
            request: What is requested.
            job: The job's number.
            job_id: The system's id for it.
            tries: Which try this is, from 1.

        Raises:
            LedgerWriteFailed: The ledger can't be written.
        """
        serial = next(self._serials)
        self._ledger.request_intended(request, job, tries, job_id, serial)
        try:
            await self._calls[request](job_id)
        except RefusedError as error:
            self._ledger.request_refused(request, job, tries, error.code, serial)
        except UnansweredError as error:
            self._ledger.request_unknown(request, job, tries, error.code, serial)
            return False
        else:
            self._ledger.request_acknowledged(request, job, tries, serial)
        return True
