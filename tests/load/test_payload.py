"""A payload carries enough to know a job again and to see that nothing has changed."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.ledger.records import NO_JOB
from chaos.load.payload import Corrupted, make_payload, read_payload

runs = st.text(min_size=1, max_size=40).filter(lambda run: not any(0xD800 <= ord(c) <= 0xDFFF for c in run))
jobs = st.integers(0, NO_JOB - 1)
sizes = st.integers(0, 2000)


@given(runs, jobs, sizes)
def test_what_was_made_is_read(run: str, job: int, size: int) -> None:
    assert read_payload(make_payload(run, job, size)) == (run, job)


@given(runs, jobs, st.integers(500, 2000))
def test_is_as_long_as_asked(run: str, job: int, size: int) -> None:
    assert len(make_payload(run, job, size)) == size


@given(runs, jobs)
def test_is_never_shorter_than_its_other_fields(run: str, job: int) -> None:
    shortest = make_payload(run, job, 0)
    assert json.loads(shortest)["fill"] == ""
    assert make_payload(run, job, len(shortest) - 1) == shortest


def test_is_plain_json_with_the_digest_that_the_format_says() -> None:
    fields = json.loads(make_payload("run-1", 17, 200))
    text = f"run-1:17:{fields['fill']}"
    assert fields == {
        "run": "run-1",
        "job": 17,
        "fill": fields["fill"],
        "digest": hashlib.sha256(text.encode()).hexdigest()[:16],
    }


@given(jobs, st.integers(90, 300), st.data())
def test_any_changed_byte_is_seen_and_the_job_is_told_right_or_not_at_all(
    job: int, size: int, data: st.DataObject
) -> None:
    payload = bytearray(make_payload("run", job, size))
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != payload[place]))
    content = read_payload(bytes(payload))
    assert isinstance(content, Corrupted)
    assert content.job in (None, job)


def test_where_only_the_fill_has_changed_the_job_is_told() -> None:
    payload = make_payload("run", 17, 200).replace(b"chaos.chaos", b"chaos,chaos", 1)
    assert read_payload(payload) == Corrupted("run", 17)


def test_where_the_number_has_changed_the_job_is_not_told() -> None:
    payload = make_payload("run", 17, 200).replace(b":17,", b":18,")
    assert read_payload(payload) == Corrupted(None, None)


@given(st.binary(max_size=300))
def test_anything_else_is_corrupted(data: bytes) -> None:
    assert isinstance(read_payload(data), Corrupted)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"run":"r","job":true,"fill":"","digest":"x"}',
        b'{"run":"r","job":-1,"fill":"","digest":"x"}',
        b'{"run":"r","job":4294967295,"fill":"","digest":"x"}',
        b'{"run":"\\ud800","job":1,"fill":"","digest":"x"}',
        b'{"run":1,"job":1,"fill":"","digest":"x"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_payload_is_corrupted(data: bytes) -> None:
    assert read_payload(data) == Corrupted(None, None)
