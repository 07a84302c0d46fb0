"""What a reader gives back, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.ledger import reader
from chaos.ledger.damage import LedgerDamaged, LedgerMissing
from chaos.ledger.events import EVENTS_FILE, Note, Noted, RunStarted, to_line
from chaos.ledger.reader import Ledger, LedgerFile, read_events
from chaos.ledger.records import HEADER_BYTES, RECORD_BYTES, Kind, encode
from chaos.ledger.writer import EventWriter, LedgerWriter, encode_header

HEADER = {
    "format": "chaos-ledger",
    "version": 1,
    "run": "r",
    "component": "worker-1",
    "incarnation": 1,
    "pid": 1,
    "clock": "c",
}


def ledger_file(directory: Path, records: list[bytes], **header: object) -> Path:
    named = {**HEADER, **header}
    path = directory / f"{named['component']}.{named['incarnation']}.ledger"
    path.write_bytes(encode_header(named) + b"".join(records))
    return path


def finished(number: int, time_ns: int | None = None) -> bytes:
    return encode(Kind.EXECUTION_FINISHED, 1, 1, number, number if time_ns is None else time_ns, 0, number)


def read_all(path: Path) -> list[int]:
    return [int(job) for chunk in LedgerFile(path).chunks() for job in chunk["job"].copy()]


@settings(max_examples=50, deadline=None)
@given(count=st.integers(0, 20), chunk=st.integers(1, 7), skipped=st.integers(0, 20), torn=st.integers(0, 31))
def test_all_whole_records_come_back_in_order(
    tmp_path_factory: pytest.TempPathFactory, count: int, chunk: int, skipped: int, torn: int
) -> None:
    directory = tmp_path_factory.mktemp("ledger")
    path = ledger_file(directory, [*(finished(n) for n in range(count)), finished(count)[:torn]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "CHUNK_RECORDS", chunk)
        file = LedgerFile(path)
        jobs = [int(job) for piece in file.chunks(first=skipped) for job in piece["job"].copy()]
    assert jobs == list(range(skipped, count))
    assert (file.records, file.torn_bytes) == (count, torn)


def test_a_torn_last_record_is_counted(tmp_path: Path) -> None:
    ledger_file(tmp_path, [finished(0), finished(1)[:31]])
    ledger_file(tmp_path, [finished(0)], component="worker-2")
    ledger = Ledger.open(tmp_path)
    assert (ledger.records, ledger.torn_records) == (2, 1)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_of_a_byte_is_damage(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = ledger_file(tmp_path_factory.mktemp("ledger"), [finished(n) for n in range(5)])
    raw = bytearray(path.read_bytes())
    position = data.draw(st.integers(HEADER_BYTES, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    with pytest.raises(LedgerDamaged) as caught:
        read_all(path)
    record = (position - HEADER_BYTES) // RECORD_BYTES
    assert caught.value.path == path
    assert caught.value.offset == HEADER_BYTES + record * RECORD_BYTES


@pytest.mark.parametrize("cut", [1, 8, 31])
def test_bytes_cut_out_of_the_middle_are_damage(tmp_path: Path, cut: int) -> None:
    path = ledger_file(tmp_path, [finished(n) for n in range(5)])
    raw = path.read_bytes()
    middle = HEADER_BYTES + 2 * RECORD_BYTES
    path.write_bytes(raw[:middle] + raw[middle + cut :])
    with pytest.raises(LedgerDamaged, match="check word"):
        read_all(path)


@pytest.mark.parametrize(
    ("kind", "detail"), [(0, 0), (12, 1), (Kind.EXECUTION_FINISHED, 0), (Kind.FINAL_STATE, 7)]
)
def test_a_meaningless_record_is_damage(tmp_path: Path, kind: int, detail: int) -> None:
    path = ledger_file(tmp_path, [finished(0), encode(kind, detail, 1, 1, 5, 0, 0)])
    with pytest.raises(LedgerDamaged, match=f"byte {HEADER_BYTES + RECORD_BYTES}: no record has kind {kind}"):
        read_all(path)


def test_time_that_goes_back_is_damage(tmp_path: Path) -> None:
    path = ledger_file(tmp_path, [finished(0, 5), finished(1, 5), finished(2, 4)])
    with pytest.raises(LedgerDamaged, match=f"byte {HEADER_BYTES + 2 * RECORD_BYTES}"):
        read_all(path)


def test_time_that_goes_back_between_two_pieces_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "CHUNK_RECORDS", 2)
    path = ledger_file(tmp_path, [finished(0, 5), finished(1, 5), finished(2, 4)])
    with pytest.raises(LedgerDamaged, match=f"byte {HEADER_BYTES + 2 * RECORD_BYTES}"):
        read_all(path)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"", "ends after 0 of 256 bytes"),
        (b"x" * 100, "ends after 100 of 256 bytes"),
        (b"x" * 256, "not the header"),
        (b"[1]".ljust(255) + b"\n", "not the header"),
        (encode_header({**HEADER, "format": "other"}), "not the header"),
        (encode_header({**HEADER, "version": 4}), "version 4"),
        (encode_header({**HEADER, "incarnation": 2}), "says that it is worker-1.2.ledger"),
        (encode_header({**HEADER})[:-1] + b" ", "not the header"),
    ],
)
def test_a_bad_header_is_damage(tmp_path: Path, header: bytes, said: str) -> None:
    (tmp_path / "worker-1.1.ledger").write_bytes(header)
    with pytest.raises(LedgerDamaged, match=said):
        Ledger.open(tmp_path)


@pytest.mark.parametrize(
    ("changed", "said"), [({"run": "other"}, "of the run other"), ({"clock": "d"}, "the clock d")]
)
def test_a_stranger_among_the_files_is_damage(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    ledger_file(tmp_path, [])
    stranger = ledger_file(tmp_path, [], component="worker-2", **changed)
    with pytest.raises(LedgerDamaged, match=said) as caught:
        Ledger.open(tmp_path)
    assert caught.value.path == stranger


def test_files_of_another_run_than_the_events_are_damage(tmp_path: Path) -> None:
    ledger_file(tmp_path, [])
    started = RunStarted(
        time_ns=1,
        run="other",
        wall_time="",
        clock="c",
        seed=1,
        chaos_version="",
        experiment_file="",
        experiment_sha256="",
        saved_sha256="",
    )
    with EventWriter(tmp_path) as events:
        events.write(started)
    with pytest.raises(LedgerDamaged, match="the others of other"):
        Ledger.open(tmp_path)


def test_a_directory_that_is_not_there_has_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing, match="no ledger here"):
        Ledger.open(tmp_path / "nowhere")


def test_a_ledger_in_which_nothing_was_recorded_says_why(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing, match="cut off before it recorded anything"):
        Ledger.open(tmp_path)


def test_the_records_of_a_span_are_found(tmp_path: Path) -> None:
    times = [number // 2 for number in range(100)]
    file = LedgerFile(ledger_file(tmp_path, [finished(n, time_ns) for n, time_ns in enumerate(times)]))
    assert file.between(20, 30)["serial"].tolist() == list(range(40, 60))
    assert len(file.between(0, 50)) == 100
    assert len(file.between(30, 20)) == 0


def test_damage_within_a_span_is_found(tmp_path: Path) -> None:
    altered = bytearray(finished(1))
    altered[16] ^= 1
    path = ledger_file(tmp_path, [finished(0), bytes(altered), finished(2)])
    with pytest.raises(LedgerDamaged, match=f"byte {HEADER_BYTES + RECORD_BYTES}"):
        LedgerFile(path).between(0, 2**62)


def test_a_file_that_is_being_created_is_not_read(tmp_path: Path) -> None:
    ledger_file(tmp_path, [])
    (tmp_path / "worker-2.1.ledger.new").write_bytes(b"")
    assert [file.writer for file in Ledger.open(tmp_path).files] == ["worker-1.1"]


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"{}\n",
        b'{"event":"noted","time_ns":1}\n',
        b'{"event":"noted","time_ns":"1","what":"interrupted","text":"t"}\n',
        b'{"event":"noted","time_ns":true,"what":"interrupted","text":"t"}\n',
        b"\xff\n",
    ],
)
def test_a_damaged_event_is_named_with_its_place(tmp_path: Path, line: bytes) -> None:
    good = b'{"event":"noted","time_ns":1,"what":"interrupted","text":"t"}\n'
    (tmp_path / "events.ndjson").write_bytes(good + line + good)
    with pytest.raises(LedgerDamaged) as caught:
        read_events(tmp_path)
    assert caught.value.offset == len(good)


def _three_events(directory: Path) -> list[bytes]:
    with EventWriter(directory) as events:
        for n in range(3):
            events.write(Noted(time_ns=n, what=Note.INTERRUPTED, text="t"))
    return (directory / EVENTS_FILE).read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("order", "bad_line"),
    [((1, 2), 0), ((0, 2), 1), ((0, 1, 1, 2), 2), ((0, 2, 1), 1)],
    ids=["the first is gone", "one is gone", "one is doubled", "two are swapped"],
)
def test_a_line_of_events_that_is_gone_doubled_or_moved_is_damage(
    tmp_path: Path, order: tuple[int, ...], bad_line: int
) -> None:
    lines = _three_events(tmp_path)
    (tmp_path / EVENTS_FILE).write_bytes(b"".join(lines[number] for number in order))
    with pytest.raises(LedgerDamaged, match="gone, doubled or moved") as caught:
        read_events(tmp_path)
    assert caught.value.offset == sum(len(lines[number]) for number in order[:bad_line])


def test_events_of_the_first_version_have_no_numbers(tmp_path: Path) -> None:
    events = [Noted(time_ns=n, what=Note.INTERRUPTED, text="t") for n in range(3)]
    (tmp_path / EVENTS_FILE).write_bytes(b"".join(map(to_line, events)))
    assert read_events(tmp_path) == (tuple(events), False)


def test_events_without_numbers_among_others_are_damage(tmp_path: Path) -> None:
    stranger = to_line(Noted(time_ns=9, what=Note.INTERRUPTED, text="t"))
    (tmp_path / EVENTS_FILE).write_bytes(b"".join([*_three_events(tmp_path), stranger]))
    with pytest.raises(LedgerDamaged, match="numbered None"):
        read_events(tmp_path)


def test_the_first_record_since_a_time_is_found(tmp_path: Path) -> None:
    file = LedgerFile(ledger_file(tmp_path, [finished(n, 10 * n) for n in range(50)]))
    assert [file.first_since(time_ns) for time_ns in (0, 1, 10, 485, 490, 491)] == [0, 1, 1, 49, 49, 50]


def test_an_id_that_is_no_text_is_damage(tmp_path: Path) -> None:
    path = ledger_file(tmp_path, [])
    path.with_suffix(".ids").write_bytes(b"good\n\xff\n")
    with pytest.raises(LedgerDamaged, match="UTF-8"):
        list(LedgerFile(path).ids())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is asked of Linux")
def test_reading_costs_the_same_memory_whatever_the_size(tmp_path: Path) -> None:
    record = np.frombuffer(finished(1, 5), reader.RECORD)
    peaks = []
    for count in (100_000, 2_000_000):
        path = ledger_file(tmp_path, [])
        with path.open("ab") as file:
            np.repeat(record, count).tofile(file)
        code = (
            "import re,sys;from pathlib import Path;from chaos.ledger.reader import LedgerFile;"
            "print(sum(len(c) for c in LedgerFile(Path(sys.argv[1])).chunks()),"
            "re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
        )
        said = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        read, peak = map(int, said.stdout.split())
        assert read == count
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 5_000


def test_a_ledger_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path, run="r", component="worker-1", incarnation=1) as writer:
        writer.execution_finished(1, 1, 1, 0)
        ledger = Ledger.open(tmp_path)
        writer.execution_finished(2, 1, 1, 0)
        assert [len(chunk) for chunk in ledger.files[0].chunks()] == [1]
