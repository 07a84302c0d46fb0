"""Following a file of lines while it is written: events, samples, logs."""

from __future__ import annotations

from pathlib import Path

_NEWLINE = b"\n"


class LineTail:
    """The new whole lines of one file, each handed out once. The file need not be there yet.

    Args:
        path: The file.
        most_bytes: How much is read at a time; a line longer than that is cut there.
        from_end_bytes: Begin at most so far before what is its end now, with a whole line; None: at its beginning.
    """

    def __init__(self, path: Path, most_bytes: int = 1 << 20, *, from_end_bytes: int | None = None) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._offset = 0
        self._cut = False
        if from_end_bytes is not None and path.exists():
            self._offset = max(0, path.stat().st_size - from_end_bytes)
            self._cut = self._offset > 0

    def poll(self) -> list[bytes]:
        """What was written since the last call, line by line and without their ends.

        Raises:
            OSError: The file can't be read.
        """
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(self._offset)
                chunk = file.read(self._most_bytes) or b""
        except FileNotFoundError:
            return []
        whole = chunk[: chunk.rfind(_NEWLINE) + 1]
        if not whole and len(chunk) == self._most_bytes:
            whole = chunk
        self._offset += len(whole)
        lines = whole.removesuffix(_NEWLINE).split(_NEWLINE) if whole else []
        if self._cut and lines:
            self._cut = False
            return lines[1:]
        return lines
