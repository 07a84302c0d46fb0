"""Reading a ledger: every record once, in bounded memory, and nothing taken on trust.

A torn last record is what a killed writer leaves: it is skipped and counted. Any other damage is an error
that names the file and the byte.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chaos.ledger.damage import LedgerDamaged, LedgerMissing
from chaos.ledger.events import EVENTS_FILE, Event, LedgerClosed, LedgerOpened, RunStarted, from_line
from chaos.ledger.records import (
    CHECK,
    FORMAT_NAME,
    FORMAT_VERSION,
    HEADER_BYTES,
    READABLE_VERSIONS,
    RECORD_BYTES,
    SCHEDULE_CALLS,
    Kind,
    Outcome,
    Payload,
    Request,
    ScheduleCall,
    ScheduleStatus,
    State,
)
from chaos.ledger.writer import IDS_SUFFIX, LEDGER_SUFFIX

CHUNK_RECORDS: Final = 1 << 15

RECORD: Final = np.dtype(
    [
        ("kind", "<u1"),
        ("detail", "<u1"),
        ("attempt", "<u2"),
        ("job", "<u4"),
        ("time_ns", "<u8"),
        ("value", "<u8"),
        ("serial", "<u4"),
        ("check", "<u4"),
    ]
)

Records = NDArray[np.void]


def _known_kinds_and_details() -> NDArray[np.bool_]:
    """Whether a kind and its detail, as the number `kind | detail << 8`, mean anything."""
    grpc_codes = range(17)
    outcomes = [int(outcome) for outcome in Outcome]
    details: dict[Kind, Any] = {
        Kind.ENQUEUE_INTENDED: (0, 1),
        Kind.ENQUEUE_ACKNOWLEDGED: (0, 1),
        Kind.ENQUEUE_REFUSED: grpc_codes,
        Kind.ENQUEUE_UNKNOWN: grpc_codes,
        Kind.EXECUTION_STARTED: [int(payload) for payload in Payload],
        Kind.EXECUTION_FINISHED: outcomes,
        Kind.ACK_INTENDED: outcomes,
        Kind.ACK_ACKNOWLEDGED: outcomes,
        Kind.ACK_REFUSED: outcomes,
        Kind.ACK_UNKNOWN: outcomes,
        Kind.FINAL_STATE: [int(state) for state in State],
        Kind.CONNECTED: (0,),
        Kind.DISCONNECTED: (0,),
        Kind.SUBSCRIBE_INTENDED: (0,),
        Kind.COMPLETION_HEARD: [int(state) for state in State],
        Kind.COMPLETION_AWAITED: (0,),
        Kind.SCHEDULE_TOLD: [int(status) for status in ScheduleStatus],
        Kind.FIRE_TOLD: [int(state) for state in State],
        Kind.FIRES_READ: (0,),
        **{kind: [int(call) for call in ScheduleCall] for kind in SCHEDULE_CALLS},
    }
    for request in Request:
        for kind in (request.intended, request.acknowledged, request.refused, request.unknown):
            details[kind] = (0,)
    known = np.zeros(1 << 16, dtype=np.bool_)
    for kind, allowed in details.items():
        for detail in allowed:
            known[int(kind) | detail << 8] = True
    return known


_KNOWN: Final = _known_kinds_and_details()
_LOW_HALF: Final = np.uint64(0xFFFF_FFFF)
_HALF: Final = np.uint64(32)


@dataclass(frozen=True)
class Header:
    """Who wrote a ledger file, and by which clock.

    Attributes:
        run: The run's name.
        component: `producer-1`, `worker-3`, `reader`.
        incarnation: Which start of the component, from 1.
        pid: Its process.
        clock: The clock its times were read from; see `chaos.clock.clock_name`.
        version: The version of the format that it is written in.
    """

    run: str
    component: str
    incarnation: int
    pid: int
    clock: str
    version: int = FORMAT_VERSION

    @property
    def writer(self) -> str:
        """`<component>.<incarnation>`: the file's name without its ending."""
        return f"{self.component}.{self.incarnation}"


def read_header(path: Path) -> Header:
    """The header of a ledger file.

    Raises:
        LedgerDamaged: It is no header of this version, or of another writer than the file's name says.
    """
    with path.open("rb") as file:
        raw = file.read(HEADER_BYTES)
    if len(raw) < HEADER_BYTES:
        raise LedgerDamaged(path, len(raw), f"the header ends after {len(raw)} of {HEADER_BYTES} bytes")
    try:
        fields = json.loads(raw)
        if raw[-1:] != b"\n" or fields["format"] != FORMAT_NAME:
            raise ValueError
        version = fields["version"]
        if version not in READABLE_VERSIONS:
            raise LedgerDamaged(path, 0, f"its format is version {version!r}, and this is {FORMAT_VERSION}")
        header = Header(
            run=str(fields["run"]),
            component=str(fields["component"]),
            incarnation=int(fields["incarnation"]),
            pid=int(fields["pid"]),
            clock=str(fields["clock"]),
            version=version,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerDamaged(path, 0, "this is not the header of a ledger file") from error
    if header.writer != path.name.removesuffix(LEDGER_SUFFIX):
        raise LedgerDamaged(path, 0, f"its header says that it is {header.writer}{LEDGER_SUFFIX}")
    return header


class LedgerFile:
    """One process's ledger file.

    Attributes:
        path: The file.
        header: Who wrote it.
        records: How many whole records it had when it was opened.
        torn_bytes: How many bytes of a record that was never finished follow them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header = read_header(path)
        self.records, self.torn_bytes = divmod(path.stat().st_size - HEADER_BYTES, RECORD_BYTES)

    @property
    def writer(self) -> str:
        """`<component>.<incarnation>`."""
        return self.header.writer

    def chunks(self, *, verify: bool = True, first: int = 0) -> Iterator[Records]:
        """All whole records from number `first` on, in pieces that share one buffer.

        Args:
            verify: Whether every record's check word, meaning and order are looked at; once is enough.
            first: How many records to skip.

        Raises:
            LedgerDamaged: A record is not what a writer wrote.
        """
        buffer = np.empty(min(CHUNK_RECORDS, max(self.records - first, 1)), dtype=RECORD)
        checker = RecordChecker(self.path)
        with self.path.open("rb", buffering=0) as file:
            file.seek(HEADER_BYTES + first * RECORD_BYTES)
            position = first
            while position < self.records:
                wanted = buffer[: min(len(buffer), self.records - position)]
                _fill(file, wanted, self.path, HEADER_BYTES + position * RECORD_BYTES)
                if verify:
                    checker.check(wanted, position)
                yield wanted
                position += len(wanted)

    def first_since(self, time_ns: int) -> int:
        """The number of the first record at or after a time, found without reading the file through."""
        with self.path.open("rb", buffering=0) as file:

            def time_of(number: int) -> int:
                file.seek(HEADER_BYTES + number * RECORD_BYTES)
                record = np.frombuffer(file.read(RECORD_BYTES), RECORD)
                return int(record["time_ns"][0])

            return bisect.bisect_left(range(self.records), time_ns, key=time_of)

    def between(self, start_ns: int, end_ns: int) -> Records:
        """The records from one time until just before another, found without reading the file through.

        Raises:
            LedgerDamaged: A record among them is not what a writer wrote.
        """
        first, after = self.first_since(start_ns), self.first_since(end_ns)
        records = np.fromfile(
            self.path, RECORD, max(0, after - first), offset=HEADER_BYTES + first * RECORD_BYTES
        )
        RecordChecker(self.path).check(records, first)
        return records

    def ids(self) -> Iterator[str]:
        """The system's job ids; the k-th belongs to the k-th ENQUEUE_ACKNOWLEDGED record.

        The last line may be torn, or have no record yet: then it is one more than there are records.
        """
        path = self.path.with_name(f"{self.writer}{IDS_SUFFIX}")
        if not path.exists():
            return
        with path.open("rb") as file:
            offset = 0
            for line in file:
                if line.endswith(b"\n"):
                    yield _unescaped(line[:-1], path, offset)
                offset += len(line)


class RecordChecker:
    """Looks at the records of one file in order: their check words, their meaning, their time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last_ns = 0

    def check(self, records: Records, position: int) -> None:
        """Check a piece that begins with record number `position`.

        Raises:
            LedgerDamaged: A record is not what a writer wrote.
        """
        if not len(records):
            return
        if (bad := first_bad_check(records)) is not None:
            self._damaged(position + bad, "the record's check word does not fit it")
        meaning = records.view(np.dtype("<u2")).reshape(len(records), -1)[:, 0]
        known = _KNOWN[meaning]
        if not known.all():
            index = int(np.argmin(known))
            kind, detail = int(records["kind"][index]), int(records["detail"][index])
            self._damaged(position + index, f"no record has kind {kind} with detail {detail}")
        times = np.ascontiguousarray(records["time_ns"])
        if int(times[0]) < self._last_ns:
            self._damaged(position, "the record's time is before that of the record ahead of it")
        if (backwards := times[1:] < times[:-1]).any():
            index = int(np.argmax(backwards)) + 1
            self._damaged(position + index, "the record's time is before that of the record ahead of it")
        self._last_ns = int(times[-1])

    def _damaged(self, number: int, what: str) -> None:
        raise LedgerDamaged(self._path, HEADER_BYTES + number * RECORD_BYTES, what)


def first_bad_check(records: Records) -> int | None:
    """The index of the first record whose check word does not fit it."""
    words = records.view(np.dtype("<u8")).reshape(len(records), -1)
    folded = words[:, 0] ^ words[:, 1]
    folded ^= words[:, 2]
    folded ^= words[:, 3]
    good = ((folded ^ (folded >> _HALF)) & _LOW_HALF) == CHECK
    return None if good.all() else int(np.argmin(good))


@dataclass(frozen=True)
class Ledger:
    """A run's ledger: one file for each start of each process, and the events of the runner.

    Attributes:
        directory: Where it is.
        files: The job ledgers, by writer.
        events: The runner's events, in order.
        torn_event: Whether the last event was never finished.
    """

    directory: Path
    files: tuple[LedgerFile, ...]
    events: tuple[Event, ...]
    torn_event: bool

    @classmethod
    def open(cls, directory: Path) -> Ledger:
        """The ledger in a directory, as far as it has been written.

        Raises:
            LedgerMissing: There is none.
            LedgerDamaged: A file is damaged, or is of another run or another clock than the others.
        """
        files = tuple(LedgerFile(path) for path in sorted(Path(directory).glob(f"*{LEDGER_SUFFIX}")))
        events, torn = read_events(Path(directory))
        if not files and not events:
            raise LedgerMissing(Path(directory))
        _refuse_strangers(files, events)
        _refuse_gaps(Path(directory), events)
        return cls(Path(directory), files, events, torn)

    @property
    def records(self) -> int:
        """Whole records in all files."""
        return sum(file.records for file in self.files)

    @property
    def torn_records(self) -> int:
        """Records and events that were never finished."""
        return sum(file.torn_bytes > 0 for file in self.files) + self.torn_event

    @cached_property
    def run(self) -> str:
        """The run's name."""
        started = next((event.run for event in self.events if isinstance(event, RunStarted)), None)
        return started if started is not None else self.files[0].header.run


def read_events(directory: Path) -> tuple[tuple[Event, ...], bool]:
    """The events of a run, and whether a last one was never finished. None, where there is no file of them.

    Raises:
        LedgerDamaged: A line that is not the last is no event, or not the one that was written there.
    """
    path = Path(directory) / EVENTS_FILE
    if not path.exists():
        return (), False
    events: list[Event] = []
    numbered = True
    offset = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return tuple(events), True
            try:
                event, number = from_line(line)
            except ValueError as error:
                raise LedgerDamaged(path, offset, str(error)) from error
            if not events:
                numbered = number is not None  # the first version did not number them
            if number != (len(events) if numbered else None):
                here = f"the event numbered {number} stands where number {len(events)} belongs"
                raise LedgerDamaged(path, offset, f"{here}: lines are gone, doubled or moved")
            events.append(event)
            offset += len(line)
    return tuple(events), False


def _refuse_strangers(files: tuple[LedgerFile, ...], events: tuple[Event, ...]) -> None:
    said = [(event.run, event.clock) for event in events if isinstance(event, RunStarted)]
    said += [(file.header.run, file.header.clock) for file in files]
    for file in files:
        if (file.header.run, file.header.clock) == said[0]:
            continue
        run, clock = said[0]
        if file.header.run != run:
            raise LedgerDamaged(file.path, 0, f"it is of the run {file.header.run}, the others of {run}")
        raise LedgerDamaged(
            file.path, 0, f"its times are of the clock {file.header.clock}, the others of {clock}"
        )


def _refuse_gaps(directory: Path, events: tuple[Event, ...]) -> None:
    """Every file that was opened is there, and as long as when its writer was gone."""
    for event in events:
        if isinstance(event, LedgerOpened | LedgerClosed):
            path = directory / f"{event.component}.{event.incarnation}{LEDGER_SUFFIX}"
            if not path.exists():
                raise LedgerDamaged(path, 0, "the file is gone")
            if isinstance(event, LedgerClosed):
                _refuse_other_size(path, event.ledger_bytes)
                _refuse_other_size(path.with_suffix(IDS_SUFFIX), event.ids_bytes)


def _refuse_other_size(path: Path, size_bytes: int) -> None:
    found_bytes = path.stat().st_size if path.exists() else 0
    if found_bytes != size_bytes:
        raise LedgerDamaged(
            path,
            min(found_bytes, size_bytes),
            f"it has {found_bytes} bytes, and had {size_bytes} when its writer was gone",
        )


def _fill(file: Any, wanted: Records, path: Path, offset: int) -> None:
    target = wanted.view(np.uint8)
    filled = 0
    while filled < len(target):
        count = file.readinto(target[filled:])
        if not count:
            raise LedgerDamaged(path, offset + filled, "the file grew shorter while it was read")
        filled += count


def _unescaped(line: bytes, path: Path, offset: int) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise LedgerDamaged(path, offset + error.start, "the job id is not UTF-8") from error
    return unescape_id(text)


def unescape_id(line: str) -> str:
    """The job id that `chaos.ledger.writer.escape_id` wrote as this line."""
    return _ESCAPED.sub(lambda match: _MEANINGS.get(match[1], match[0]), line)


_ESCAPED: Final = re.compile(r"\\(.)")
_MEANINGS: Final = {"n": "\n", "r": "\r", "\\": "\\"}
