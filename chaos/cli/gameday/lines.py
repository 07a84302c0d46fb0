"""The lines that somebody types, read in a thread, so that what is decided elsewhere is followed meanwhile."""

from __future__ import annotations

import contextlib
import queue
import threading
from dataclasses import dataclass
from io import TextIOWrapper
from typing import TextIO


@dataclass(frozen=True)
class Typed:
    """A line.

    Attributes:
        text: What was typed.
        question: The question that had been asked by then, counted from 0.
    """

    text: str
    question: int


class TypedLines:
    """Lines from a terminal, a pipe or a file.

    A script's lines wait until they are asked for. A person's are taken as they are typed, each with the question that
    was on the screen, so that an answer typed twice does not answer the next question, too.

    Args:
        stream: Where they come from.
    """

    def __init__(self, stream: TextIO) -> None:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # what is no UTF-8 ends no conversation
        self.is_terminal = stream.isatty()
        self.question = 0
        self._stream = stream
        self._lines: queue.Queue[Typed | None] = queue.Queue(0 if self.is_terminal else 1)
        threading.Thread(target=self._read, name="typed lines", daemon=True).start()

    def take(self, within_s: float) -> Typed | None:
        """The next line, if one comes in time.

        Raises:
            EOFError: No line will come any more.
        """
        try:
            line = self._lines.get(timeout=within_s)
        except queue.Empty:
            return None
        if line is None:
            raise EOFError
        return line

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # a terminal that is gone says so by one
            for line in self._stream:
                self._lines.put(Typed(line.strip(), self.question))
        self._lines.put(None)
