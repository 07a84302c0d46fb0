"""The journal on disk: it only grows, by one `write(2)` and one fsync an entry, whoever writes it."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from chaos.gamedays.entries import ENTRY, Entry
from chaos.secrets import redacted


class DamagedJournal(Exception):
    """A line in the middle of a journal can't be read; the message names the file and the line."""


class Journal:
    """The journal in one file. The page, a second terminal and the walk may all append to it.

    Args:
        file: The file; the first entry makes it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def append(self, entry: Entry) -> None:
        """Write an entry; once this returns it outlives the process and the machine.

        A line that was torn by a crash is closed first, so that it spoils no other.

        Raises:
            OSError: It can't be written.
        """
        line = redacted(entry.model_dump_json()).encode() + b"\n"
        fd = os.open(self._file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(fd).st_size
            if size:
                os.lseek(fd, size - 1, os.SEEK_SET)
                if os.read(fd, 1) != b"\n":
                    line = b"\n" + line
            if os.write(fd, line) != len(line):
                raise OSError(f"{self._file} took only a part of an entry; is the disk full?")
            os.fsync(fd)
        finally:
            os.close(fd)

    def entries(self) -> list[Entry]:
        """Every whole entry, in order. A torn line, as a crash leaves it, holds none.

        Raises:
            DamagedJournal: A line is neither an entry nor the beginning of one.
            OSError: It can't be read.
        """
        entries: list[Entry] = []
        for number, line in enumerate(self._file.read_bytes().split(b"\n"), start=1):
            if not line:
                continue
            try:
                entries.append(ENTRY.validate_json(line))
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                if first["type"] == "json_invalid" and "EOF" in first["msg"]:
                    continue  # torn
                raise DamagedJournal(
                    f"{self._file}:{number}: this is no entry ({first['msg']}); take the line out, or put it right"
                ) from None
        return entries

    @property
    def size(self) -> int:
        """How many bytes it holds; it changes when somebody wrote."""
        return self._file.stat().st_size
