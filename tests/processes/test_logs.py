from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chaos.processes.logs import last_lines, log_excerpt


def test_the_last_lines_come_oldest_first(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\n\nthree\n")
    assert last_lines(log, 2) == ("two", "three")
    assert last_lines(log, 10) == ("one", "two", "three")
    assert last_lines(log, 0) == ()


def test_a_line_without_an_end_counts(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntorn")
    assert last_lines(log, 1) == ("torn",)


def test_no_log_has_no_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none", 5) == ()
    assert log_excerpt(tmp_path / "none") == f"; its log ({tmp_path / 'none'}) is empty"


def test_of_a_big_log_only_the_end_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.truncate(50 * 2**30)
        file.seek(0, 2)
        file.write(b"\nthe end\n")
    assert last_lines(log, 1) == ("the end",)


def test_what_would_reach_the_terminal_is_taken_out(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\x1b[31mred\x1b[0m\x07 \x1b]0;title\x07\n")
    assert last_lines(log, 1) == ("red ]0;title",)


def test_a_long_line_is_cut(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("x" * 100_000)
    (line,) = last_lines(log, 1)
    assert len(line) < 500
    assert line.endswith("[…]")


@given(st.binary(max_size=2000), st.integers(0, 10))
def test_any_bytes_give_at_most_so_many_printable_lines(content: bytes, count: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        log.write_bytes(content)
        lines = last_lines(log, count)
    assert len(lines) <= count
    assert not any(character < " " and character != "\t" for line in lines for character in line)
