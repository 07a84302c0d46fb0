"""docs/ledger.md says the truth: its example is a record, and its Node.js writer writes a ledger."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chaos.clock import clock_name, now_ns
from chaos.ledger.reader import Ledger
from chaos.ledger.records import Kind, Outcome, encode, job_id_hash
from chaos.ledger.writer import LedgerWriter

DOCUMENT = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")


def code(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found
    return found[1]


def test_the_worked_example_is_a_record() -> None:
    record = encode(Kind.ENQUEUE_ACKNOWLEDGED, 1, 2, 7, 1_894_520_829_990, job_id_hash("0b7e"), 41)
    assert bytes.fromhex(code("text")) == record
    words = re.search(r"The words are `(.*?)`", DOCUMENT)
    assert words
    assert words[1].split() == [record[at : at + 4][::-1].hex() for at in range(0, 32, 4)]


def test_every_kind_is_in_the_table() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| ([a-z-]+) \|", DOCUMENT, re.MULTILINE))
    assert rows == {str(int(kind)): kind.name.lower().replace("_", "-") for kind in Kind}


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
def test_the_nodejs_writer_writes_a_ledger(tmp_path: Path) -> None:
    use = """
    const writer = new LedgerWriter(process.argv[1], "r", "worker-9", 2);
    writer.record({ kind: 5, attempt: 70000, job: 7, value: hashOf("0b7e"), serial: 3 });
    writer.record({ kind: 8, detail: 1, job: 4294967295, value: 3, serial: 3 });
    """
    with LedgerWriter(tmp_path, run="r", component="worker-1", incarnation=1):
        before_ns = now_ns()
        subprocess.run(["node", "-e", code("js") + use, str(tmp_path)], check=True)
        after_ns = now_ns()
    file = Ledger.open(tmp_path).files[1]
    assert (file.header.writer, file.header.clock) == ("worker-9.2", clock_name())
    first, second = (record.item() for chunk in file.chunks() for record in chunk.copy())
    assert first[:4] == (Kind.EXECUTION_STARTED, 0, 65_535, 7)
    assert first[5:7] == (job_id_hash("0b7e"), 3)
    assert second[:4] == (Kind.ACK_ACKNOWLEDGED, Outcome.SUCCESS, 1, 2**32 - 1)
    assert before_ns <= first[4] <= second[4] <= after_ns
