"""A log is followed while it is written: every line that is looked for, once, whole."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chaos.monitor.log_tail import LogTail

TRACEBACK = """\
Traceback (most recent call last):
  File "queue.py", line 1, in take
    raise Gone("no Error here")
queue.Gone: the disk
INFO after
"""


def _tail(path: Path, *words: str) -> LogTail:
    path.touch()
    return LogTail(path, words)


def _new(tail: LogTail, *, ended: bool = False) -> list[str]:
    return [line for chunk in tail.chunks(ended=ended) for line in chunk]


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


@given(
    lines=st.lists(st.text("abword \t", max_size=30), max_size=20),
    cuts=st.lists(st.integers(0, 600), max_size=6),
)
def test_every_line_with_a_word_is_handed_out_once_however_it_comes_to_be_written(
    lines: list[str], cuts: list[int], tmp_path_factory: object
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "core.log"  # type: ignore[attr-defined]
    path.write_text("")
    tail = LogTail(path, ("word", "wo", "ab"))
    text = "".join(f"{line}\n" for line in lines)
    found: list[str] = []
    begin = 0
    for cut in sorted({*cuts, len(text)}):
        _append(path, text[begin:cut])
        begin = max(begin, cut)
        found += _new(tail)
    assert found == [line for line in lines if "wo" in line or "ab" in line]


def test_an_unfinished_line_waits_until_it_is_whole_or_nobody_writes_any_more(tmp_path: Path) -> None:
    tail = _tail(tmp_path / "core.log", "ERROR")
    _append(tmp_path / "core.log", "ERROR one\nERROR tw")
    assert _new(tail) == ["ERROR one"]
    _append(tmp_path / "core.log", "o\nERROR thr")
    assert _new(tail) == ["ERROR two"]
    assert _new(tail) == []
    assert _new(tail, ended=True) == ["ERROR thr"]
    assert _new(tail, ended=True) == []


def test_of_a_traceback_the_exception_is_the_line_even_if_it_comes_later(tmp_path: Path) -> None:
    tail = _tail(tmp_path / "core.log", "Traceback", "Error")
    begin, end = TRACEBACK[:60], TRACEBACK[60:]
    _append(tmp_path / "core.log", "INFO before\n" + begin)
    assert _new(tail) == []
    _append(tmp_path / "core.log", end)
    assert _new(tail) == ["queue.Gone: the disk"]


def test_a_traceback_that_is_cut_off_is_told_in_the_end(tmp_path: Path) -> None:
    tail = _tail(tmp_path / "core.log", "Traceback")
    _append(tmp_path / "core.log", TRACEBACK[:60])
    assert _new(tail) == []
    assert _new(tail, ended=True) == ["Traceback (most recent call last):"]


def test_a_line_without_end_is_cut_and_the_reading_goes_on(tmp_path: Path) -> None:
    tail = _tail(tmp_path / "core.log", "ERROR")
    _append(tmp_path / "core.log", "x" * 600_000)
    assert _new(tail) == []
    _append(tmp_path / "core.log", "\nERROR after it\n")
    assert _new(tail) == ["ERROR after it"]


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "core.log"
    path.write_bytes(b"\xff\xfe ERROR \x00\n")
    assert len(_new(LogTail(path, ("ERROR",)))) == 1
