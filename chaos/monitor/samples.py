"""What each process of a run used, second by second: `monitor.ndjson` in the run's directory.

One sample a line, all samples of a moment with one `write(2)`. They stand beside the ledger, which holds what
happened to jobs; a run without them can be judged, except for what is asked of them.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from chaos.ledger.writer import AppendOnly, LedgerWriteFailed
from chaos.run_directory import RunDirectory

RUNNER = "runner"
"""What the process that runs the experiment is called among the components."""


@dataclass(frozen=True)
class ResourceSample:
    """What one component used at a moment: its process and all that this has started.

    Attributes:
        time_ns: When, on the machine's monotonic clock.
        component: Whose process: a component of the system, of the load, `runner`, `guardian`, a fault's tool.
        incarnation: Which of its starts, from 1.
        cpu_percent: Time on a CPU since the sample before, in percent of one core; in the first, since its start, or,
            for `runner`, since the run began to be watched.
        resident_bytes: Resident memory. Pages that several of its processes share count once, on Linux.
        open_files: Open file descriptors, or handles on Windows.
        threads: Threads.
        data_bytes: What its data directory takes on the disk; None where it has none.
    """

    time_ns: int
    component: str
    incarnation: int
    cpu_percent: float
    resident_bytes: int
    open_files: int
    threads: int
    data_bytes: int | None


_FIELDS = frozenset(field.name for field in fields(ResourceSample))
_TEXTS = ("component",)
_NUMBERS = ("cpu_percent",)


class SamplesDamaged(Exception):
    """A run's samples can't be read: what is asked of them can't be told. Its ledger may be whole."""


class SampleWriter:
    """Appends samples to a run's file.

    Raises:
        LedgerWriteFailed: The file can't be written; every later call raises it too.
    """

    def __init__(self, directory: RunDirectory) -> None:
        path = directory.samples
        try:
            fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        except OSError as error:
            raise LedgerWriteFailed(path, error) from error
        self._lines = AppendOnly(path, fd, fsync=False)

    def write(self, samples: Iterable[ResourceSample]) -> None:
        """Append all samples of a moment at once."""
        lines = "".join(json.dumps(asdict(sample), separators=(",", ":")) + "\n" for sample in samples)
        if lines:
            self._lines.append(lines.encode())

    def close(self) -> None:
        """End the file. A second call does nothing."""
        self._lines.close()


def read_samples(directory: RunDirectory) -> Iterator[ResourceSample]:
    """The samples of a run, oldest first; none where it was not sampled. A torn last line is skipped.

    Raises:
        SamplesDamaged: A line that is not the last is no sample.
    """
    path = directory.samples
    if not path.exists():
        return
    offset = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield _sample(line, path, offset)
            offset += len(line)


def size_bytes(directory: RunDirectory) -> int:
    """How long the file of a run's samples is; 0 where there is none."""
    return directory.samples.stat().st_size if directory.samples.exists() else 0


def sample_from(line: bytes) -> ResourceSample:
    """The sample that a line of the file holds.

    Raises:
        ValueError: It holds none.
    """
    raw = json.loads(line)
    if not isinstance(raw, dict) or raw.keys() != _FIELDS or not all(_fits(*each) for each in raw.items()):
        raise ValueError("it is no sample of this version")
    return ResourceSample(**raw)


def _sample(line: bytes, path: Path, offset: int) -> ResourceSample:
    try:
        return sample_from(line)
    except ValueError as error:
        damage = f"{path.name} is damaged at byte {offset}: what stands there is no sample"
        raise SamplesDamaged(damage) from error


def _fits(field: str, value: object) -> bool:
    """Whether a field may hold this: a count that is not negative, unless it is a text or a percentage."""
    if field in _TEXTS:
        return isinstance(value, str)
    if field in _NUMBERS:
        return isinstance(value, int | float) and 0 <= value < math.inf
    if value is None:
        return field == "data_bytes"
    return type(value) is int and value >= 0
