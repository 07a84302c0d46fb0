"""What a ledger is judged by: the guarantee, what is allowed, and what the system can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.checks.findings import ALWAYS, TREATMENT, CheckName, Finding, Treatment
from chaos.cron import Missed
from chaos.experiment.model import Guarantee


@dataclass(frozen=True)
class Delay:
    """A time in which jobs came later to their workers than without a fault.

    Attributes:
        begin_ns: When the fault was asked for.
        end_ns: When it was over.
        at_most_ns: How much later, at most.
        components: The workers whose jobs came later; empty: all of them.
    """

    begin_ns: int
    end_ns: int
    at_most_ns: int
    components: tuple[str, ...] = ()

    def reaches(self, component: str) -> bool:
        """Whether it delayed this one's jobs."""
        return not self.components or component in self.components


@dataclass(frozen=True, kw_only=True)
class ScheduleTerms:
    """What the schedules of a load are judged by.

    Attributes:
        count: How many there are.
        crons: The cron expressions that they have by turns.
        timezone: The time zone of these.
        missed: What the system promises about due times that pass while it is down.
        cores: For each core, itself and the components that it can't do without.
        everybody: All components of the run, those of the load too.
    """

    count: int
    crons: tuple[str, ...]
    timezone: str
    missed: Missed
    cores: Mapping[str, frozenset[str]]
    everybody: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of one verdict.

    Attributes:
        jobs: How many jobs the load planned; their numbers are 0 to `jobs - 1`.
        start_ns: When the load began; a witness tells its times from here.
        guarantee: What the queue promises; decides which findings fail.
        max_attempts: How often a job may be tried.
        timeout_s: How long a worker may hold a job.
        overlap_allowed: Whether two executions of one job at a time are tolerated under at-least-once.
        checks: Which checks are asked.
        allowed: How many jobs of a check may fail; none where it is not named.
        bounds: Findings that are judged by a number of their own, in place of the guarantee's table.
        clock_resolution_s: How coarse the system's clock is: a hold may end this much before its timeout.
        delays: What faults added to the way from the system to its workers, at most.
        hold_ends_with_connection: Whether a worker that loses its connection loses its jobs at once.
        looks_up: Whether a job can be asked for by its id.
        keeps_finished: Whether a finished job can still be asked for.
        deduplicates: Whether a second enqueue under one key is answered with the first job.
        drain_cut_off: Whether the drain ended at its absolute limit, so that a waiting job may yet have its turn.
        load_on: For each component of the system, the workers and producers whose way leads to it; a component that
            is not named here is on the way of all.
        cores: The core that each worker and producer talks to, where there are several.
        schedules: What the schedules of the load are judged by, if it has any.
    """

    jobs: int
    start_ns: int
    guarantee: Guarantee
    max_attempts: int
    timeout_s: float
    overlap_allowed: bool = False
    checks: frozenset[CheckName] = ALWAYS
    allowed: Mapping[CheckName, int] = field(default_factory=dict)
    bounds: Mapping[Finding, int] = field(default_factory=dict)
    clock_resolution_s: float = 0.0
    delays: tuple[Delay, ...] = ()
    hold_ends_with_connection: bool = False
    looks_up: bool = True
    keeps_finished: bool = True
    deduplicates: bool = True
    drain_cut_off: bool = False
    load_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cores: Mapping[str, str] = field(default_factory=dict)
    schedules: ScheduleTerms | None = None

    @property
    def schedule_count(self) -> int:
        """How many schedules the load has."""
        return 0 if self.schedules is None else self.schedules.count

    @property
    def held_ns(self) -> int:
        """How long after its hand-out an execution certainly still holds its job, unless something ends it."""
        return round((self.timeout_s - self.clock_resolution_s) * 1e9)

    @property
    def timeout_ns(self) -> int:
        """The jobs' timeout in nanoseconds."""
        return round(self.timeout_s * 1e9)


def treatment_of(finding: Finding, terms: Terms) -> Treatment:
    """What a finding does to the verdict under these terms."""
    if finding in terms.bounds:
        return Treatment.BOUNDED
    treatment = TREATMENT[terms.guarantee][finding]
    if finding is Finding.DOUBLE_ENQUEUED and not terms.deduplicates:
        return Treatment.REPORTED
    if treatment is Treatment.FAILS_UNLESS_ALLOWED:
        return Treatment.REPORTED if terms.overlap_allowed else Treatment.FAILS
    return treatment
