"""All records of chosen jobs, out of a ledger of any size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaos.checks.tally import Ints, Mask, Strays
from chaos.ledger.reader import RECORD, Ledger, Records

Choice = Callable[[int, Records], Mask]


@dataclass(frozen=True)
class Collected:
    """Records, by file and in each file's order, and the index of the file that each is from."""

    records: Records
    files: Ints

    def where(self, mask: Mask) -> Collected:
        """Those of them that the mask names."""
        return Collected(self.records[mask], self.files[mask])


def collect(ledger: Ledger, choose: Choice) -> Collected:
    """The records that `choose(file, records)` names, of a ledger that was verified before."""
    parts: list[Records] = []
    files: list[Ints] = []
    for index, file in enumerate(ledger.files):
        for records in file.chunks(verify=False):
            chosen = choose(index, records)
            if chosen.any():
                parts.append(records[chosen])
                files.append(np.full(len(parts[-1]), index, np.int64))
    if not parts:
        return Collected(np.zeros(0, RECORD), np.zeros(0, np.int64))
    return Collected(np.concatenate(parts), np.concatenate(files))


def of_jobs(wanted: Mask, strays: Strays) -> Choice:
    """Chooses the records of the jobs that are true in `wanted`, and puts their numbers where ids told them."""
    padded: NDArray[np.bool_] = np.append(wanted, False)
    beyond = np.uint32(len(wanted))

    def choose(file: int, records: Records) -> Mask:
        strays.with_jobs(file, records)
        chosen: Mask = padded[np.minimum(records["job"], beyond)]
        return chosen

    return choose
