"""A ledger for people and for other tools: NDJSON, merged by time, and Parquet."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal, NotRequired, TypedDict

import numpy as np

from chaos.ledger.events import Event
from chaos.ledger.reader import Ledger, LedgerFile, Records
from chaos.ledger.records import (
    NO_JOB,
    SCHEDULE_CALLS,
    Kind,
    Outcome,
    Payload,
    Request,
    ScheduleCall,
    ScheduleStatus,
)
from chaos.ledger.words import code_name, state_name

KIND_NAMES: Final = {kind: kind.name.lower().replace("_", "-") for kind in Kind}
_OUTCOME_NAMES: Final = {outcome: outcome.name.lower().replace("_", "-") for outcome in Outcome}
_CODES_IN_DETAIL: Final = (Kind.ENQUEUE_REFUSED, Kind.ENQUEUE_UNKNOWN)
_CODES_IN_VALUE: Final = (
    Kind.ACK_REFUSED,
    Kind.ACK_UNKNOWN,
    *(kind for request in Request for kind in (request.refused, request.unknown)),
    Kind.SCHEDULE_REFUSED,
    Kind.SCHEDULE_UNKNOWN,
)
_WITH_RESULT: Final = (Kind.ACK_INTENDED, Kind.COMPLETION_HEARD)
_WITH_OUTCOME: Final = range(Kind.EXECUTION_FINISHED, Kind.ACK_UNKNOWN + 1)
_WITH_ID: Final = (
    Kind.ENQUEUE_ACKNOWLEDGED,
    Kind.EXECUTION_STARTED,
    Kind.FINAL_STATE,
    Kind.SUBSCRIBE_INTENDED,
    *(request.intended for request in Request),
)
_WITH_SCHEDULE_ID: Final = (Kind.SCHEDULE_ACKNOWLEDGED, Kind.SCHEDULE_TOLD)


class Line(TypedDict):
    """One record in words. What a kind of record does not tell is left out."""

    time_ns: int
    component: str
    incarnation: int
    what: str
    job: int | None
    attempt: int
    serial: int
    copy: NotRequired[bool]
    due_ns: NotRequired[int]
    deduplicated: NotRequired[bool]
    job_id: NotRequired[str]
    job_id_hash: NotRequired[str]
    payload: NotRequired[Literal["intact", "corrupted"]]
    outcome: NotRequired[str]
    result_hash: NotRequired[str]
    state: NotRequired[str]
    call: NotRequired[str]
    status: NotRequired[str]
    schedule_id_hash: NotRequired[str]
    cron: NotRequired[int]
    fired_ms: NotRequired[int]
    fires: NotRequired[int]
    code: NotRequired[str]


class ParquetUnavailable(Exception):
    """Parquet can't be written here; the message says what to install."""


def to_ndjson(directory: Path, job: int | None = None) -> Iterator[str]:
    """The records and events of a ledger as JSON, one each, by time.

    Args:
        directory: The `ledger/` of a run.
        job: Only this job's records, and the events of the run.

    Raises:
        LedgerMissing: There is no ledger.
        LedgerDamaged: It is damaged.
    """
    ledger = Ledger.open(directory)
    streams: list[Iterator[tuple[int, str]]] = [_lines(file, job) for file in ledger.files]
    streams.append(_event_lines(ledger.events))
    for _, line in heapq.merge(*streams, key=lambda timed: timed[0]):
        yield line


def to_parquet(directory: Path, path: Path) -> int:
    """Write all records of a ledger to a Parquet file, file by file; sort by `time_ns` when reading.

    Returns:
        How many records were written.

    Raises:
        ParquetUnavailable: pyarrow is not installed.
        LedgerMissing: There is no ledger.
        LedgerDamaged: It is damaged.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ParquetUnavailable(
            "Parquet needs pyarrow, which is not installed: pip install 'chaos-queue[parquet]'"
        ) from error
    ledger = Ledger.open(directory)
    schema = pa.schema(
        [
            ("time_ns", pa.int64()),
            ("component", pa.dictionary(pa.int32(), pa.string())),
            ("incarnation", pa.int32()),
            ("what", pa.dictionary(pa.int32(), pa.string())),
            ("job", pa.uint32()),
            ("attempt", pa.uint16()),
            ("serial", pa.uint32()),
            ("detail", pa.uint8()),
            ("value", pa.uint64()),
        ]
    )
    kinds = pa.array([KIND_NAMES[kind] for kind in Kind])
    with pq.ParquetWriter(path, schema) as writer:
        for file in ledger.files:
            component = pa.array([file.header.component])
            for records in file.chunks():
                count = len(records)
                zeros = np.zeros(count, np.int32)
                columns = [
                    records["time_ns"].astype(np.int64),
                    pa.DictionaryArray.from_arrays(zeros, component),
                    np.full(count, file.header.incarnation, np.int32),
                    pa.DictionaryArray.from_arrays(records["kind"].astype(np.int32) - 1, kinds),
                    pa.array(np.ascontiguousarray(records["job"]), mask=records["job"] == NO_JOB),
                    *(
                        np.ascontiguousarray(records[name])
                        for name in ("attempt", "serial", "detail", "value")
                    ),
                ]
                arrays = [
                    pa.array(column, field.type) if isinstance(column, np.ndarray) else column
                    for column, field in zip(columns, schema, strict=True)
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return ledger.records


def _lines(file: LedgerFile, job: int | None) -> Iterator[tuple[int, str]]:
    ids = file.ids()
    for records in file.chunks():
        for record in _chosen(records, job, ids):
            line = _line(file, *record)
            yield line["time_ns"], json.dumps(line, separators=(",", ":"), ensure_ascii=False)


def _chosen(
    records: Records, job: int | None, ids: Iterator[str]
) -> Iterator[tuple[tuple[int, ...], str | None]]:
    """The records that were asked for, each with its id where the file of ids has one."""
    wanted = np.ones(len(records), np.bool_) if job is None else records["job"] == job
    identified = records["kind"] == Kind.ENQUEUE_ACKNOWLEDGED
    for index in np.flatnonzero(wanted | identified).tolist():
        job_id = next(ids, None) if identified[index] else None
        if wanted[index]:
            yield records[index].item(), job_id


def _line(file: LedgerFile, record: tuple[int, ...], job_id: str | None) -> Line:
    number, detail, attempt, job, time_ns, value, serial, _ = record
    kind = Kind(number)
    line = Line(
        time_ns=time_ns,
        component=file.header.component,
        incarnation=file.header.incarnation,
        what=KIND_NAMES[kind],
        job=None if job == NO_JOB else job,
        attempt=attempt,
        serial=serial,
    )
    if kind is Kind.ENQUEUE_INTENDED:
        line["copy"], line["due_ns"] = bool(detail), value
    elif kind is Kind.ENQUEUE_ACKNOWLEDGED:
        line["deduplicated"] = bool(detail)
    elif kind in _CODES_IN_DETAIL:
        line["code"] = code_name(detail)
    elif kind is Kind.EXECUTION_STARTED:
        line["payload"] = "corrupted" if detail == Payload.CORRUPTED else "intact"
    elif kind in SCHEDULE_CALLS:
        line["call"] = ScheduleCall(detail).name.lower()
    elif kind is Kind.SCHEDULE_TOLD:
        line["status"] = ScheduleStatus(detail).name
    elif kind in (Kind.FINAL_STATE, Kind.COMPLETION_HEARD, Kind.FIRE_TOLD):
        line["state"] = state_name(detail)
    elif kind in _WITH_OUTCOME:
        line["outcome"] = _OUTCOME_NAMES[Outcome(detail)]
    if job_id is not None:
        line["job_id"] = job_id
    if kind in _WITH_ID and value:
        line["job_id_hash"] = f"{value:016x}"
    if kind in _WITH_RESULT and value:
        line["result_hash"] = f"{value:016x}"
    if kind in _WITH_SCHEDULE_ID and value:
        line["schedule_id_hash"] = f"{value:016x}"
    if kind is Kind.SCHEDULE_INTENDED and value:
        line["cron"] = value
    if kind is Kind.FIRE_TOLD:
        line["fired_ms"] = value
    if kind is Kind.FIRES_READ:
        line["fires"] = value
    if kind is Kind.ACK_ACKNOWLEDGED:
        line["state"] = state_name(value)
    elif kind in _CODES_IN_VALUE:
        line["code"] = code_name(value)
    return line


def _event_lines(events: tuple[Event, ...]) -> Iterator[tuple[int, str]]:
    for event in events:
        fields: dict[str, Any] = asdict(event)
        line = {"time_ns": fields.pop("time_ns"), "event": event.name, **fields}
        yield event.time_ns, json.dumps(line, separators=(",", ":"), ensure_ascii=False)
