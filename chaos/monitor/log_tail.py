"""Following a log while it is written: the lines with something in them that is looked for, each handed out once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from chaos.monitor.log_lines import TRACEBACK

_CHUNK_BYTES = 256 << 10
_NEWLINE = b"\n"


class LogTail:
    """The new lines of one log. A line that is not finished waits; one longer than 256 KiB is cut there.

    Args:
        path: The log.
        words: What is looked for: a line without any of these words is passed over.
    """

    def __init__(self, path: Path, words: Sequence[str]) -> None:
        self._path = path
        self._words = tuple(word.encode() for word in words)
        self._offset = 0

    def chunks(self, *, ended: bool = False) -> Iterator[list[str]]:
        """The lines that were found in what was written since the last time, chunk by chunk, as they stand in the file.

        Whoever stops in between goes on there the next time.

        Args:
            ended: Nobody writes it any more, so that an unfinished last line is one, too.

        Raises:
            OSError: The log can't be read.
        """
        with self._path.open("rb") as file:
            while True:
                file.seek(self._offset)
                chunk = file.read(_CHUNK_BYTES)
                whole = self._whole(chunk, ended=ended)
                if not whole:
                    return
                self._offset += len(whole)
                yield self._found(whole)

    @staticmethod
    def _whole(chunk: bytes, *, ended: bool) -> bytes:
        """The part of a chunk that can be looked at: whole lines, and no traceback without its exception."""
        full = len(chunk) == _CHUNK_BYTES
        whole = chunk[: chunk.rfind(_NEWLINE) + 1]
        if ended and not full:
            return chunk
        begins = whole.rfind(TRACEBACK.encode())
        if begins > 0 and _exception_after(whole, begins) is None:
            return whole[: whole.rfind(_NEWLINE, 0, begins) + 1] or (chunk if full else b"")
        if begins == 0 and _exception_after(whole, 0) is None and not full:
            return b""
        return whole or (chunk if full else b"")

    def _found(self, whole: bytes) -> list[str]:
        spans: set[tuple[int, int]] = set()
        for word in self._words:
            at = whole.find(word)
            while at >= 0:
                start, end = _line_around(whole, at)
                spans.add((start, end))
                at = whole.find(word, end)
        return [
            whole[start:end].decode("utf-8", errors="replace") for start, end in self._joined(whole, spans)
        ]

    @staticmethod
    def _joined(whole: bytes, spans: set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """The lines in their order; of a traceback its exception alone."""
        passed = 0
        for start, end in sorted(spans):
            if start < passed:
                continue
            if TRACEBACK.encode() in whole[start:end] and not whole.startswith(b"{", start):
                exception = _exception_after(whole, start)
                if exception is not None:
                    start, end = exception
            passed = end
            yield start, end


def _line_around(whole: bytes, at: int) -> tuple[int, int]:
    start, end = whole.rfind(_NEWLINE, 0, at) + 1, whole.find(_NEWLINE, at)
    return start, len(whole) if end < 0 else end


def _exception_after(whole: bytes, at: int) -> tuple[int, int] | None:
    """The line that names the exception whose traceback begins here; None if it is not there yet."""
    _, end = _line_around(whole, at)
    while end + 1 < len(whole):
        start, end = _line_around(whole, end + 1)
        if start < end and whole[start : start + 1] not in b" \t|":
            return start, end
    return None
