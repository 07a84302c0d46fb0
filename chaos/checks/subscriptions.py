"""What subscribers heard of the ends of jobs, compared with what came of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from chaos.checks.collect import Choice, Collected, collect, of_jobs
from chaos.checks.findings import Finding
from chaos.checks.tally import Fact, Hashes, Ints, Jobs, Mask, Tally
from chaos.ledger.reader import Ledger, Records
from chaos.ledger.records import FINISHED, Kind, Outcome, State

JOBS_AT_ONCE: Final = 500_000

_KINDS: Final = (Kind.SUBSCRIBE_INTENDED, Kind.COMPLETION_HEARD, Kind.COMPLETION_AWAITED)


@dataclass(frozen=True)
class Heard:
    """The jobs that show each finding about subscribers, and how often each could have been seen."""

    jobs: dict[Finding, Jobs]
    opportunities: dict[Finding, int]


def judge_subscriptions(ledger: Ledger, tally: Tally) -> Heard:
    """What subscribers heard, in a ledger that was verified before; docs/checks.md has each rule.

    Args:
        ledger: Where it is told.
        tally: What came of each job.
    """
    jobs: dict[Finding, list[Jobs]] = {finding: [] for finding in _OPPORTUNITIES}
    opportunities = dict.fromkeys(_OPPORTUNITIES, 0)
    subscribed = np.flatnonzero(tally.knows(Fact.SUBSCRIBED))
    for first in range(0, len(subscribed), JOBS_AT_ONCE):
        chosen = np.zeros(tally.jobs, np.bool_)
        chosen[subscribed[first : first + JOBS_AT_ONCE]] = True
        told = _Told(collect(ledger, _about_ends(chosen, tally)), tally)
        for finding, found in told.findings().items():
            jobs[finding].append(found)
        for finding, number in told.opportunities().items():
            opportunities[finding] += number
    return Heard(
        {finding: np.concatenate([np.zeros(0, np.uint32), *parts]) for finding, parts in jobs.items()},
        opportunities,
    )


_OPPORTUNITIES: Final = (
    Finding.UNHEARD,
    Finding.UNHEARD_ANEW,
    Finding.HEARD_TWICE,
    Finding.MISREPORTED,
)


def _about_ends(chosen: Mask, tally: Tally) -> Choice:
    by_job = of_jobs(chosen, tally.strays)

    def choose(file: int, records: Records) -> Mask:
        kinds = records["kind"]
        success = (kinds == Kind.ACK_INTENDED) & (records["detail"] == Outcome.SUCCESS)
        return np.asarray(by_job(file, records) & (success | np.isin(kinds, _KINDS)))

    return choose


class _Told:
    """What some jobs' subscribers asked for and heard, and what their workers returned."""

    def __init__(self, collected: Collected, tally: Tally) -> None:
        kinds = collected.records["kind"]
        self._tally = tally
        self._asked = collected.where(kinds == Kind.SUBSCRIBE_INTENDED)
        self._heard = collected.where(kinds == Kind.COMPLETION_HEARD)
        self._awaited = collected.where(kinds == Kind.COMPLETION_AWAITED)
        self._returned = collected.where(kinds == Kind.ACK_INTENDED).records
        self._finished = tally.final(*FINISHED)

    def findings(self) -> dict[Finding, Jobs]:
        """The jobs that show each finding; a job may be named more than once."""
        in_vain = self._awaited.where(self._finished[self._awaited.records["job"]])
        heard_before = np.isin(_by_subscriber(in_vain), _by_subscriber(self._heard))
        return {
            Finding.UNHEARD: in_vain.records["job"][~heard_before],
            Finding.UNHEARD_ANEW: in_vain.records["job"][heard_before],
            Finding.HEARD_TWICE: self._heard_twice(),
            Finding.MISREPORTED: self._heard.records["job"][self._wrong_state() | self._wrong_result()],
        }

    def opportunities(self) -> dict[Finding, int]:
        """How often each finding could have been seen."""
        settled = (self._heard, self._awaited.where(self._finished[self._awaited.records["job"]]))
        concluded = np.concatenate([_by_subscriber(part) for part in settled])
        _, asked = np.unique(_by_subscriber(self._asked), return_counts=True)
        return {
            Finding.UNHEARD: len(np.unique(concluded)),
            Finding.UNHEARD_ANEW: int(np.count_nonzero(asked > 1)),
            Finding.HEARD_TWICE: len(self._heard.records),
            Finding.MISREPORTED: len(self._heard.records),
        }

    def _heard_twice(self) -> Jobs:
        """Heard more often on one stream than the job can have ended: once, and once more for each retry by hand."""
        records = self._heard.records
        keys = np.stack([_by_subscriber(self._heard), records["attempt"].astype(np.int64)])
        pairs, counts = np.unique(keys, axis=1, return_counts=True)
        jobs: Jobs = (pairs[0] & 0xFFFF_FFFF).astype(np.uint32)
        return jobs[counts > 1 + self._tally.retries_open[jobs]]

    def _wrong_state(self) -> Mask:
        """Heard to be in a state that is none to end in, or another than the system has it in.

        A job that was retried by hand, or of which there are two, may end in more than one.
        """
        jobs, states = self._heard.records["job"], self._heard.records["detail"]
        one_end = self._finished & (self._tally.retries_open == 0) & ~self._tally.knows(Fact.TWO_IDS)
        differs = np.zeros(len(jobs), np.bool_)
        for state in FINISHED:
            differs |= (states == state) & ~self._tally.final(state)[jobs]
        return np.asarray(~np.isin(states, FINISHED) | (one_end[jobs] & differs))

    def _wrong_result(self) -> Mask:
        """Heard to have succeeded with a result that no execution of it returned.

        Nothing can be said where a worker did not put its results down.
        """
        records, returned = self._heard.records, self._returned
        silent = np.unique(returned["job"][returned["value"] == 0])
        known = _by_result(returned["job"], returned["value"])
        success = (records["detail"] == State.SUCCESS) & ~np.isin(records["job"], silent)
        return np.asarray(success & ~np.isin(_by_result(records["job"], records["value"]), known))


def _by_subscriber(collected: Collected) -> Ints:
    """A number for each pair of a process and a job."""
    keys: Ints = collected.files << 32 | collected.records["job"].astype(np.int64)
    return keys


def _by_result(jobs: Jobs, results: Hashes) -> Hashes:
    """A number for each pair of a job and a result: the hash of the one, changed by the other."""
    keys: Hashes = results ^ (jobs.astype(np.uint64) * np.uint64(0x9E37_79B9_7F4A_7C15))
    return keys
