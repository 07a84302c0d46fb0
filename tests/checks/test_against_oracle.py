"""The engine and the oracle agree on every history that can be made up."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.checks import executions, subscriptions
from chaos.checks.findings import OF_JOBS, CheckName, Finding
from chaos.checks.terms import Delay
from chaos.experiment.model import Guarantee
from chaos.ledger import reader
from chaos.ledger.events import ComponentDown
from chaos.ledger.records import Kind, Outcome, Request, State
from tests.checks.history import OTHER_RESULT, RESULT, History, at, terms_for
from tests.checks.oracle import Oracle

JOBS = 4
seconds = st.integers(0, 12).map(float)
enqueue_answers = st.sampled_from(
    [Kind.ENQUEUE_ACKNOWLEDGED, Kind.ENQUEUE_ACKNOWLEDGED, Kind.ENQUEUE_REFUSED, Kind.ENQUEUE_UNKNOWN, None]
)
ack_answers = st.sampled_from(
    [Kind.ACK_ACKNOWLEDGED, Kind.ACK_ACKNOWLEDGED, Kind.ACK_REFUSED, Kind.ACK_UNKNOWN, None]
)
ack_states = st.sampled_from([None, State.SUCCESS, State.PENDING, State.DEAD, State.RUNNING])


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A few jobs, to which anything may happen."""
    history = History()
    for job in range(JOBS):
        for attempt, answer in enumerate(draw(st.lists(enqueue_answers, max_size=3)), 1):
            variant = draw(st.sampled_from([0, 0, 0, 0, 0, 1]))
            history.enqueue(job, draw(seconds), answer=answer, attempt=attempt, variant=variant)
    for _ in range(draw(st.integers(0, 7))):
        draw_execution(draw, history)
    for _ in range(draw(st.integers(0, JOBS + 2))):
        state = draw(st.sampled_from(State))
        history.final(
            draw(st.integers(0, JOBS - 1)),
            state,
            attempt=draw(st.integers(0, 4)),
            variant=draw(st.sampled_from([0, 0, 0, 1, None])),
            read=draw(st.sampled_from([13.0, 14.0, 20.0])),
        )
    for _ in range(draw(st.integers(0, 4))):
        draw_request(draw, history)
    for _ in range(draw(st.integers(0, 6))):
        draw_subscription(draw, history)
    for worker in (1, 2):
        if draw(st.booleans()):
            down_ns = at(draw(st.integers(0, 15)))
            history.events.append(
                ComponentDown(
                    time_ns=down_ns,
                    component=f"worker-{worker}",
                    incarnation=1,
                    status="SIGKILL",
                    expected=False,
                )
            )
    for worker in (1, 2, 3):
        for second in draw(st.lists(seconds, max_size=2)):
            kind = draw(st.sampled_from([Kind.CONNECTED, Kind.DISCONNECTED]))
            history.connection(f"worker-{worker}.1", kind, second)
    return history


@st.composite
def delays(draw: st.DrawFn) -> Delay:
    """A delay of one worker's jobs, or of all."""
    begin, lasted, at_most = draw(seconds), draw(seconds), draw(st.integers(0, 6))
    components = draw(st.sampled_from([(), ("worker-1",), ("worker-2", "worker-3"), ("producer-1",)]))
    return Delay(at(begin), at(begin + lasted), at_most * 10**9, components)


def draw_request(draw: st.DrawFn, history: History) -> None:
    """A job is cancelled or retried from outside, and something is answered, or nothing."""
    request = draw(st.sampled_from(Request))
    answers = (request.acknowledged, request.acknowledged, request.refused, request.unknown, None)
    history.request(request, draw(st.integers(0, JOBS - 1)), draw(seconds), draw(st.sampled_from(answers)))


def draw_subscription(draw: st.DrawFn, history: History) -> None:
    """A producer asks to hear of a job's end, and may hear of it, or listen to the end and not hear of it."""
    job, producer, stream = (
        draw(st.integers(first, last)) for first, last in ((0, JOBS - 1), (1, 2), (1, 2))
    )
    sent = draw(seconds)
    history.subscribe(job, sent, stream=stream, producer=producer)
    for later in draw(st.lists(seconds, max_size=2)):
        history.hear(
            job,
            sent + later,
            draw(st.sampled_from([State.SUCCESS, State.SUCCESS, State.DEAD, State.CANCELLED, State.RUNNING])),
            result=draw(st.sampled_from([RESULT, RESULT, OTHER_RESULT, 0])),
            stream=stream,
            producer=producer,
        )
    if draw(st.booleans()):
        history.hear_nothing(job, stream=stream, producer=producer)


def draw_execution(draw: st.DrawFn, history: History) -> None:
    """One execution of a job, or of something that no one enqueued."""
    start = draw(seconds)
    end = draw(st.none() | st.integers(0, 6).map(lambda more: start + more))
    acks, last = [], end or start
    for answer in draw(st.lists(ack_answers, max_size=3)):
        sent = last + draw(st.sampled_from([0.0, 0.5, 1.0]))
        last = sent + draw(st.sampled_from([0.0, 0.5, 4.0]))
        acks.append((sent, last, answer))
    job = draw(st.sampled_from([*range(JOBS), 0, 0, 0, JOBS + 3]))
    history.execute(
        job,
        start,
        end,
        draw(st.sampled_from(Outcome)),
        acks=acks,
        state=draw(ack_states),
        attempt=draw(st.sampled_from([0, 1, 1, 2, 3])),
        worker=draw(st.sampled_from([1, 1, 2, 3])),
        variant=draw(st.sampled_from([0, 0, 0, 0, 0, 1])),
        owner=draw(st.sampled_from([None, None, None, None, None, 1])),
        corrupted=draw(st.sampled_from([False, False, False, False, True])),
        result=draw(st.sampled_from([RESULT, RESULT, RESULT, OTHER_RESULT, 0])),
    )


@pytest.mark.parametrize("keeps_finished", [True, False])
@pytest.mark.parametrize("guarantee", Guarantee)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    history=histories(),
    delayed=st.lists(delays(), max_size=3).map(tuple),
    with_connection=st.booleans(),
    chunk=st.sampled_from([1, 2, 3, 1000]),
    slab=st.sampled_from([1, 2, 1000]),
)
def test_the_engine_finds_what_the_oracle_finds(
    guarantee: Guarantee,
    keeps_finished: bool,
    history: History,
    delayed: tuple[Delay, ...],
    with_connection: bool,
    chunk: int,
    slab: int,
) -> None:
    terms = {
        "jobs": JOBS,
        "guarantee": guarantee,
        "keeps_finished": keeps_finished,
        "max_attempts": 2,
        "delays": delayed,
        "hold_ends_with_connection": with_connection,
        "checks": frozenset(CheckName),
    }
    oracle = Oracle(history, terms_for(**terms))
    with (
        tempfile.TemporaryDirectory() as directory,
        patch.object(reader, "CHUNK_RECORDS", chunk),
        patch.object(executions, "EXECUTIONS_AT_ONCE", slab),
        patch.object(subscriptions, "JOBS_AT_ONCE", slab),
    ):
        if not history.entries:
            return
        answers = history.check(Path(directory), **terms)
    found = {finding: count or 0 for result in answers.results for finding, count in result.findings.items()}
    assert found == {finding: len(jobs) for finding, jobs in oracle.shown().items()}
    for name in OF_JOBS:
        assert answers.result(name).count == oracle.failing(name)
    witnessed = {witness.finding for result in answers.results for witness in result.witnesses}
    assert witnessed == {finding for finding in Finding if found.get(finding)}
