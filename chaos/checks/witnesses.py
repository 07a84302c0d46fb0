"""A few jobs that show each finding, with all that happened to them and what was broken around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from chaos.checks.collect import Collected, collect
from chaos.checks.findings import Finding, Witness
from chaos.checks.holds import active_faults
from chaos.checks.survey import Survey
from chaos.checks.tally import Mask, Strays, about_connections
from chaos.checks.terms import Terms
from chaos.clock import seconds_between
from chaos.ledger.events import ComponentDown, Event
from chaos.ledger.reader import Ledger, Records
from chaos.ledger.records import NO_JOB, Kind
from chaos.ledger.words import event_in_words, record_in_words

T = TypeVar("T")

WITNESSES: Final = 3
LONGEST_CHAIN: Final = 60
SHORTLY_NS: Final = 1_000_000_000


@dataclass(frozen=True)
class _Subject:
    """What to show: a job, or an execution that nobody can assign to a job."""

    finding: Finding
    job: int | None
    job_id: int | None = None


def witnesses(ledger: Ledger, surveyed: Survey, terms: Terms) -> tuple[Witness, ...]:
    """Up to three witnesses for each finding: the first, the middle and the last job that shows it.

    Args:
        ledger: Where to read their chains.
        surveyed: What was found.
        terms: When the load began, zero of the times told; and which core each worker talks to.
    """
    subjects = [subject for finding in Finding for subject in _subjects(finding, surveyed)]
    if not subjects:
        return ()
    chains = _chains(ledger, subjects, surveyed.tally.strays)
    return tuple(_witness(ledger, subject, chains, terms) for subject in subjects)


def _subjects(finding: Finding, surveyed: Survey) -> list[_Subject]:
    jobs = np.flatnonzero(surveyed.found.jobs(finding)).tolist()
    every = [_Subject(finding, job) for job in spread(jobs)]
    if finding is Finding.PHANTOM and len(every) < WITNESSES:
        every += [_Subject(finding, int(job)) for job in spread(surveyed.unplanned_jobs.tolist())]
        every += [_Subject(finding, None, int(job_id)) for job_id in spread(surveyed.unknown_ids.tolist())]
    return every[:WITNESSES]


def spread(found: Sequence[T]) -> Sequence[T]:
    """As many of them as are shown: the first, the middle and the last."""
    if len(found) <= WITNESSES:
        return found
    return [found[0], found[len(found) // 2], found[-1]]


@dataclass(frozen=True)
class _Chains:
    """The records of all subjects, with the ids of their enqueues by position."""

    collected: Collected
    serial_ids: Mapping[tuple[int, int], int]


def _chains(ledger: Ledger, subjects: list[_Subject], strays: Strays) -> _Chains:
    """Read the ledger once for all subjects."""
    jobs = np.array(sorted({subject.job for subject in subjects if subject.job is not None}), np.uint32)
    ids = np.array(sorted({subject.job_id for subject in subjects if subject.job_id is not None}), np.uint64)
    nameless: dict[tuple[int, int], int] = {}

    def choose(file: int, records: Records) -> Mask:
        strays.with_jobs(file, records)
        connections = about_connections(records)
        chosen = np.isin(records["job"], jobs) | connections
        for index in np.flatnonzero((records["job"] == NO_JOB) & ~connections & (len(ids) > 0)).tolist():
            key = (file, int(records["serial"][index]))
            if records["kind"][index] == Kind.EXECUTION_STARTED and records["value"][index] in ids:
                nameless[key] = int(records["value"][index])
            chosen[index] = key in nameless
        return chosen

    return _Chains(collect(ledger, choose), nameless)


def _witness(ledger: Ledger, subject: _Subject, chains: _Chains, terms: Terms) -> Witness:
    mine = _records_of(subject, chains)
    times = mine.records["time_ns"].astype(np.int64)
    from_ns, to_ns = int(times.min()) - SHORTLY_NS, int(times.max())
    cores = terms.cores
    told = [*_told(ledger, mine, cores), *_told(ledger, _connections(chains, mine, from_ns, to_ns), cores)]
    writers = {ledger.files[file].header.component for file in mine.files.tolist()}
    told += _around(ledger, writers, from_ns, to_ns)
    told.sort(key=lambda entry: entry[0])
    return Witness(
        job=subject.job,
        finding=subject.finding,
        events=tuple(
            {"at_s": round(seconds_between(terms.start_ns, time_ns), 6), "who": who, "what": what}
            for time_ns, who, what in _shortened(told)
        ),
        faults=active_faults(ledger.events, from_ns, to_ns),
    )


def _records_of(subject: _Subject, chains: _Chains) -> Collected:
    records, files = chains.collected.records, chains.collected.files
    if subject.job is not None:
        return chains.collected.where(records["job"] == subject.job)
    keys = zip(files.tolist(), records["serial"].tolist(), strict=True)
    same_id = np.array([chains.serial_ids.get(key) == subject.job_id for key in keys], np.bool_)
    return chains.collected.where(same_id & (records["job"] == NO_JOB) & ~about_connections(records))


def _connections(chains: _Chains, mine: Collected, from_ns: int, to_ns: int) -> Collected:
    """How the connections of the writers of a chain came and went around it."""
    records, files = chains.collected.records, chains.collected.files
    times = records["time_ns"].astype(np.int64)
    around = about_connections(records) & (times >= from_ns) & (times <= to_ns)
    return chains.collected.where(around & np.isin(files, mine.files))


def _told(ledger: Ledger, collected: Collected, cores: Mapping[str, str]) -> Iterable[tuple[int, str, str]]:
    for record, file in zip(collected.records, collected.files.tolist(), strict=True):
        core = cores.get(ledger.files[file].header.component)
        yield int(record["time_ns"]), _who(ledger, file), _what(record, core)


def _who(ledger: Ledger, file: int) -> str:
    header = ledger.files[file].header
    return header.component if header.incarnation == 1 else f"{header.component} (start {header.incarnation})"


def _what(record: Any, core: str | None) -> str:
    return record_in_words(
        Kind(int(record["kind"])), int(record["detail"]), int(record["attempt"]), int(record["value"]), core
    )


def _around(ledger: Ledger, involved: set[str], from_ns: int, to_ns: int) -> Iterable[tuple[int, str, str]]:
    """The faults, and the components coming and going, that may have touched what the involved writers did."""
    writers = {file.header.component for file in ledger.files}
    for event in ledger.events:
        if from_ns <= event.time_ns <= to_ns and _matters(event, writers, involved):
            words = event_in_words(event)
            if words is not None:
                yield event.time_ns, *words


def _matters(event: Event, writers: set[str], involved: set[str]) -> bool:
    """Of the load's own processes only those matter that broke while they were involved."""
    component = getattr(event, "component", None)
    if component not in writers:
        return True
    return component in involved and isinstance(event, ComponentDown) and event.status != "exit 0"


def _shortened(told: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """A chain that people can read: the middle of a very long one is left out, and said to be."""
    if len(told) <= LONGEST_CHAIN:
        return told
    half = LONGEST_CHAIN // 2
    left_out = told[half:-half]
    return [*told[:half], (left_out[0][0], "…", f"{len(left_out)} more events"), *told[-half:]]
