"""A ledger as NDJSON and as Parquet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from chaos.ledger import export
from chaos.ledger.events import Note, Noted
from chaos.ledger.records import NO_JOB, Outcome, Payload, State, job_id_hash
from chaos.ledger.writer import EventWriter, LedgerWriter


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's directory, with a ledger of two processes that took turns."""
    ledger = tmp_path / "ledger"
    ledger.mkdir()
    named = {"run": "r", "incarnation": 1}
    with (
        LedgerWriter(ledger, component="producer-1", **named) as producer,  # type: ignore[arg-type]
        LedgerWriter(ledger, component="worker-1", **named) as worker,  # type: ignore[arg-type]
        EventWriter(ledger) as events,
    ):
        producer.enqueue_intended(3, 1, 1, 99, 0)
        producer.enqueue_unknown(3, 14, 1, 0)
        producer.enqueue_acknowledged(4, False, 1, "id-4", 1)
        producer.enqueue_acknowledged(3, True, 2, "id\n3", 2)
        worker.execution_started(3, Payload.INTACT, 1, "id\n3", 0)
        worker.execution_started(NO_JOB, Payload.CORRUPTED, 1, "id-4", 1)
        worker.execution_finished(3, Outcome.FAILURE_NO_RETRY, 1, 0)
        worker.ack_acknowledged(3, Outcome.FAILURE_NO_RETRY, 1, State.DEAD, 0)
        worker.ack_refused(3, Outcome.FAILURE_NO_RETRY, 1, 9, 0)
        worker.final_state(3, State.DEAD, 1, "id\n3", 0)
        worker.disconnected()
        events.write(Noted(time_ns=2**62, what=Note.INTERRUPTED, text="the end"))
        events.write(Noted(time_ns=2**62 + 1, what=Note.INTERRUPTED, text="after"))
    return tmp_path


def lines_of(run: Path, job: int | None = None) -> list[dict[str, object]]:
    return [json.loads(line) for line in export.to_ndjson(run / "ledger", job)]


def test_all_records_and_events_come_by_time(run: Path) -> None:
    lines = lines_of(run)
    times = [line["time_ns"] for line in lines]
    assert times == sorted(times)  # type: ignore[type-var]
    assert [line.get("what") for line in lines] == [
        "enqueue-intended",
        "enqueue-unknown",
        "enqueue-acknowledged",
        "enqueue-acknowledged",
        "execution-started",
        "execution-started",
        "execution-finished",
        "ack-acknowledged",
        "ack-refused",
        "final-state",
        "disconnected",
        "interrupted",
        "interrupted",
    ]


def test_lines_say_what_their_kind_tells_in_words(run: Path) -> None:
    told = []
    for line in lines_of(run, job=3):
        common = {"time_ns", "component", "incarnation", "what", "job", "attempt", "serial", "event", "text"}
        told.append({key: value for key, value in line.items() if key not in common})
    hashed = f"{job_id_hash(chr(105) + 'd' + chr(10) + '3'):016x}"
    assert told == [
        {"copy": True, "due_ns": 99},
        {"code": "UNAVAILABLE"},
        {"deduplicated": True, "job_id": "id\n3", "job_id_hash": hashed},
        {"payload": "intact", "job_id_hash": hashed},
        {"outcome": "failure-no-retry"},
        {"outcome": "failure-no-retry", "state": "DEAD"},
        {"outcome": "failure-no-retry", "code": "FAILED_PRECONDITION"},
        {"state": "DEAD", "job_id_hash": hashed},
        {},
        {},
    ]


def test_an_execution_of_no_known_job_has_none(run: Path) -> None:
    assert [line["job"] for line in lines_of(run) if line.get("payload") == "corrupted"] == [None]


def test_parquet_has_every_record(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "records.parquet"
    assert export.to_parquet(run / "ledger", path) == 11
    rows = sorted(pq.read_table(path).to_pylist(), key=lambda row: row["time_ns"])
    assert [row["what"] for row in rows] == [line["what"] for line in lines_of(run)[:11]]
    assert [row["job"] for row in rows] == [line["job"] for line in lines_of(run)[:11]]
    assert rows[4]["component"] == "worker-1"
    assert rows[4]["value"] == job_id_hash("id\n3")


def test_without_pyarrow_parquet_is_refused_with_what_to_install(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(export.ParquetUnavailable, match=r"pip install 'chaos-queue\[parquet\]'"):
        export.to_parquet(run / "ledger", run / "x.parquet")
    assert not (run / "x.parquet").exists()


def chaos_ledger(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "from chaos.cli.ledger import command; command()"
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)


def test_the_command_prints_what_the_export_gives(run: Path) -> None:
    printed = chaos_ledger(run, "--job", "3")
    assert printed.returncode == 0
    assert printed.stdout.splitlines() == list(export.to_ndjson(run / "ledger", 3))


def test_the_command_writes_parquet(run: Path) -> None:
    printed = chaos_ledger(run, "--parquet", run / "out.parquet")
    assert (printed.returncode, printed.stdout.strip()) == (0, f"{run / 'out.parquet'}: 11 records")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "CHAOS_RUNS names another place"),
        (("RUN", "--parquet", "nowhere/x.parquet"), "No such file or directory"),
        (("RUN", "--parquet", "x", "--job", "1"), "leave --job away"),
    ],
)
def test_the_command_refuses_in_words(run: Path, arguments: tuple[str, ...], said: str) -> None:
    refused = chaos_ledger(*(run if argument == "RUN" else argument for argument in arguments))
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(run: Path) -> None:
    with LedgerWriter(run / "ledger", run="r", component="worker-2", incarnation=1) as writer:
        for number in range(5_000):
            writer.execution_finished(number, 1, 1, number)
    code = "from chaos.cli.ledger import command; command()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(run)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
