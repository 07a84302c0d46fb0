"""What the components of a run log, as they log it, without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chaos.ledger.line_tail import LineTail
from chaos.processes.logs import readable
from chaos.secrets import redacted

_SHOWN: Final = 40
"""How many lines of a component are shown of those that came at once."""
_CHUNK_BYTES: Final = 64 * 1024
_BEFORE_BYTES: Final = 8 * 1024


class RunLogs:
    """The logs of one run, one a component, followed from shortly before their end."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._tails: dict[str, LineTail] = {}

    def poll(self) -> Iterator[dict[str, str]]:
        """The new lines: whose, and what they say. Of very many at once only the last.

        Raises:
            OSError: A log can't be read.
        """
        for path in sorted(self._directory.glob("*.log")):
            if path.stem not in self._tails:
                self._tails[path.stem] = LineTail(path, _CHUNK_BYTES, from_end_bytes=_BEFORE_BYTES)
            lines = self._tails[path.stem].poll()
            if len(lines) > _SHOWN:
                yield {"component": path.stem, "text": f"[{len(lines) - _SHOWN} more lines]"}
            for line in lines[-_SHOWN:]:
                text = readable(redacted(line.decode("utf-8", errors="replace")))
                if text:
                    yield {"component": path.stem, "text": text}
