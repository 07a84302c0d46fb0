"""Appending to a ledger: what a process is about to do, and what came of it, before anything else happens.

Every record is one `write(2)` to a file opened for appending, so a process that is killed at any moment
leaves all that it recorded behind, with at most its last record torn.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Final, NoReturn, Self

from chaos.clock import clock_name, now_ns
from chaos.ledger.events import EVENTS_FILE, Event, to_line
from chaos.ledger.records import (
    FORMAT_NAME,
    FORMAT_VERSION,
    HEADER_BYTES,
    NO_JOB,
    Kind,
    Request,
    ScheduleCall,
    ScheduleStatus,
    State,
    encode,
    job_id_hash,
    result_hash,
)

LEDGER_SUFFIX: Final = ".ledger"
IDS_SUFFIX: Final = ".ids"
HIGHEST_ATTEMPT: Final = 0xFFFF

# Plain numbers: an enum's attribute costs as much as the clock.
_ENQUEUE_INTENDED: Final = int(Kind.ENQUEUE_INTENDED)
_ENQUEUE_ACKNOWLEDGED: Final = int(Kind.ENQUEUE_ACKNOWLEDGED)
_ENQUEUE_REFUSED: Final = int(Kind.ENQUEUE_REFUSED)
_ENQUEUE_UNKNOWN: Final = int(Kind.ENQUEUE_UNKNOWN)
_EXECUTION_STARTED: Final = int(Kind.EXECUTION_STARTED)
_EXECUTION_FINISHED: Final = int(Kind.EXECUTION_FINISHED)
_ACK_INTENDED: Final = int(Kind.ACK_INTENDED)
_ACK_ACKNOWLEDGED: Final = int(Kind.ACK_ACKNOWLEDGED)
_ACK_REFUSED: Final = int(Kind.ACK_REFUSED)
_ACK_UNKNOWN: Final = int(Kind.ACK_UNKNOWN)
_FINAL_STATE: Final = int(Kind.FINAL_STATE)
_CONNECTED: Final = int(Kind.CONNECTED)
_DISCONNECTED: Final = int(Kind.DISCONNECTED)
_SUBSCRIBE_INTENDED: Final = int(Kind.SUBSCRIBE_INTENDED)
_COMPLETION_HEARD: Final = int(Kind.COMPLETION_HEARD)
_COMPLETION_AWAITED: Final = int(Kind.COMPLETION_AWAITED)
_SCHEDULE_INTENDED: Final = int(Kind.SCHEDULE_INTENDED)
_SCHEDULE_ACKNOWLEDGED: Final = int(Kind.SCHEDULE_ACKNOWLEDGED)
_SCHEDULE_REFUSED: Final = int(Kind.SCHEDULE_REFUSED)
_SCHEDULE_UNKNOWN: Final = int(Kind.SCHEDULE_UNKNOWN)
_SCHEDULE_TOLD: Final = int(Kind.SCHEDULE_TOLD)
_FIRE_TOLD: Final = int(Kind.FIRE_TOLD)
_FIRES_READ: Final = int(Kind.FIRES_READ)

_APPEND: Final = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_CLOSED: Final = -1
_force_to_disk = getattr(os, "fdatasync", os.fsync)


class LedgerWriteFailed(Exception):
    """A ledger can't be written any further; the message names the file, the error and the next step.

    Attributes:
        path: The file.
        errno: The operating system's error number.
    """

    def __init__(self, path: Path, error: OSError) -> None:
        number = error.errno or errno.EIO
        step = _NEXT_STEP.get(number, "mend the file system, then run again")
        super().__init__(f"{path}: {error.strerror or error} ({errno.errorcode.get(number, number)}): {step}")
        self.path = path
        self.errno = number


_NEXT_STEP: Final = {
    errno.ENOSPC: "free some space there, or choose another place with --runs",
    errno.EDQUOT: "the disk quota is used up: free some space, or choose another place with --runs",
    errno.EFBIG: "files may not grow so large: raise the limit (ulimit -f) or run fewer jobs",
    errno.EACCES: "make the directory writable, or choose another place with --runs",
    errno.EPERM: "make the directory writable, or choose another place with --runs",
    errno.EROFS: "the file system is read-only: choose another place with --runs",
    errno.EEXIST: "each start of a component writes a new file: use a new run directory",
    errno.ENOENT: "the run's directory is not there: was it removed while the run went on?",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.EBADF: "the writer was already closed",
}


class AppendOnly:
    """A file to which each piece is appended with one write, or the writing ends for good.

    Args:
        path: The file, for messages.
        fd: The file, open for appending; it is this one's from now on.
        fsync: Wait after each piece until it is on the disk.
    """

    __slots__ = ("_failure", "_fd", "_fsync", "path")

    def __init__(self, path: Path, fd: int, *, fsync: bool) -> None:
        self.path = path
        self._fd = fd
        self._fsync = fsync
        self._failure: LedgerWriteFailed | None = None

    def append(self, piece: bytes) -> None:
        """Append a piece.

        Raises:
            LedgerWriteFailed: It could not be written whole; every later call raises it too.
        """
        try:
            written = os.write(self._fd, piece)
            if written != len(piece):
                raise OSError(errno.ENOSPC, f"only {written} of {len(piece)} bytes could be written")
            if self._fsync:
                _force_to_disk(self._fd)
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """End the file. A second call does nothing."""
        fd, self._fd = self._fd, _CLOSED
        if fd != _CLOSED:
            try:
                os.close(fd)
            except OSError as error:
                self._fail(error)

    def _fail(self, error: OSError) -> NoReturn:
        if self._failure is not None:
            raise LedgerWriteFailed(self.path, OSError(self._failure.errno, "an earlier write failed"))
        self._failure = LedgerWriteFailed(self.path, error)
        with contextlib.suppress(LedgerWriteFailed):  # the first error is the one to tell
            self.close()
        raise self._failure from error


class LedgerWriter:
    """The ledger file of one process, from one start to its end. For one thread.

    Every method appends one record, stamped with the clock as it is called, and returns when the kernel has
    it. Methods that say what is intended are called before the request leaves the process.

    `serial` numbers calls and executions within this file from 0 and joins what belongs together. Codes are
    gRPC status codes; outcomes are `Outcome`, states `State`, payloads `Payload`. Attempts above 65,535 are
    recorded as 65,535.

    Raises:
        LedgerWriteFailed: The file exists or can't be written. Once a write has failed or fallen short, every
            later call raises it too: a ledger with a gap would prove nothing.
    """

    __slots__ = ("_fsync", "_ids", "_ids_path", "_records")

    def __init__(
        self, directory: Path, *, run: str, component: str, incarnation: int, fsync: bool = False
    ) -> None:
        stem = f"{component}.{incarnation}"
        path = Path(directory) / f"{stem}{LEDGER_SUFFIX}"
        header = {
            "format": FORMAT_NAME,
            "version": FORMAT_VERSION,
            "run": run,
            "component": component,
            "incarnation": incarnation,
            "pid": os.getpid(),
            "clock": clock_name(),
        }
        self._fsync = fsync
        self._ids: AppendOnly | None = None
        self._ids_path = path.with_name(f"{stem}{IDS_SUFFIX}")
        self._records = AppendOnly(path, _create_with_header(path, encode_header(header)), fsync=fsync)

    @property
    def path(self) -> Path:
        """The ledger file."""
        return self._records.path

    def enqueue_intended(self, job: int, copy: int, attempt: int, due_ns: int, serial: int) -> None:
        """An enqueue is about to be sent; it was due at `due_ns`. `copy` is 1 for a second one on purpose."""
        self._append(_ENQUEUE_INTENDED, copy, attempt, job, due_ns, serial)

    def enqueue_acknowledged(
        self, job: int, deduplicated: bool, attempt: int, job_id: str, serial: int
    ) -> None:
        """The system took the job and gave it this id, which goes to the file of ids first."""
        self._append_id(job_id)
        self._append(
            _ENQUEUE_ACKNOWLEDGED, 1 if deduplicated else 0, attempt, job, job_id_hash(job_id), serial
        )

    def enqueue_refused(self, job: int, code: int, attempt: int, serial: int) -> None:
        """The system refused this try for certain."""
        self._append(_ENQUEUE_REFUSED, code, attempt, job, 0, serial)

    def enqueue_unknown(self, job: int, code: int, attempt: int, serial: int) -> None:
        """This try ended without an answer: the job may exist."""
        self._append(_ENQUEUE_UNKNOWN, code, attempt, job, 0, serial)

    def execution_started(self, job: int, payload: int, attempt: int, job_id: str, serial: int) -> None:
        """A job was received, and its execution begins. `attempt` is the system's count."""
        self._append(_EXECUTION_STARTED, payload, attempt, job, job_id_hash(job_id), serial)

    def execution_finished(self, job: int, outcome: int, attempt: int, serial: int) -> None:
        """The execution ended with this outcome."""
        self._append(_EXECUTION_FINISHED, outcome, attempt, job, 0, serial)

    def ack_intended(self, job: int, outcome: int, attempt: int, serial: int, result: bytes = b"") -> None:
        """An ack with this outcome, and this result, is about to be sent."""
        self._append(_ACK_INTENDED, outcome, attempt, job, result_hash(result), serial)

    def ack_acknowledged(self, job: int, outcome: int, attempt: int, state: int, serial: int) -> None:
        """The system took the ack, and said that the job is in this state now."""
        self._append(_ACK_ACKNOWLEDGED, outcome, attempt, job, state, serial)

    def ack_refused(self, job: int, outcome: int, attempt: int, code: int, serial: int) -> None:
        """The system refused this ack for certain."""
        self._append(_ACK_REFUSED, outcome, attempt, job, code, serial)

    def ack_unknown(self, job: int, outcome: int, attempt: int, code: int, serial: int) -> None:
        """This ack ended without an answer: it may have taken effect."""
        self._append(_ACK_UNKNOWN, outcome, attempt, job, code, serial)

    def final_state(self, job: int, state: int, attempt: int, job_id: str | None, serial: int) -> None:
        """The system's last word on a job, asked by `job_id`.

        `job_id` is None for a job of unknown id that was looked for and not found: `state` is then ABSENT.
        The id itself is not written again: where the enqueue was answered, the producer's file of ids has it.
        """
        if job_id is None and state != State.ABSENT:
            raise ValueError(f"job {job} has state {state} but no id")
        self._append(_FINAL_STATE, state, attempt, job, 0 if job_id is None else job_id_hash(job_id), serial)

    def request_intended(self, request: Request, job: int, attempt: int, job_id: str, serial: int) -> None:
        """A request about the job of this id is about to be sent."""
        self._append(request.intended, 0, attempt, job, job_id_hash(job_id), serial)

    def request_acknowledged(self, request: Request, job: int, attempt: int, serial: int) -> None:
        """The system did what was requested."""
        self._append(request.acknowledged, 0, attempt, job, 0, serial)

    def request_refused(self, request: Request, job: int, attempt: int, code: int, serial: int) -> None:
        """The system did not do it, for certain."""
        self._append(request.refused, 0, attempt, job, code, serial)

    def request_unknown(self, request: Request, job: int, attempt: int, code: int, serial: int) -> None:
        """The request ended without an answer: it may have taken effect."""
        self._append(request.unknown, 0, attempt, job, code, serial)

    def subscribe_intended(self, job: int, stream: int, job_id: str, serial: int) -> None:
        """The end of the job of this id is about to be asked for, on a stream that this process has opened."""
        self._append(_SUBSCRIBE_INTENDED, 0, stream, job, job_id_hash(job_id), serial)

    def completion_heard(self, job: int, state: int, stream: int, result: bytes, serial: int) -> None:
        """A stream told that the job has ended in this state, with this result."""
        self._append(_COMPLETION_HEARD, state, stream, job, result_hash(result), serial)

    def completion_awaited(self, job: int, stream: int, serial: int) -> None:
        """Nobody listens any more; this stream stood to the end, and told nothing of the job."""
        self._append(_COMPLETION_AWAITED, 0, stream, job, 0, serial)

    def schedule_intended(self, call: ScheduleCall, job: int, attempt: int, cron: int, serial: int) -> None:
        """A call about a schedule is about to be sent; `cron` is the number of the expression that it names, or 0."""
        self._append(_SCHEDULE_INTENDED, call, attempt, job, cron, serial)

    def schedule_acknowledged(
        self, call: ScheduleCall, job: int, attempt: int, schedule_id: str, serial: int
    ) -> None:
        """The system did what the call asked for; the schedule has this id, if the answer tells one."""
        self._append(_SCHEDULE_ACKNOWLEDGED, call, attempt, job, _id_hash(schedule_id), serial)

    def schedule_refused(self, call: ScheduleCall, job: int, attempt: int, code: int, serial: int) -> None:
        """The system refused the call for certain."""
        self._append(_SCHEDULE_REFUSED, call, attempt, job, code, serial)

    def schedule_unknown(self, call: ScheduleCall, job: int, attempt: int, code: int, serial: int) -> None:
        """The call ended without an answer: it may have taken effect."""
        self._append(_SCHEDULE_UNKNOWN, call, attempt, job, code, serial)

    def schedule_told(
        self, job: int, status: ScheduleStatus, cron: int, schedule_id: str, serial: int
    ) -> None:
        """The system told how it has a schedule, asked while no call about it was under way."""
        self._append(_SCHEDULE_TOLD, status, cron, job, _id_hash(schedule_id), serial)

    def fire_told(self, job: int, state: int, attempt: int, fired_ms: int, serial: int) -> None:
        """The system told of a job that a schedule has fired, at this Unix time, and of the state it is in."""
        self._append(_FIRE_TOLD, state, attempt, job, fired_ms, serial)

    def fires_read(self, job: int, fires: int, serial: int) -> None:
        """The system told of all that a schedule has fired: so many jobs."""
        self._append(_FIRES_READ, 0, 0, job, fires, serial)

    def connected(self) -> None:
        """A connection to the system came about."""
        self._append(_CONNECTED, 0, 0, NO_JOB, 0, 0)

    def disconnected(self) -> None:
        """The connection to the system ended."""
        self._append(_DISCONNECTED, 0, 0, NO_JOB, 0, 0)

    def close(self) -> None:
        """End the file. A second call does nothing."""
        self._records.close()
        if self._ids is not None:
            self._ids.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _append(self, kind: int, detail: int, attempt: int, job: int, value: int, serial: int) -> None:
        if not 0 <= attempt <= HIGHEST_ATTEMPT:
            attempt = min(max(attempt, 0), HIGHEST_ATTEMPT)
        self._records.append(encode(kind, detail, attempt, job, now_ns(), value, serial))

    def _append_id(self, job_id: str) -> None:
        if self._ids is None:
            self._ids = AppendOnly(self._ids_path, _create(self._ids_path), fsync=self._fsync)
        self._ids.append(escape_id(job_id).encode() + b"\n")


class EventWriter:
    """`events.ndjson` of a run: one event a line, numbered from 0, each with one write.

    Raises:
        LedgerWriteFailed: The file is there already, or can't be written; every later call raises it too.
    """

    __slots__ = ("_lines", "_written")

    def __init__(self, directory: Path, *, fsync: bool = False) -> None:
        path = Path(directory) / EVENTS_FILE
        self._lines = AppendOnly(path, _create(path), fsync=fsync)
        self._written = 0

    @property
    def path(self) -> Path:
        """The file of events."""
        return self._lines.path

    def write(self, event: Event) -> None:
        """Append one event."""
        self._lines.append(to_line(event, self._written))
        self._written += 1

    def close(self) -> None:
        """End the file. A second call does nothing."""
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def encode_header(header: dict[str, object]) -> bytes:
    """The 256 bytes at the start of a ledger file.

    Raises:
        ValueError: The names in it are too long to fit.
    """
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) >= HEADER_BYTES:
        raise ValueError(
            f"a ledger's header is {len(text)} bytes, and {HEADER_BYTES - 1} fit: shorten the run's name"
        )
    return text.ljust(HEADER_BYTES - 1) + b"\n"


def escape_id(job_id: str) -> str:
    r"""A job id as one line of text: backslash as `\\`, line feed as `\n`, carriage return as `\r`."""
    if "\\" in job_id or "\n" in job_id or "\r" in job_id:
        return job_id.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return job_id


def _id_hash(schedule_id: str) -> int:
    return job_id_hash(schedule_id) if schedule_id else 0


def _create_with_header(path: Path, header: bytes) -> int:
    """A new ledger file, open for appending; no process ever sees it without its whole header."""
    unfinished = path.with_name(f"{path.name}.new")
    fd = _create(unfinished)
    try:
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        if os.write(fd, header) != len(header):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.close(fd)
        fd = _CLOSED
        unfinished.rename(path)
        return os.open(path, _APPEND)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise LedgerWriteFailed(path, error) from error
    finally:
        if fd != _CLOSED:
            os.close(fd)


def _create(path: Path) -> int:
    try:
        return os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError as error:
        raise LedgerWriteFailed(path, error) from error
