"""What one record of a job ledger says, and its 32 bytes.

A ledger file is a header of 256 bytes (one JSON object, padded with spaces, ending in a newline) and then
records of 32 bytes, little-endian, each written with one `write(2)`:

    offset  size  field
         0     1  kind       what happened (`Kind`)
         1     1  detail     by kind, see below
         2     2  attempt    by kind
         4     4  job        number of the job in this run, from 0; `NO_JOB` where it can't be told
         8     8  time_ns    the machine's monotonic clock
        16     8  value      by kind
        24     4  serial     which call, or which execution, of this file; from 0
        28     4  check      the eight 32-bit words of a record, combined by exclusive or, give `CHECK`

    kind                   detail               attempt             value
    ENQUEUE_INTENDED       copy (0 or 1)        try under the key   when the job was due, ns
    ENQUEUE_ACKNOWLEDGED   1 if deduplicated    try under the key   hash of the system's job id
    ENQUEUE_REFUSED        gRPC status code     try under the key   0
    ENQUEUE_UNKNOWN        gRPC status code     try under the key   0
    EXECUTION_STARTED      payload (`Payload`)  as the system says  hash of the system's job id
    EXECUTION_FINISHED     outcome              the same            0
    ACK_INTENDED           outcome              the same            hash of the result; 0 without one
    ACK_ACKNOWLEDGED       outcome              the same            state it put the job in (`State`)
    ACK_REFUSED            outcome              the same            gRPC status code
    ACK_UNKNOWN            outcome              the same            gRPC status code
    FINAL_STATE            state (`State`)      as the system says  hash of the system's job id
    CONNECTED              0                    0                   0
    DISCONNECTED           0                    0                   0
    CANCEL_INTENDED        0                    try                 hash of the system's job id
    CANCEL_ACKNOWLEDGED    0                    try                 0
    CANCEL_REFUSED         0                    try                 gRPC status code
    CANCEL_UNKNOWN         0                    try                 gRPC status code
    RETRY_INTENDED         as for CANCEL_INTENDED, and so on
    SUBSCRIBE_INTENDED     0                    stream, from 1      hash of the system's job id
    COMPLETION_HEARD       state (`State`)      stream, from 1      hash of the result; 0 without one
    COMPLETION_AWAITED     0                    stream, from 1      0
    SCHEDULE_INTENDED      call                 try                 number of the cron expression, or 0
    SCHEDULE_ACKNOWLEDGED  call                 try                 hash of the system's id of the schedule, or 0
    SCHEDULE_REFUSED       call                 try                 gRPC status code
    SCHEDULE_UNKNOWN       call                 try                 gRPC status code
    SCHEDULE_TOLD          `ScheduleStatus`     number of the cron  hash of the system's id of the schedule, or 0
    FIRE_TOLD              state (`State`)      as the system says  when it was fired, Unix ms
    FIRES_READ             0                    0                   how many fires the system told

CONNECTED and DISCONNECTED are about a producer's or worker's connection to the system, and no job: their `job` is
`NO_JOB` and their `serial` 0. A cancellation or a retry that the system looked at and did not do is refused with
FAILED_PRECONDITION. Records about the schedule `n` of a load, and about the executions of what it fires, have the job
`FIRST_SCHEDULE + n`; a call that lists all schedules has `NO_JOB`. The cron expressions of the load are numbered from
1, and 0 is another one, or none. FIRES_READ is the reader's last word on a schedule: it was told of all its fires.
COMPLETION_AWAITED ends the account of a subscriber that listened to the end of the run, and heard
nothing of this job on its last stream.

`serial` joins what belongs together inside one file: the intent of an enqueue and its answer; the start of
an execution, its finish and its acks. Tries count from 1. A copy is the same job enqueued a second time under
its key on purpose.
"""

from __future__ import annotations

import hashlib
import struct
from enum import IntEnum
from typing import Final

RECORD_BYTES: Final = 32
HEADER_BYTES: Final = 256
CHECK: Final = 0x5EED1ED6
NO_JOB: Final = 0xFFFF_FFFF
FIRST_SCHEDULE: Final = 4_000_000_000
"""What stands for the first schedule of a load where a record names a job: no load has so many jobs."""
FORMAT_NAME: Final = "chaos-ledger"
FORMAT_VERSION: Final = 3
READABLE_VERSIONS: Final = (1, 2, 3)
"""Version 2 adds to version 1: kinds above 13, and the result in ACK_INTENDED. Version 3 adds kinds above 24."""

LAYOUT: Final = struct.Struct("<BBHIQQII")


class Kind(IntEnum):
    """What a record says happened."""

    ENQUEUE_INTENDED = 1
    ENQUEUE_ACKNOWLEDGED = 2
    ENQUEUE_REFUSED = 3
    ENQUEUE_UNKNOWN = 4
    EXECUTION_STARTED = 5
    EXECUTION_FINISHED = 6
    ACK_INTENDED = 7
    ACK_ACKNOWLEDGED = 8
    ACK_REFUSED = 9
    ACK_UNKNOWN = 10
    FINAL_STATE = 11
    CONNECTED = 12
    DISCONNECTED = 13
    CANCEL_INTENDED = 14
    CANCEL_ACKNOWLEDGED = 15
    CANCEL_REFUSED = 16
    CANCEL_UNKNOWN = 17
    RETRY_INTENDED = 18
    RETRY_ACKNOWLEDGED = 19
    RETRY_REFUSED = 20
    RETRY_UNKNOWN = 21
    SUBSCRIBE_INTENDED = 22
    COMPLETION_HEARD = 23
    COMPLETION_AWAITED = 24
    SCHEDULE_INTENDED = 25
    SCHEDULE_ACKNOWLEDGED = 26
    SCHEDULE_REFUSED = 27
    SCHEDULE_UNKNOWN = 28
    SCHEDULE_TOLD = 29
    FIRE_TOLD = 30
    FIRES_READ = 31


class Request(IntEnum):
    """A call that changes a job from outside, by the kind of its intent; its three answers are the kinds after that."""

    CANCEL = Kind.CANCEL_INTENDED
    RETRY = Kind.RETRY_INTENDED

    @property
    def intended(self) -> Kind:
        """It is about to be sent."""
        return Kind(self)

    @property
    def acknowledged(self) -> Kind:
        """The system has done it."""
        return Kind(self + 1)

    @property
    def refused(self) -> Kind:
        """The system has not done it, for certain."""
        return Kind(self + 2)

    @property
    def unknown(self) -> Kind:
        """There is no certain answer."""
        return Kind(self + 3)


class ScheduleCall(IntEnum):
    """A call about a schedule, or about all of them."""

    CREATE = 1
    UPDATE = 2
    PAUSE = 3
    RESUME = 4
    DELETE = 5
    LIST = 6


class ScheduleStatus(IntEnum):
    """A schedule's state as the system tells it. 1 to 3 are the contract's own numbers."""

    ABSENT = 0
    ACTIVE = 1
    PAUSED = 2
    DELETED = 3


SCHEDULE_CALLS: Final = (
    Kind.SCHEDULE_INTENDED,
    Kind.SCHEDULE_ACKNOWLEDGED,
    Kind.SCHEDULE_REFUSED,
    Kind.SCHEDULE_UNKNOWN,
)
"""The kinds of records about a call and its answer."""


class Outcome(IntEnum):
    """How an execution ended, and what its ack says."""

    SUCCESS = 1
    FAILURE = 2
    FAILURE_NO_RETRY = 3


class Payload(IntEnum):
    """What a worker found when it compared a payload with the digest inside it."""

    INTACT = 0
    CORRUPTED = 1


class State(IntEnum):
    """A job's state as the system tells it. 1 to 6 are the contract's own numbers."""

    ABSENT = 0
    PENDING = 1
    RUNNING = 2
    SUCCESS = 3
    FAILED = 4
    DEAD = 5
    CANCELLED = 6
    UNREAD = 255


UNFINISHED: Final = (State.PENDING, State.RUNNING)
WITHOUT_SUCCESS: Final = (State.DEAD, State.CANCELLED, State.FAILED)
FINISHED: Final = (State.SUCCESS, *WITHOUT_SUCCESS)


def job_id_hash(job_id: str) -> int:
    """What stands for a system's job id in a record: the first 8 bytes of its SHA-256, little-endian."""
    return _hash(job_id.encode())


def result_hash(result: bytes) -> int:
    """What stands for the result of an execution in a record: the same of its bytes; 0 where there is none."""
    return _hash(result) if result else 0


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "little")


def encode(kind: int, detail: int, attempt: int, job: int, time_ns: int, value: int, serial: int) -> bytes:
    """One record, with its check word.

    Raises:
        struct.error: A field does not fit its size.
    """
    check = (
        CHECK
        ^ (kind | detail << 8 | attempt << 16)
        ^ job
        ^ (time_ns & 0xFFFF_FFFF)
        ^ (time_ns >> 32)
        ^ (value & 0xFFFF_FFFF)
        ^ (value >> 32)
        ^ serial
    )
    return LAYOUT.pack(kind, detail, attempt, job, time_ns, value, serial, check)
