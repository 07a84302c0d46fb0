"""The journal keeps every entry that was acknowledged, whoever writes, and whatever tears its last line."""

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.gamedays.entries import ENTRY, Answer, Entry, Noted, NoteKind
from chaos.gamedays.journal import DamagedJournal, Journal
from tests.gamedays.conftest import NOON, decided, ended, interrupted, launched

ENTRIES: list[Entry] = [decided(0, Answer.GO), launched(0), ended(0), interrupted(1)]


def _note(text: str) -> Noted:
    return Noted(at=NOON, kind=NoteKind.NOTE, text=text, by="ann")


def test_what_was_appended_is_read_again_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.ndjson")
    for entry in ENTRIES:
        journal.append(entry)
    assert journal.entries() == ENTRIES


@given(st.text(max_size=200))
def test_any_text_can_be_noted(text: str) -> None:
    assert ENTRY.validate_json(_note(text).model_dump_json()) == _note(text)
    assert "\n" not in _note(text).model_dump_json()


def test_a_line_that_was_torn_anywhere_costs_itself_alone(tmp_path: Path) -> None:
    journal = Journal(file := tmp_path / "journal.ndjson")
    journal.append(ENTRIES[0])
    first = file.read_bytes()
    journal.append(ENTRIES[1])
    both = file.read_bytes()
    for cut in range(len(first), len(both) - 1, 5):
        file.write_bytes(both[:cut])
        assert journal.entries() == [ENTRIES[0]]
        journal.append(ENTRIES[2])
        assert journal.entries() == [ENTRIES[0], ENTRIES[2]]


@pytest.mark.parametrize("line", [b"nonsense", b'{"entry": "unheard-of"}', b"\0\0\0", b"[]", b'{"a"} {'])
def test_any_other_damage_is_told_with_its_place(tmp_path: Path, line: bytes) -> None:
    journal = Journal(file := tmp_path / "journal.ndjson")
    journal.append(ENTRIES[0])
    file.write_bytes(file.read_bytes() + line + b"\n")
    with pytest.raises(DamagedJournal, match=r"journal\.ndjson:2: "):
        journal.entries()


def _write_many(file: Path, writer: int) -> None:
    for number in range(50):
        Journal(file).append(_note(f"{writer}-{number}"))


def test_several_processes_may_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(file, writer)) for writer in range(3)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)
    texts = [entry.text for entry in Journal(file).entries() if isinstance(entry, Noted)]
    assert sorted(texts) == sorted(f"{writer}-{number}" for writer in range(3) for number in range(50))
    assert [text for text in texts if text.startswith("1-")] == [f"1-{number}" for number in range(50)]


def test_secrets_do_not_get_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "correct horse")
    journal = Journal(file := tmp_path / "journal.ndjson")
    journal.append(_note("the password is correct horse"))
    assert b"correct horse" not in file.read_bytes()
