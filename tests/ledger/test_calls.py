"""What the load's own calls saw in a span of time, against a plain pairing of intents and answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.ledger.calls import Calls, calls_between
from chaos.ledger.records import NO_JOB, Kind, Outcome, encode
from chaos.ledger.writer import LEDGER_SUFFIX, encode_header

MS = 1_000_000
ENDS = {
    Kind.ENQUEUE_INTENDED: (Kind.ENQUEUE_ACKNOWLEDGED, Kind.ENQUEUE_REFUSED, Kind.ENQUEUE_UNKNOWN),
    Kind.ACK_INTENDED: (Kind.ACK_ACKNOWLEDGED, Kind.ACK_REFUSED, Kind.ACK_UNKNOWN),
}
UNANSWERED = (Kind.ENQUEUE_UNKNOWN, Kind.ACK_UNKNOWN)


@dataclass(frozen=True)
class Call:
    """One call as it was: when it was sent, and when it ended and how; None: it never did."""

    intended: Kind
    serial: int
    sent_ms: int
    ended_ms: int | None
    end: Kind | None


def write(directory: Path, writer: str, records: list[tuple[int, Kind, int]], torn: bytes = b"") -> None:
    """A ledger file with these records: `(ms, kind, serial)`."""
    component, incarnation = writer.split(".")
    header = {
        "format": "chaos-ledger",
        "version": 1,
        "run": "r",
        "component": component,
        "incarnation": int(incarnation),
        "pid": 1,
        "clock": "c",
    }
    content = b"".join(
        encode(kind, _detail(kind), 1, _job(kind, serial), ms * MS, 0, serial)
        for ms, kind, serial in sorted(records, key=lambda record: record[0])
    )
    (directory / f"{writer}{LEDGER_SUFFIX}").write_bytes(encode_header(header) + content + torn)


def _detail(kind: Kind) -> int:
    return int(Outcome.SUCCESS) if Kind.EXECUTION_FINISHED <= kind <= Kind.ACK_UNKNOWN else 0


def _job(kind: Kind, serial: int) -> int:
    return NO_JOB if kind >= Kind.CONNECTED else serial


@st.composite
def some_calls(draw: st.DrawFn) -> list[Call]:
    """Calls of one process: many under way at once, those of one execution one after the other."""
    found = []
    for serial in range(draw(st.integers(0, 8))):
        intended = draw(st.sampled_from(list(ENDS)))
        now_ms = draw(st.integers(0, 50))
        for _ in range(draw(st.integers(1, 3))):
            took_ms = draw(st.none() | st.integers(0, 40))
            end = None if took_ms is None else draw(st.sampled_from(ENDS[intended]))
            ended_ms = None if took_ms is None else now_ms + took_ms
            found.append(Call(intended, serial, now_ms, ended_ms, end))
            if ended_ms is None:
                break
            now_ms = ended_ms + draw(st.integers(1, 5))
    return found


def records_of(calls: list[Call]) -> list[tuple[int, Kind, int]]:
    records = []
    for call in calls:
        records.append((call.sent_ms, call.intended, call.serial))
        if call.end is not None and call.ended_ms is not None:
            records.append((call.ended_ms, call.end, call.serial))
    return records


links = st.lists(st.tuples(st.integers(0, 100), st.sampled_from((Kind.CONNECTED, Kind.DISCONNECTED))))


@settings(max_examples=150)
@given(
    st.lists(st.tuples(some_calls(), links), min_size=1, max_size=3),
    st.integers(0, 100),
    st.integers(0, 100),
    st.binary(max_size=31),
)
def test_calls_are_what_a_plain_pairing_finds(
    processes: list[tuple[list[Call], list[tuple[int, Kind]]]], start_ms: int, lasts_ms: int, torn: bytes
) -> None:
    end_ms = start_ms + lasts_ms
    with TemporaryDirectory() as name:
        for incarnation, (calls, changes) in enumerate(processes, start=1):
            about_links = [(ms, kind, 0) for ms, kind in changes]
            write(Path(name), f"worker-1.{incarnation}", records_of(calls) + about_links, torn)
        answer = calls_between(Path(name), ["worker-1"], start_ms * MS, end_ms * MS)
    ended = [call for calls, _ in processes for call in calls if _within(call.ended_ms, start_ms, end_ms)]
    took = [
        call.ended_ms - call.sent_ms
        for call in ended
        if call.ended_ms is not None and call.end not in UNANSWERED
    ]
    changed = [kind for _, changes in processes for ms, kind in changes if _within(ms, start_ms, end_ms)]
    assert answer == Calls(
        answered=len(took),
        fast_ms=float(np.quantile(took, 0.25)) if took else None,
        median_ms=median(took) if took else None,
        slowest_ms=max(took) if took else None,
        unanswered=len(ended) - len(took),
        connections_lost=changed.count(Kind.DISCONNECTED),
        connections_made=changed.count(Kind.CONNECTED),
        seconds=lasts_ms * MS / 1e9,
    )


def _within(ms: int | None, start_ms: int, end_ms: int) -> bool:
    return ms is not None and start_ms <= ms < end_ms


def test_only_the_components_asked_for_count(tmp_path: Path) -> None:
    for writer in ("worker-1.1", "worker-10.1", "producer-1.1"):
        write(tmp_path, writer, [(1, Kind.ENQUEUE_INTENDED, 0), (3, Kind.ENQUEUE_ACKNOWLEDGED, 0)])
    assert calls_between(tmp_path, {"worker-1"}, 0, 10 * MS).answered == 1
    assert calls_between(tmp_path, ("worker-1", "producer-1"), 0, 10 * MS).answered == 2
    assert calls_between(tmp_path, (), 0, 10 * MS) == Calls(0, None, None, None, 0, 0, 0, 0.01)


@pytest.mark.parametrize("written_bytes", [0, 10])
def test_a_process_that_has_not_written_its_header_yet_made_no_calls(
    tmp_path: Path, written_bytes: int
) -> None:
    write(tmp_path, "worker-1.1", [(1, Kind.ENQUEUE_INTENDED, 0), (3, Kind.ENQUEUE_ACKNOWLEDGED, 0)])
    write(tmp_path, "worker-1.2", [])
    with (tmp_path / f"worker-1.2{LEDGER_SUFFIX}").open("r+b") as file:
        file.truncate(written_bytes)
    assert calls_between(tmp_path, ["worker-1"], 0, 10 * MS).answered == 1


def test_a_call_that_was_sent_before_the_span_is_told_in_full(tmp_path: Path) -> None:
    write(tmp_path, "worker-1.1", [(1_000, Kind.ACK_INTENDED, 4), (31_000, Kind.ACK_ACKNOWLEDGED, 4)])
    assert calls_between(tmp_path, ["worker-1"], 30_000 * MS, 40_000 * MS).slowest_ms == 30_000.0


def test_executions_and_final_states_are_no_calls(tmp_path: Path) -> None:
    records = [(1, Kind.EXECUTION_STARTED, 0), (2, Kind.EXECUTION_FINISHED, 0), (3, Kind.FINAL_STATE, 0)]
    write(tmp_path, "worker-1.1", records)
    assert calls_between(tmp_path, ["worker-1"], 0, 10 * MS) == Calls(0, None, None, None, 0, 0, 0, 0.01)
