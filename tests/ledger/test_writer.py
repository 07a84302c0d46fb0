"""What a writer leaves behind, whatever happens to it."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.ledger.events import Note, Noted
from chaos.ledger.reader import LedgerFile, read_events, read_header, unescape_id
from chaos.ledger.records import (
    HEADER_BYTES,
    NO_JOB,
    RECORD_BYTES,
    Kind,
    Outcome,
    Payload,
    Request,
    State,
    job_id_hash,
    result_hash,
)
from chaos.ledger.writer import EventWriter, LedgerWriteFailed, LedgerWriter, escape_id

KILLS = 20


def writer_in(directory: Path, **changes: object) -> LedgerWriter:
    named = {"run": "a-run", "component": "worker-1", "incarnation": 1, **changes}
    return LedgerWriter(directory, **named)  # type: ignore[arg-type]


def records_in(directory: Path, writer: str = "worker-1.1") -> list[tuple[int, ...]]:
    file = LedgerFile(directory / f"{writer}.ledger")
    return [record.item() for chunk in file.chunks() for record in chunk.copy()]


def test_the_header_names_the_writer(tmp_path: Path) -> None:
    with writer_in(tmp_path, incarnation=3) as writer:
        header = read_header(writer.path)
    assert writer.path.name == "worker-1.3.ledger"
    assert (header.run, header.component, header.incarnation, header.pid) == (
        "a-run",
        "worker-1",
        3,
        os.getpid(),
    )
    raw = writer.path.read_bytes()
    assert len(raw) == HEADER_BYTES
    assert raw.endswith(b" \n")
    assert json.loads(raw)["format"] == "chaos-ledger"


def test_each_method_writes_the_record_of_its_name(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer:
        writer.enqueue_intended(7, 1, 2, 12345, 0)
        writer.enqueue_acknowledged(7, True, 2, "id-7", 0)
        writer.enqueue_refused(8, 3, 1, 1)
        writer.enqueue_unknown(9, 14, 1, 2)
        writer.execution_started(NO_JOB, Payload.CORRUPTED, 4, "id-7", 0)
        writer.execution_finished(7, Outcome.SUCCESS, 4, 0)
        writer.ack_intended(7, Outcome.SUCCESS, 4, 0)
        writer.ack_acknowledged(7, Outcome.SUCCESS, 4, State.SUCCESS, 0)
        writer.ack_refused(7, Outcome.FAILURE, 4, 9, 0)
        writer.ack_unknown(7, Outcome.FAILURE_NO_RETRY, 4, 4, 0)
        writer.final_state(7, State.DEAD, 5, "id-7", 3)
        writer.final_state(9, State.ABSENT, 0, None, 4)
        writer.ack_intended(7, Outcome.SUCCESS, 4, 1, b"a result")
        writer.request_intended(Request.CANCEL, 7, 1, "id-7", 5)
        writer.request_acknowledged(Request.CANCEL, 7, 1, 5)
        writer.request_intended(Request.RETRY, 7, 2, "id-7", 6)
        writer.request_refused(Request.RETRY, 7, 2, 9, 6)
        writer.request_unknown(Request.RETRY, 7, 2, 14, 6)
        writer.subscribe_intended(7, 2, "id-7", 7)
        writer.completion_heard(7, State.SUCCESS, 2, b"a result", 8)
        writer.completion_awaited(7, 2, 9)
    told = [
        (kind, detail, attempt, job, value, serial)
        for kind, detail, attempt, job, _, value, serial, _ in records_in(tmp_path)
    ]
    hashed = job_id_hash("id-7")
    assert told == [
        (Kind.ENQUEUE_INTENDED, 1, 2, 7, 12345, 0),
        (Kind.ENQUEUE_ACKNOWLEDGED, 1, 2, 7, hashed, 0),
        (Kind.ENQUEUE_REFUSED, 3, 1, 8, 0, 1),
        (Kind.ENQUEUE_UNKNOWN, 14, 1, 9, 0, 2),
        (Kind.EXECUTION_STARTED, 1, 4, NO_JOB, hashed, 0),
        (Kind.EXECUTION_FINISHED, 1, 4, 7, 0, 0),
        (Kind.ACK_INTENDED, 1, 4, 7, 0, 0),
        (Kind.ACK_ACKNOWLEDGED, 1, 4, 7, State.SUCCESS, 0),
        (Kind.ACK_REFUSED, 2, 4, 7, 9, 0),
        (Kind.ACK_UNKNOWN, 3, 4, 7, 4, 0),
        (Kind.FINAL_STATE, State.DEAD, 5, 7, hashed, 3),
        (Kind.FINAL_STATE, State.ABSENT, 0, 9, 0, 4),
        (Kind.ACK_INTENDED, 1, 4, 7, result_hash(b"a result"), 1),
        (Kind.CANCEL_INTENDED, 0, 1, 7, hashed, 5),
        (Kind.CANCEL_ACKNOWLEDGED, 0, 1, 7, 0, 5),
        (Kind.RETRY_INTENDED, 0, 2, 7, hashed, 6),
        (Kind.RETRY_REFUSED, 0, 2, 7, 9, 6),
        (Kind.RETRY_UNKNOWN, 0, 2, 7, 14, 6),
        (Kind.SUBSCRIBE_INTENDED, 0, 2, 7, hashed, 7),
        (Kind.COMPLETION_HEARD, State.SUCCESS, 2, 7, result_hash(b"a result"), 8),
        (Kind.COMPLETION_AWAITED, 0, 2, 7, 0, 9),
    ]


def test_a_record_is_in_the_file_when_its_method_returns(tmp_path: Path) -> None:
    writer = writer_in(tmp_path)
    for count in range(1, 4):
        writer.execution_finished(1, Outcome.SUCCESS, 1, 0)
        assert writer.path.stat().st_size == HEADER_BYTES + count * RECORD_BYTES
    writer.close()


def test_the_file_of_ids_appears_with_the_first_id(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer:
        writer.enqueue_intended(0, 0, 1, 0, 0)
        assert not (tmp_path / "worker-1.1.ids").exists()
        writer.enqueue_acknowledged(0, False, 1, "first", 0)
        writer.enqueue_acknowledged(1, False, 1, "second", 1)
    assert (tmp_path / "worker-1.1.ids").read_bytes() == b"first\nsecond\n"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_id_fits_on_one_line(job_id: str) -> None:
    line = escape_id(job_id)
    assert not {"\n", "\r"} & set(line)
    assert unescape_id(line) == job_id


@pytest.mark.parametrize(("said", "written"), [(-5, 0), (65_535, 65_535), (70_000, 65_535)])
def test_an_attempt_beyond_the_field_is_written_as_the_nearest(
    tmp_path: Path, said: int, written: int
) -> None:
    with writer_in(tmp_path) as writer:
        writer.execution_started(1, 0, said, "id", 0)
    assert records_in(tmp_path)[0][2] == written


def test_a_final_state_without_an_id_can_only_be_absent(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer, pytest.raises(ValueError, match="no id"):
        writer.final_state(1, State.SUCCESS, 1, None, 0)


def test_no_two_writers_share_a_file(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer, pytest.raises(LedgerWriteFailed, match="new run directory") as caught:
        writer_in(tmp_path)
    assert caught.value.errno == errno.EEXIST
    assert caught.value.path == writer.path


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerWriteFailed, match=r"gone.*ENOENT"):
        writer_in(tmp_path / "gone")


def test_a_name_that_does_not_fit_the_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorten"):
        writer_in(tmp_path, run="x" * 300)
    assert list(tmp_path.iterdir()) == []


def limited_writer(directory: Path, room: int) -> subprocess.CompletedProcess[str]:
    """A process that may write so many bytes to a file, and keeps on when it can't."""
    code = f"""
from pathlib import Path
from chaos.ledger.writer import LedgerWriter, LedgerWriteFailed
writer = LedgerWriter(Path({str(directory)!r}), run="r", component="worker-1", incarnation=1)
for attempt in range(1, 6):
    try:
        writer.execution_finished(attempt, 1, 1, 0)
        print("written")
    except LedgerWriteFailed as error:
        print(error)
"""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    return subprocess.run(
        [sys.executable, "-c", code], preexec_fn=limit, capture_output=True, text=True, check=True
    )


@pytest.mark.parametrize("torn", [0, 10])
def test_a_write_that_fails_or_falls_short_ends_the_writer(tmp_path: Path, torn: int) -> None:
    room = HEADER_BYTES + 2 * RECORD_BYTES + torn
    said = limited_writer(tmp_path, room).stdout.splitlines()
    assert said[:2] == ["written", "written"]
    assert len(said) == 5
    assert all("worker-1.1.ledger" in line for line in said[2:])
    assert all("an earlier write failed" in line for line in said[3:])
    file = LedgerFile(tmp_path / "worker-1.1.ledger")
    assert (file.records, file.torn_bytes) == (2, torn)


def test_a_closed_writer_says_so(tmp_path: Path) -> None:
    writer = writer_in(tmp_path)
    writer.close()
    writer.close()
    with pytest.raises(LedgerWriteFailed, match="already closed"):
        writer.execution_finished(1, 1, 1, 0)


def test_records_forced_to_the_disk_are_the_same_records(tmp_path: Path) -> None:
    with writer_in(tmp_path, fsync=True) as writer:
        writer.enqueue_acknowledged(1, False, 1, "id", 0)
    assert len(records_in(tmp_path)) == 1


COUNTING = """
import os, sys
from pathlib import Path
from chaos.ledger.writer import LedgerWriter
writer = LedgerWriter(Path(sys.argv[1]), run="r", component="worker-1", incarnation=1)
said, number = int(sys.argv[2]), 0
while True:
    writer.enqueue_acknowledged(number, False, 1, f"id-{number}", number)
    number += 1
    os.pwrite(said, number.to_bytes(8, "little"), 0)
"""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_writer_loses_no_record(tmp_path: Path, seed: int) -> None:
    said = tmp_path / "said"
    with said.open("w+b") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", COUNTING, str(tmp_path), str(file.fileno())], pass_fds=[file.fileno()]
        )
        deadline = time.monotonic() + 20
        while said.stat().st_size == 0:
            assert time.monotonic() < deadline, "the writer wrote nothing"
            assert process.poll() is None
        time.sleep(random.Random(seed).uniform(0, 0.02))
        process.kill()
        process.wait()
    recorded = int.from_bytes(said.read_bytes(), "little")
    file_read = LedgerFile(tmp_path / "worker-1.1.ledger")
    jobs = [int(job) for chunk in file_read.chunks() for job in chunk["job"].copy()]
    assert jobs == list(range(len(jobs)))
    assert recorded <= len(jobs) <= recorded + 1
    ids = list(file_read.ids())
    assert ids[: len(jobs)] == [f"id-{job}" for job in jobs]
    assert len(jobs) <= len(ids) <= len(jobs) + 1


def test_events_come_back_as_they_were_written(tmp_path: Path) -> None:
    event = Noted(time_ns=5, what=Note.INTERRUPTED, text="a line\nand another, “quoted”")
    with EventWriter(tmp_path) as events:
        events.write(event)
        assert read_events(tmp_path) == ((event,), False)


def test_a_torn_last_event_is_skipped_and_told(tmp_path: Path) -> None:
    event = Noted(time_ns=1, what=Note.INTERRUPTED, text="t")
    with EventWriter(tmp_path) as events:
        events.write(event)
    with (tmp_path / "events.ndjson").open("ab") as file:
        file.write(b'{"event":"noted","ti')
    assert read_events(tmp_path) == ((event,), True)


def test_the_events_of_another_run_are_not_added_to(tmp_path: Path) -> None:
    EventWriter(tmp_path).close()
    with pytest.raises(LedgerWriteFailed, match="use a new run directory"):
        EventWriter(tmp_path)
