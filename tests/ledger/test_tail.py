"""Following a ledger while it is written."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.ledger.damage import LedgerDamaged
from chaos.ledger.reader import Records
from chaos.ledger.records import Kind, encode
from chaos.ledger.tail import LedgerTail
from chaos.ledger.writer import LedgerWriter


def jobs_in(news: list[tuple[str, Records]]) -> dict[str, list[int]]:
    return {writer: records["job"].tolist() for writer, records in news}


def writer_in(directory: Path, component: str = "worker-1") -> LedgerWriter:
    return LedgerWriter(directory, run="r", component=component, incarnation=1)


def test_each_record_is_handed_out_once(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer, LedgerTail(tmp_path) as tail:
        assert tail.poll() == []
        writer.execution_finished(1, 1, 1, 0)
        writer.execution_finished(2, 1, 1, 0)
        assert jobs_in(tail.poll()) == {"worker-1.1": [1, 2]}
        assert tail.poll() == []
        writer.execution_finished(3, 1, 1, 0)
        assert jobs_in(tail.poll()) == {"worker-1.1": [3]}


def test_files_are_found_as_they_appear(tmp_path: Path) -> None:
    with LedgerTail(tmp_path) as tail:
        assert tail.poll() == []
        with writer_in(tmp_path, "worker-2") as second, writer_in(tmp_path, "worker-1") as first:
            first.execution_finished(1, 1, 1, 0)
            second.execution_finished(2, 1, 1, 0)
            assert jobs_in(tail.poll()) == {"worker-1.1": [1], "worker-2.1": [2]}


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(1, 100), max_size=12))
def test_a_record_that_is_not_whole_yet_is_left_for_later(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    directory = tmp_path_factory.mktemp("ledger")
    writer = writer_in(directory)
    whole = b"".join(encode(Kind.EXECUTION_FINISHED, 1, 1, job, job, 0, job) for job in range(10))
    seen: list[int] = []
    with LedgerTail(directory) as tail, writer.path.open("ab", buffering=0) as file:
        begin = 0
        for end in [*sorted({min(sum(cuts[: n + 1]), len(whole)) for n in range(len(cuts))}), len(whole)]:
            file.write(whole[begin:end])
            seen += jobs_in(tail.poll()).get("worker-1.1", [])
            assert seen == list(range(end // 32))
            begin = end
    writer.close()


def test_a_last_record_with_a_bad_check_word_is_waited_for_and_one_in_the_middle_is_damage(
    tmp_path: Path,
) -> None:
    writer = writer_in(tmp_path)
    with LedgerTail(tmp_path) as tail:
        with writer.path.open("ab") as file:
            file.write(bytes(32))
        assert tail.poll() == []
        writer.execution_finished(1, 1, 1, 0)
        with pytest.raises(LedgerDamaged, match="byte 256"):
            tail.poll()
    writer.close()


def test_nothing_is_missed_of_a_writer_that_is_fast(tmp_path: Path) -> None:
    code = (
        "import sys;from pathlib import Path;from chaos.ledger.writer import LedgerWriter\n"
        "w=LedgerWriter(Path(sys.argv[1]),run='r',component='worker-1',incarnation=1)\n"
        "for n in range(50_000): w.execution_finished(n,1,1,0)"
    )
    seen: list[int] = []
    with LedgerTail(tmp_path) as tail:
        process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
        deadline = time.monotonic() + 30
        while len(seen) < 50_000:
            assert time.monotonic() < deadline, f"only {len(seen)} records seen"
            seen += jobs_in(tail.poll()).get("worker-1.1", [])
        assert process.wait() == 0
        assert tail.poll() == []
    assert seen == list(range(50_000))


def test_a_tail_lets_go_of_its_files(tmp_path: Path) -> None:
    process = psutil.Process()
    with writer_in(tmp_path):
        before = process.num_fds()
        with LedgerTail(tmp_path) as tail:
            tail.poll()
            assert process.num_fds() > before
        assert process.num_fds() == before
