"""What a ledger says of the enqueues of a run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.ledger.damage import LedgerDamaged
from chaos.ledger.reader import Ledger
from chaos.ledger.writer import LedgerWriter
from chaos.load.enqueued import Enqueued

tries = st.tuples(st.integers(0, 30), st.sampled_from(["none", "unknown", "refused", "a", "b"]))


@given(st.lists(st.lists(tries, max_size=60), min_size=1, max_size=3))
def test_known_and_open_jobs_are_what_their_tries_say(files: list[list[tuple[int, str]]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for number, file in enumerate(files):
            with LedgerWriter(Path(directory), run="r", component=f"p-{number}", incarnation=1) as writer:
                for serial, (job, answer) in enumerate(file):
                    write(writer, serial, job, answer)
        enqueued = Enqueued.count(Ledger.open(Path(directory)).files)
        known, left_open = list(enqueued.known()), enqueued.left_open()
    every = [one for file in files for one in file]
    assert sorted(known) == sorted({(job, f"{answer}-{job}") for job, answer in every if answer in "ab"})
    acknowledged = {job for job, _ in known}
    assert left_open == sorted({job for job, answer in every if answer != "refused"} - acknowledged)


def write(writer: LedgerWriter, serial: int, job: int, answer: str) -> None:
    writer.enqueue_intended(job, 0, 1, 0, serial)
    match answer:
        case "unknown":
            writer.enqueue_unknown(job, 14, 1, serial)
        case "refused":
            writer.enqueue_refused(job, 3, 1, serial)
        case "a" | "b":
            writer.enqueue_acknowledged(job, False, 1, f"{answer}-{job}", serial)


def test_an_id_that_is_not_there_is_damage(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path, run="r", component="p", incarnation=1) as writer:
        write(writer, 0, 0, "a")
    (tmp_path / "p.1.ids").write_bytes(b"")
    with pytest.raises(LedgerDamaged, match="job ids"):
        list(Enqueued.count(Ledger.open(tmp_path).files).known())
