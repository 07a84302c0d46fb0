"""What a run did over time."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.checks import timeline as module
from chaos.checks.timeline import MOST_BINS, Timeline, timeline
from chaos.ledger.events import ComponentDown, DrainEnded
from chaos.ledger.records import FINISHED, NO_JOB, Kind, State
from tests.checks.history import FAILURE, NO_RETRY, SUCCESS, ZERO_NS, Entry, History, at
from tests.checks.test_against_oracle import histories


def ended(second: float) -> DrainEnded:
    """An event that makes a run this long."""
    return DrainEnded(time_ns=at(second), how="drained", unsettled_by_ledger=0, queue_depth=0)


def of(history: History, directory: Path) -> Timeline:
    return timeline(history.write(directory), ZERO_NS)


def happened(counts: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> dict[int, int]:
    """The counts by bin, zeros left out."""
    return {index: count for index, count in enumerate(counts.tolist()) if count}


@pytest.fixture(autouse=True)
def tenths_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHORTEST_BIN_S", 0.1)


def test_a_job_is_counted_where_each_thing_happened_to_it(tmp_path: Path) -> None:
    history = History()
    history.enqueue(0, 1.05)
    history.execute(0, 2.05, 2.55)
    history.events.append(ended(3.05))
    found = of(history, tmp_path)
    assert found.bin_s == 0.1
    assert found.bins == 31
    assert found.ends_s[10] == pytest.approx(1.1)
    assert (happened(found.enqueued), happened(found.acknowledged)) == ({10: 1}, {10: 1})
    assert (happened(found.started), happened(found.completed)) == ({20: 1}, {25: 1})
    assert found.waiting.tolist() == [0] * 10 + [1] * 10 + [0] * 11
    assert found.running.tolist() == [0] * 20 + [1] * 5 + [0] * 6
    assert found.done.tolist() == [0] * 25 + [1] * 6
    assert found.latency_p99[25] == pytest.approx(2.56 - 1.05)
    assert np.isnan(found.latency_p50[24])


def test_an_execution_ends_with_its_worker(tmp_path: Path) -> None:
    history = History(events=[ComponentDown(time_ns=at(3), component="worker-1", incarnation=1, status="SIGKILL",
                                            expected=True), ended(5)])  # fmt: skip
    history.enqueue(0)
    history.execute(0, 1.0, None)
    found = of(history, tmp_path)
    assert set(happened(found.running)) == set(range(10, 30))
    assert found.waiting[-1] == 1


def test_a_failed_job_waits_again_until_it_is_done(tmp_path: Path) -> None:
    history = History(events=[ended(5)])
    history.enqueue(0)
    history.execute(0, 1.0, 1.05, FAILURE)
    history.execute(0, 3.0, 3.05, NO_RETRY, attempt=2)
    found = of(history, tmp_path)
    assert happened(found.failed) == {10: 1, 30: 1}
    assert found.waiting[20] == 1
    assert found.done[-1] == 1
    assert found.completed.sum() == 0


def test_what_the_reader_was_told_is_known_from_then_on(tmp_path: Path) -> None:
    history = History(events=[ended(5)])
    history.enqueue(0)
    history.execute(0, 1.0, 1.05, SUCCESS, acks=[(1.05, 1.15, Kind.ACK_UNKNOWN)])
    history.final(0, State.SUCCESS, read=4.0)
    found = of(history, tmp_path)
    assert happened(found.unanswered) == {11: 1}
    assert set(happened(found.done)) == set(range(40, 51))
    assert found.completed.sum() == 0


@given(length_s=st.floats(0.0, 1e7))
@settings(max_examples=100, deadline=None)
def test_there_are_enough_bins_and_not_too_many(length_s: float) -> None:
    with tempfile.TemporaryDirectory() as directory:
        found = of(History(events=[ended(length_s)]), Path(directory))
    assert found.bins <= MOST_BINS
    assert (found.bins - 1) * found.bin_s <= length_s + 1e-6
    assert found.bins * found.bin_s > length_s - 1e-6
    assert found.bins > MOST_BINS * 0.39 or found.bin_s == 0.1
    mantissa = found.bin_s / 10 ** math.floor(math.log10(found.bin_s) + 1e-9)
    assert round(mantissa, 6) in (1, 2, 5)


class Oracle:
    """The same by plain counting over the entries of a history."""

    def __init__(self, history: History, bin_s: float, bins: int) -> None:
        self.entries = [entry for entries in history.entries.values() for entry in entries]
        self.history, self.bin_ns, self.bins = history, round(bin_s * 1e9), bins
        self.jobs = sorted({entry.job for entry in self.entries if entry.kind is Kind.ENQUEUE_INTENDED})

    def bin_of(self, time_ns: int) -> int:
        return min(max((time_ns - ZERO_NS) // self.bin_ns, 0), self.bins - 1)

    def count(self, times_ns: Iterable[int]) -> list[int]:
        counts = [0] * self.bins
        for time_ns in times_ns:
            counts[self.bin_of(time_ns)] += 1
        return counts

    def each(self, kind: Kind) -> list[int]:
        return self.count(entry.time_ns for entry in self.entries if entry.kind is kind)

    def firsts(self, what: Callable[[Entry], bool]) -> dict[int, int]:
        """When this was first so of each job that was sent."""
        found: dict[int, list[int]] = defaultdict(list)
        for entry in self.entries:
            if entry.job in self.jobs and what(entry):
                found[entry.job].append(entry.time_ns)
        return {job: min(times) for job, times in found.items()}

    def at_ends(self, times_ns: Iterable[int]) -> list[int]:
        """How many of these times are over at the end of each bin."""
        return list(itertools.accumulate(self.count(times_ns)))

    def running(self) -> list[int]:
        starts: list[int] = []
        ends: list[int] = []
        for writer, entries in self.history.entries.items():
            began = [entry.time_ns for entry in entries if entry.kind is Kind.EXECUTION_STARTED]
            over = [entry.time_ns for entry in entries if entry.kind is Kind.EXECUTION_FINISHED]
            gone = [
                event.time_ns
                for event in self.history.events
                if isinstance(event, ComponentDown) and f"{event.component}.{event.incarnation}" == writer
            ]
            starts += began
            ends += over + gone[-1:] * (len(began) - len(over))
        return [a - b for a, b in zip(self.at_ends(starts), self.at_ends(ends), strict=True)]

    def latencies(self) -> list[list[float]]:
        due = {e.job: e.value for e in reversed(self.entries) if e.kind is Kind.ENQUEUE_INTENDED}
        for entry in self.entries:
            if entry.kind is Kind.ENQUEUE_INTENDED:
                due[entry.job] = min(due[entry.job], entry.value)
        by_bin: list[list[float]] = [[] for _ in range(self.bins)]
        for job, time_ns in self.firsts(is_success).items():
            by_bin[self.bin_of(time_ns)].append((time_ns - due[job]) / 1e9)
        return by_bin


def is_success(entry: Entry) -> bool:
    return entry.kind is Kind.ACK_ACKNOWLEDGED and entry.detail == SUCCESS


def is_done(entry: Entry) -> bool:
    if entry.kind is Kind.FINAL_STATE:
        return entry.detail in FINISHED
    ends = (State.SUCCESS, State.DEAD, State.CANCELLED)
    if entry.kind is Kind.CANCEL_ACKNOWLEDGED:
        return True
    return entry.kind is Kind.ACK_ACKNOWLEDGED and (entry.detail != FAILURE or entry.value in ends)


def is_known(entry: Entry) -> bool:
    return entry.kind in (Kind.ENQUEUE_ACKNOWLEDGED, Kind.EXECUTION_STARTED) or is_done(entry)


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else math.nan


@given(history=histories(), room=st.sampled_from([1, 2, 1024]))
@settings(max_examples=100, deadline=None)
def test_the_timeline_is_that_of_plain_counting(history: History, room: int) -> None:
    history.events.append(ended(25))
    with tempfile.TemporaryDirectory() as directory, patch.multiple(module, _ROOM=room, SHORTEST_BIN_S=0.5):
        found = of(history, Path(directory))
    oracle = Oracle(history, found.bin_s, found.bins)
    sent = oracle.firsts(lambda entry: entry.kind is Kind.ENQUEUE_INTENDED)
    acknowledged = oracle.firsts(lambda entry: entry.kind is Kind.ENQUEUE_ACKNOWLEDGED)
    assert found.enqueued.tolist() == oracle.count(sent.values())
    assert found.acknowledged.tolist() == oracle.count(acknowledged.values())
    assert found.completed.tolist() == oracle.count(oracle.firsts(is_success).values())
    assert found.started.tolist() == oracle.each(Kind.EXECUTION_STARTED)
    assert found.failed.sum() == sum(
        entry.kind is Kind.EXECUTION_FINISHED and entry.detail != SUCCESS for entry in oracle.entries
    )
    pairs = (Kind.ENQUEUE_REFUSED, Kind.ACK_REFUSED), (Kind.ENQUEUE_UNKNOWN, Kind.ACK_UNKNOWN)
    for counts, kinds in zip((found.refused, found.unanswered), pairs, strict=True):
        assert counts.tolist() == [a + b for a, b in zip(*map(oracle.each, kinds), strict=True)]
    running, done = oracle.running(), oracle.at_ends(oracle.firsts(is_done).values())
    known = oracle.at_ends(oracle.firsts(is_known).values())
    assert found.running.tolist() == running
    assert found.done.tolist() == done
    assert found.waiting.tolist() == [max(k - d - r, 0) for k, d, r in zip(known, done, running, strict=True)]
    for number, values in enumerate(oracle.latencies()):
        for share, line in ((0.5, found.latency_p50), (0.95, found.latency_p95), (0.99, found.latency_p99)):
            assert line[number] == pytest.approx(quantile(values, share), nan_ok=True)


def test_an_execution_that_names_no_job_is_counted_as_one(tmp_path: Path) -> None:
    history = History(events=[ended(5)])
    history.enqueue(0)
    history.execute(NO_JOB, 1.0, 1.5, corrupted=True, owner=0)
    found = of(history, tmp_path)
    assert found.started.sum() == 1
    assert found.done.sum() == 0
