"""Talking to a child, a line at a time, over its standard input and output."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading

from chaos.processes.errors import NotInTimeError, ProcessGoneError

_LINE_BYTES = 1024 * 1024


class LineChannel:
    """Lines to and from one child.

    A thread reads, because an event loop can't wait for a child's pipes on every operating system. It ends
    with the pipe.
    """

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._input = child.stdin
        self._output = child.stdout
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        if os.name == "posix":
            os.set_blocking(self._input.fileno(), False)
        threading.Thread(target=self._read, name=f"lines-{child.pid}", daemon=True).start()

    def send(self, line: str) -> None:
        """Write one line at once.

        Raises:
            ProcessGoneError: Nobody reads it any more.
            NotInTimeError: The pipe is full: the process does not read its lines.
        """
        data = line.encode() + b"\n"
        if b"\n" in data[:-1]:
            raise ValueError(f"not one line: {line[:80]!r}")
        if self._input.closed:
            raise ProcessGoneError(f"could not send {line[:80]!r}: the channel is closed")
        try:
            written = os.write(self._input.fileno(), data)
        except BrokenPipeError as error:
            raise ProcessGoneError(f"could not send {line[:80]!r}: its standard input is closed") from error
        except BlockingIOError as error:
            raise NotInTimeError(f"could not send {line[:80]!r}: it does not read its commands") from error
        if written != len(data):
            raise NotInTimeError(
                f"sent only {written} of {len(data)} bytes of {line[:80]!r}: it does not read its commands"
            )

    async def next_line(self, timeout_s: float) -> str | None:
        """The next line without its end; None once the child has closed its output.

        Raises:
            TimeoutError: No line came within this time.
        """
        async with asyncio.timeout(timeout_s):
            line = await self._lines.get()
        if line is None:
            self._lines.put_nowait(None)
        return line

    def close(self) -> None:
        """Close the child's standard input: it reads the end of the file."""
        self._input.close()

    def _read(self) -> None:
        with self._output:
            while line := self._output.readline(_LINE_BYTES):
                self._deliver(line.decode("utf-8", errors="replace").rstrip("\r\n"))
        self._deliver(None)

    def _deliver(self, line: str | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
