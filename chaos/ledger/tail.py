"""Following a ledger while it is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

import numpy as np

from chaos.ledger.damage import LedgerDamaged
from chaos.ledger.reader import RECORD, RecordChecker, Records, first_bad_check, read_header
from chaos.ledger.records import HEADER_BYTES, RECORD_BYTES
from chaos.ledger.writer import LEDGER_SUFFIX


class LedgerTail:
    """New records of all files in a directory, each handed out once; files are found as they appear.

    Cheap enough to be asked every few milliseconds: one listing of the directory, and one read for each file.

    Args:
        directory: The ledger.
        most_bytes: How much is read of each file at a time, for whoever comes late to a long run; None: all there is.
    """

    def __init__(self, directory: Path, most_bytes: int | None = None) -> None:
        self._directory = Path(directory)
        self._most_bytes = -1 if most_bytes is None else most_bytes
        self._files: dict[str, _FileTail] = {}

    def poll(self) -> list[tuple[str, Records]]:
        """What was written since the last call: `(writer, records)` for each file with news, by writer.

        A record that is not whole yet is left for a later call.

        Raises:
            LedgerDamaged: A file holds what no writer wrote.
        """
        self._find_new_files()
        news = []
        for name, file in self._files.items():
            records = file.read()
            if len(records):
                news.append((name, records))
        return news

    def close(self) -> None:
        """Let go of all files. A second call does nothing."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _find_new_files(self) -> None:
        names = (entry.name for entry in os.scandir(self._directory) if entry.name.endswith(LEDGER_SUFFIX))
        new = {name.removesuffix(LEDGER_SUFFIX) for name in names} - self._files.keys()
        for writer in sorted(new):
            self._files[writer] = _FileTail(self._directory / f"{writer}{LEDGER_SUFFIX}", self._most_bytes)


class _FileTail:
    def __init__(self, path: Path, most_bytes: int) -> None:
        read_header(path)
        self._path = path
        self._most_bytes = most_bytes
        self._file = path.open("rb", buffering=0)
        self._file.seek(HEADER_BYTES)
        self._checker = RecordChecker(path)
        self._handed_out = 0
        self._unfinished = b""

    def read(self) -> Records:
        raw = self._unfinished + (self._file.read(self._most_bytes) or b"")
        whole = len(raw) // RECORD_BYTES
        records = np.frombuffer(raw, dtype=RECORD, count=whole)
        bad = first_bad_check(records) if whole else None
        if bad is not None and bad < whole - 1:
            offset = HEADER_BYTES + (self._handed_out + bad) * RECORD_BYTES
            raise LedgerDamaged(self._path, offset, "the record's check word does not fit it")
        if bad is not None:  # the last one is being written
            whole, records = whole - 1, records[:-1]
        self._unfinished = raw[whole * RECORD_BYTES :]
        self._checker.check(records, self._handed_out)
        self._handed_out += whole
        return records

    def close(self) -> None:
        self._file.close()
