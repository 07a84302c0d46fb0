"""The error for a ledger that can't be trusted."""

from __future__ import annotations

from pathlib import Path


class LedgerDamaged(Exception):
    """A ledger holds what no writer of it wrote; nothing can be proven from it.

    Attributes:
        path: The file.
        offset: The byte where the damage begins.
    """

    def __init__(self, path: Path, offset: int, what: str) -> None:
        super().__init__(
            f"{path}: damaged at byte {offset}: {what}. A verdict can't be given from this ledger: "
            "restore the file from a copy, or run the experiment again"
        )
        self.path = path
        self.offset = offset


class LedgerMissing(Exception):
    """There is no ledger where one was looked for, or nothing in it."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"{directory}: nothing is in this ledger: the run was cut off before it recorded anything; "
            "run the experiment again"
            if directory.is_dir()
            else f"{directory}: no ledger here: name the directory of a run"
        )
