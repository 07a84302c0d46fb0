"""Lines of a growing file are handed out whole, once, and in their order."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from chaos.ledger.line_tail import LineTail


@given(
    st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line), max_size=20),
    st.lists(st.integers(1, 30), max_size=20),
)
def test_however_it_is_written_the_lines_are_the_same(lines: list[bytes], pieces: list[int]) -> None:
    text = b"".join(line + b"\n" for line in lines)
    with TemporaryDirectory() as place:
        path = Path(place) / "log"
        tail, read = LineTail(path), []
        with path.open("wb", buffering=0) as file:
            for size in [*pieces, len(text) + 1]:
                file.write(text[:size])
                text = text[size:]
                read += tail.poll()
        assert read == lines


def test_a_file_that_is_not_there_yet_has_no_lines(tmp_path: Path) -> None:
    assert LineTail(tmp_path / "log").poll() == []


def test_a_line_longer_than_what_is_read_at_a_time_is_cut_there(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"0123456789\nnext\n")
    tail = LineTail(tmp_path / "log", most_bytes=8)
    assert [tail.poll(), tail.poll(), tail.poll()] == [[b"01234567"], [b"89", b"next"], []]


def test_it_can_begin_near_the_end_with_a_whole_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"first\nsecond\nthird\n")
    assert LineTail(tmp_path / "log", from_end_bytes=9).poll() == [b"third"]
    assert LineTail(tmp_path / "log", from_end_bytes=100).poll() == [b"first", b"second", b"third"]
