"""What is drawn, sent and recorded is the same in both languages, to the bit."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.chance import draw
from chaos.ledger.records import NO_JOB, Kind, encode, job_id_hash, result_hash
from chaos.load.arrivals import Arrival, arrivals, due_ns
from chaos.load.client import is_certain_refusal
from chaos.load.job_stream import NAME_OF_NO_JOB
from chaos.load.payload import Corrupted, make_payload, read_payload
from chaos.load.plan import ProcessPlan
from chaos.load.retry import pause_s
from chaos.load.slowness import execution_s
from tests.load.conftest import producer_plan, worker_plan
from tests.load.node.conftest import Ask

SEEDS = st.integers(0, 2**63 - 1)
JOBS = st.integers(0, NO_JOB - 1)
RUNS = st.from_regex(r"[0-9TZ]{1,16}-[a-z0-9-]{1,60}", fullmatch=True)
WORDS = {size: st.integers(0, 2 ** (8 * size) - 1) for size in (1, 2, 4, 8)}


@settings(deadline=None)
@given(seed=SEEDS, purpose=st.text(max_size=20), numbers=st.lists(JOBS, min_size=1, max_size=3))
def test_draws(ask: Ask, seed: int, purpose: str, numbers: list[int]) -> None:
    assert ask("draw", str(seed), purpose, *numbers) == draw(seed, purpose, *numbers)


@settings(deadline=None)
@given(jobs=st.integers(1, 1500), step=st.integers(1, 4), seed=SEEDS, share=st.floats(0, 1))
def test_arrivals(ask: Ask, jobs: int, step: int, seed: int, share: float) -> None:
    plan = producer_plan(Path(), "", jobs=jobs, step=step, seed=seed, enqueued_twice=share)
    assert ask("arrivals", _as_read(plan)) == [list(arrival) for arrival in arrivals(plan)]


@settings(deadline=None)
@given(
    jobs=st.integers(1, 300),
    producers=st.integers(1, 4),
    mine=st.integers(0, 3),
    callers=st.integers(1, 6),
    apart=st.integers(1, 4),
)
def test_arrivals_of_several_callers(
    ask: Ask, jobs: int, producers: int, mine: int, callers: int, apart: int
) -> None:
    plan = producer_plan(
        Path(),
        "",
        jobs=jobs,
        first=mine % producers * apart,
        step=producers * apart,
        callers=callers,
        jobs_a_head=apart,
        enqueued_twice=0.1,
    )
    assert ask("arrivals", _as_read(plan)) == [list(arrival) for arrival in arrivals(plan)]


@settings(deadline=None)
@given(
    slot=JOBS,
    start_ns=st.integers(0, 2**62),
    rate_per_s=st.floats(1e-4, 1e7),
    burst=st.integers(1, 1_000_000),
)
def test_when_an_enqueue_is_due(ask: Ask, slot: int, start_ns: int, rate_per_s: float, burst: int) -> None:
    due = due_ns(Arrival(slot, slot, 0), start_ns, rate_per_s, burst)
    assert int(ask("due", slot, str(start_ns), rate_per_s, burst)) == due


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=50), st.floats(0.01, 1.0))
def test_a_quantile_of_lateness_is_close_and_never_too_low(
    ask: Ask, durations: list[float], share: float
) -> None:
    exact = sorted(durations)[max(0, math.ceil(share * len(durations)) - 1)]
    quantile, highest = ask("lateness", share, durations)
    assert exact <= quantile * (1 + 1e-9) + 1e-6
    assert quantile <= exact * 1.1001 + 1e-6
    assert highest == max(durations)


@settings(deadline=None)
@given(run=RUNS, job=JOBS, payload_bytes=st.integers(0, 600))
def test_payloads(ask: Ask, run: str, job: int, payload_bytes: int) -> None:
    assert ask("payload", run, job, payload_bytes).encode() == make_payload(run, job, payload_bytes)


@settings(deadline=None)
@given(data=st.data(), payload_bytes=st.integers(0, 200))
def test_what_is_made_of_a_payload_that_was_altered(
    ask: Ask, data: st.DataObject, payload_bytes: int
) -> None:
    payload = bytearray(make_payload("a-run", 1700, payload_bytes))
    for _ in range(data.draw(st.integers(0, 2))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    assert ask("read", payload.hex()) == _content(bytes(payload))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'{"run":"r","job":1,"fill":""}',
        b'{"run":"r","job":-1,"fill":"","digest":""}',
        b'{"run":"r","job":4294967295,"fill":"","digest":""}',
        b'{"run":"r","job":"1","fill":"","digest":""}',
        b'{"run":"r","job":true,"fill":"","digest":null}',
        b'{"run":"\\ud800","job":1,"fill":"","digest":"0"}',
        b"\xef\xbb\xbf" + make_payload("r", 1, 200),
        make_payload("r", 1, 200)[:-1],
        make_payload("r", 1, 200).replace(b"chaos", "größe".encode(), 1),
    ],
)
def test_what_is_made_of_a_payload_that_nobody_made(ask: Ask, payload: bytes) -> None:
    assert ask("read", payload.hex()) == _content(payload)


def _content(payload: bytes) -> dict[str, Any]:
    match read_payload(payload):
        case Corrupted(run, job):
            return {"run": run, "job": job, "intact": False}
        case run, job:
            return {"run": run, "job": job, "intact": True}


@settings(deadline=None)
@given(
    kind=st.sampled_from(Kind),
    detail=WORDS[1],
    attempt=WORDS[2],
    job=WORDS[4],
    time_ns=WORDS[8],
    value=WORDS[8],
    serial=WORDS[4],
)
def test_records(
    ask: Ask, kind: Kind, detail: int, attempt: int, job: int, time_ns: int, value: int, serial: int
) -> None:
    written = ask("record", kind, detail, attempt, job, str(time_ns), str(value), serial)
    assert bytes.fromhex(written) == encode(kind, detail, attempt, job, time_ns, value, serial)


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_hashes_of_ids_and_results(ask: Ask, result: bytes) -> None:
    assert int(ask("hash", result.hex())) == result_hash(result)
    assert int(ask("hash", b"0b7e".hex())) == job_id_hash("0b7e")


@settings(deadline=None)
@given(seed=SEEDS, job=JOBS, tries=st.integers(1, 40))
def test_pauses_between_tries(ask: Ask, seed: int, job: int, tries: int) -> None:
    assert ask("pause", str(seed), job, tries) == pause_s(seed, job, tries)


@settings(deadline=None)
@given(seed=SEEDS, job=JOBS, share=st.floats(0, 1), bounds=st.tuples(st.floats(0, 60), st.floats(0, 60)))
def test_how_long_executions_take(
    ask: Ask, seed: int, job: int, share: float, bounds: tuple[float, float]
) -> None:
    least, most = sorted(bounds)
    slow = {"slow_share": share, "slow_at_least_s": least, "slow_at_most_s": most}
    plan = worker_plan(Path(), "", seed=seed, **slow)
    assert ask("execution", _as_read(plan), job) == execution_s(plan, job)


def test_what_a_refusal_is_and_how_the_job_is_called_that_there_is_none_of(ask: Ask) -> None:
    codes = [code.value[0] for code in grpc.StatusCode]
    assert ask("refusals", *codes) == [code.value[0] for code in grpc.StatusCode if is_certain_refusal(code)]
    assert ask("name") == NAME_OF_NO_JOB


def _as_read(plan: ProcessPlan) -> dict[str, Any]:
    """A plan as the scripts read it: the seed may have more digits than a number holds there."""
    return {**json.loads(plan.to_json()), "seed": str(plan.seed)}
