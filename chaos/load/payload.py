"""What a job carries: enough to know it again, and to see that nothing in it has changed.

A payload is one JSON object, easy to make and to read in any language:

    {"run": "20260102T…", "job": 17, "fill": "chaos…", "digest": "0f1e2d3c4b5a6978"}

`digest` is the first 16 hexadecimal digits of the SHA-256 of `run:job:fill` in UTF-8. `fill` repeats one
word, and makes the payload as long as it was asked to be; a payload asked to be shorter than its other
fields has an empty `fill` and is as long as those need (about 70 bytes and the run's name).
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from chaos.ledger.records import NO_JOB

_WORD: Final = "chaos."
_DIGEST_DIGITS: Final = 16
_FIELDS: Final = frozenset({"run", "job", "fill", "digest"})


@dataclass(frozen=True)
class Corrupted:
    """A payload that is not what was sent.

    Attributes:
        run: The run it belongs to, or None where that can't be told.
        job: Its job's number, or None where that can't be told.
    """

    run: str | None
    job: int | None


def make_payload(run: str, job: int, payload_bytes: int) -> bytes:
    """The payload of a job, `payload_bytes` long (longer only where its other fields need more)."""
    head, fill = _around(run, len(str(job)), payload_bytes)
    return f'{head}{job},"fill":"{fill}","digest":"{_digest(run, job, fill)}"}}'.encode()


def read_payload(data: bytes) -> tuple[str, int] | Corrupted:
    """The run and the job number in a payload, if it is just as it was made.

    Where it isn't, the job is still told if the number and the digest bear each other out, so that only the
    `fill` can have changed.
    """
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        return Corrupted(None, None)
    if not isinstance(fields, dict) or fields.keys() != _FIELDS:
        return Corrupted(None, None)
    run, job, fill, digest = fields["run"], fields["job"], fields["fill"], fields["digest"]
    if type(run) is not str or type(job) is not int or type(fill) is not str or not 0 <= job < NO_JOB:
        return Corrupted(None, None)
    try:
        if digest == _digest(run, job, fill):
            return run, job
        if digest == _digest(run, job, _fill(len(fill))):
            return Corrupted(run, job)
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell and UTF-8 can't
        pass
    return Corrupted(None, None)


def _digest(run: str, job: int, fill: str) -> str:
    return sha256(f"{run}:{job}:{fill}".encode()).hexdigest()[:_DIGEST_DIGITS]


@functools.lru_cache(maxsize=64)
def _around(run: str, job_digits: int, payload_bytes: int) -> tuple[str, str]:
    """What stands before the job's number, and the fill, for all numbers of so many digits."""
    head = f'{{"run":{json.dumps(run)},"job":'
    rest = len(head) + job_digits + len(',"fill":"","digest":""}') + _DIGEST_DIGITS
    return head, _fill(payload_bytes - rest)


@functools.lru_cache(maxsize=64)
def _fill(length: int) -> str:
    if length <= 0:
        return ""
    return (_WORD * (length // len(_WORD) + 1))[:length]
