"""The rules of docs/checks.md, one job at a time, slow and plain: what the engine is compared with."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from chaos.checks.findings import GROUPS, REPORTED_BESIDE, TREATMENT, CheckName, Finding, Treatment
from chaos.checks.terms import Terms
from chaos.ledger.events import ComponentDown
from chaos.ledger.records import NO_JOB, Kind, Outcome, Payload, Request, State
from tests.checks.history import Entry, History

FOREVER = 2**62
SECOND = 10**9
WITHOUT_SUCCESS = (State.DEAD, State.CANCELLED, State.FAILED)
UNFINISHED = (State.PENDING, State.RUNNING)
BADNESS = [
    State.UNREAD,
    State.SUCCESS,
    State.CANCELLED,
    State.DEAD,
    State.FAILED,
    State.PENDING,
    State.RUNNING,
    State.ABSENT,
]


@dataclass
class Execution:
    """One execution and all that is told of it."""

    job: int | None
    job_id: int
    attempt: int
    start: int
    place: tuple[int, int]
    corrupted: bool
    down: int
    handed_out: int
    cuts: list[tuple[int, int]]
    rest: list[Entry] = field(default_factory=list)

    @property
    def ended(self) -> int:
        return min((entry.time_ns for entry in self.rest), default=FOREVER)

    def answered(self, *outcomes: Outcome) -> int:
        """When an ack with one of these outcomes was first acknowledged."""
        times = [e.time_ns for e in self.rest if e.kind is Kind.ACK_ACKNOWLEDGED and e.detail in outcomes]
        return min(times, default=FOREVER)

    def sent(self, *outcomes: Outcome) -> int:
        """When the first acknowledged ack with one of these outcomes was sent."""
        sent = FOREVER
        for entry in self.rest:
            if entry.kind is Kind.ACK_INTENDED:
                sent = entry.time_ns
            elif entry.kind is Kind.ACK_ACKNOWLEDGED and entry.detail in outcomes:
                return sent
        return FOREVER

    def says(self, kind: Kind, *outcomes: Outcome) -> bool:
        return any(entry.kind is kind and entry.detail in outcomes for entry in self.rest)


class Oracle:
    """What a history shows, job by job."""

    def __init__(self, history: History, terms: Terms) -> None:
        self.terms = terms
        self.enqueues: dict[int, list[Entry]] = defaultdict(list)
        self.finals: dict[int, list[Entry]] = defaultdict(list)
        self.outside: dict[int, list[tuple[str, Entry]]] = defaultdict(list)
        self.executions: list[Execution] = []
        self.read_at = FOREVER
        downs = {
            f"{event.component}.{event.incarnation}": event.time_ns
            for event in history.events
            if isinstance(event, ComponentDown)
        }
        writing = {writer.split(".")[0] for writer in history.entries}
        elsewhere = [
            (time_ns, time_ns) for name, time_ns in downs.items() if name.split(".")[0] not in writing
        ]
        for number, writer in enumerate(sorted(history.entries, key=lambda name: f"{name}.ledger")):
            by_serial: dict[int, Execution] = {}
            entries = sorted(history.entries[writer], key=lambda entry: entry.time_ns)
            cuts = elsewhere + [
                (entry.time_ns - SECOND, entry.time_ns)
                for entry in entries
                if entry.kind is Kind.DISCONNECTED
            ]
            for position, entry in enumerate(entries):
                if entry.kind in (Kind.CONNECTED, Kind.DISCONNECTED):
                    continue
                if entry.kind > Kind.DISCONNECTED:
                    self.outside[entry.job].append((writer, entry))
                    continue
                if entry.kind <= Kind.ENQUEUE_UNKNOWN:
                    self.enqueues[entry.job].append(entry)
                elif entry.kind is Kind.FINAL_STATE:
                    self.finals[entry.job].append(entry)
                    self.read_at = min(self.read_at, entry.time_ns)
                elif entry.kind is Kind.EXECUTION_STARTED:
                    execution = Execution(
                        job=None if entry.job == NO_JOB else entry.job,
                        job_id=entry.value,
                        attempt=entry.attempt,
                        start=entry.time_ns,
                        place=(number, position),
                        corrupted=entry.detail == Payload.CORRUPTED,
                        down=downs.get(writer, FOREVER),
                        handed_out=entry.time_ns - self._delay_ns(writer.split(".")[0], entry.time_ns),
                        cuts=cuts,
                    )
                    by_serial[entry.serial] = execution
                    self.executions.append(execution)
                else:
                    by_serial[entry.serial].rest.append(entry)
        self.owners = {
            entry.value: job
            for job, entries in self.enqueues.items()
            for entry in entries
            if entry.kind is Kind.ENQUEUE_ACKNOWLEDGED
        }
        for execution in self.executions:
            if execution.job is None:
                execution.job = self.owners.get(execution.job_id)

    def _delay_ns(self, component: str, time_ns: int) -> int:
        """How much later than it was handed out a job may have been received then."""
        return sum(
            min(time_ns - delay.begin_ns, delay.at_most_ns)
            for delay in self.terms.delays
            if (component in delay.components or not delay.components)
            and delay.begin_ns <= time_ns <= delay.end_ns + SECOND
        )

    def _held_until(self, execution: Execution) -> int:
        """Until when an execution certainly held its job, if nothing was answered."""
        held = round((self.terms.timeout_s - self.terms.clock_resolution_s) * 1e9)
        until = min(execution.handed_out + held, execution.down)
        if self.terms.hold_ends_with_connection:
            begins = [begin for begin, end in execution.cuts if end >= execution.handed_out]
            until = min([until, *(max(begin, execution.start) for begin in begins)])
        return until

    def shown(self) -> dict[Finding, set[object]]:
        """The jobs that show each finding; strangers by what is known of them."""
        shown: dict[Finding, set[object]] = {
            finding: set() for finding in Finding if finding not in GROUPS[CheckName.SCHEDULES]
        }
        for job in range(self.terms.jobs):
            for finding in self._of_job(job):
                shown[finding].add(job)
        for execution in self.executions:
            if execution.job is None:
                shown[Finding.PHANTOM].add(("id", execution.job_id))
            elif execution.job >= self.terms.jobs:
                shown[Finding.PHANTOM].add(("unplanned", execution.job))
        return shown

    def failing(self, name: CheckName) -> int:
        """How many distinct jobs fail a check."""
        failing: set[object] = set()
        shown = self.shown()
        for finding in GROUPS[name] + REPORTED_BESIDE.get(name, ()):
            treatment = TREATMENT[self.terms.guarantee][finding]
            if finding in self.terms.bounds:
                continue
            if treatment is Treatment.FAILS or (
                treatment is Treatment.FAILS_UNLESS_ALLOWED and not self.terms.overlap_allowed
            ):
                failing |= shown[finding]
            elif treatment is Treatment.FAILS_IF_NEVER_HANDED_OUT:
                failing |= {job for job in shown[finding] if not self._handed_out(job)}
        return len(failing)

    def _handed_out(self, job: object) -> bool:
        state, attempt = self._final(job)  # type: ignore[arg-type]
        return any(e.job == job for e in self.executions) or attempt > 0 or state is State.RUNNING

    def _final(self, job: int) -> tuple[State | None, int]:
        finals = self.finals.get(job, [])
        if not finals:
            return None, 0
        worst = max(finals, key=lambda entry: (BADNESS.index(State(entry.detail)), entry.attempt))
        return State(worst.detail), worst.attempt

    def _of_job(self, job: int) -> set[Finding]:
        found: set[Finding] = set()
        enqueues = self.enqueues.get(job, [])
        kinds = [entry.kind for entry in enqueues]
        acknowledged = Kind.ENQUEUE_ACKNOWLEDGED in kinds
        tries, refusals = kinds.count(Kind.ENQUEUE_INTENDED), kinds.count(Kind.ENQUEUE_REFUSED)
        mine = [execution for execution in self.executions if execution.job == job]
        state, final_attempt = self._final(job)
        success = any(e.answered(Outcome.SUCCESS) != FOREVER for e in mine)
        final_ack = success or any(
            entry.kind is Kind.ACK_ACKNOWLEDGED
            and (
                entry.detail == Outcome.FAILURE_NO_RETRY
                or entry.value in (State.SUCCESS, State.DEAD, State.CANCELLED)
            )
            for e in mine
            for entry in e.rest
        )
        if (
            acknowledged
            and state is State.ABSENT
            and (self.terms.keeps_finished or not self._maybe_over(mine, final_ack))
        ):
            found.add(Finding.MISSING)
        if state in UNFINISHED:
            if not any(self._executing(e) for e in mine):
                found.add(Finding.STUCK)
            if final_ack and not self._open(job, Request.RETRY):
                found.add(Finding.FORGOTTEN)
        if state in WITHOUT_SUCCESS:
            if success:
                found.add(Finding.CONTRADICTED)
            elif (
                not any(e.says(Kind.ACK_INTENDED, Outcome.FAILURE_NO_RETRY) for e in mine)
                and max(len(mine), final_attempt) < self.terms.max_attempts
                and not (state is State.CANCELLED and self._open(job, Request.CANCEL))
            ):
                found.add(Finding.ABANDONED)
        if state is State.SUCCESS and not any(e.says(Kind.ACK_INTENDED, Outcome.SUCCESS) for e in mine):
            found.add(Finding.NEVER_RUN)
        if mine and (tries == 0 or (tries == refusals and not acknowledged)):
            found.add(Finding.PHANTOM)
        exists = bool(mine) or state in (*UNFINISHED, *WITHOUT_SUCCESS, State.SUCCESS)
        if exists and tries > refusals and not acknowledged:
            found.add(Finding.RECOVERED)
        found |= self._of_ids(job, mine)
        found |= self._of_requests(job, mine, state)
        found |= self._of_subscribers(job, mine, state, two_ids=Finding.DOUBLE_ENQUEUED in found)
        by_id: dict[int, list[Execution]] = defaultdict(list)
        for execution in mine:
            by_id[execution.job_id].append(execution)
        for executions in by_id.values():
            found |= self._of_executions(executions, self._retried_at(job))
        return found

    def _open(self, job: int, request: Request) -> int:
        """How many requests about a job were not refused."""
        kinds = [entry.kind for _, entry in self.outside[job]]
        return kinds.count(request.intended) - kinds.count(request.refused)

    def _first(self, job: int, kind: Kind) -> int:
        return min((e.time_ns for _, e in self.outside[job] if e.kind is kind), default=FOREVER)

    def _retried_at(self, job: int) -> int:
        """When a retry by hand was first sent, unless all were refused."""
        return self._first(job, Kind.RETRY_INTENDED) if self._open(job, Request.RETRY) else FOREVER

    def _of_requests(self, job: int, mine: list[Execution], state: State | None) -> set[Finding]:
        found: set[Finding] = set()
        cancelled = self._first(job, Kind.CANCEL_ACKNOWLEDGED)
        if cancelled != FOREVER:
            if state in (*UNFINISHED, State.SUCCESS, State.DEAD, State.FAILED):
                found.add(Finding.UNCANCELLED)
            if any(e.handed_out > cancelled + SECOND for e in mine):
                found.add(Finding.RUN_AFTER_CANCEL)
        excused = state is State.CANCELLED and self._open(job, Request.CANCEL)
        run_again = any(e.start > self._retried_at(job) for e in mine)
        if self._first(job, Kind.RETRY_ACKNOWLEDGED) != FOREVER and not run_again and not excused:
            found.add(Finding.UNRETRIED)
        return found

    def _of_subscribers(
        self, job: int, mine: list[Execution], state: State | None, *, two_ids: bool
    ) -> set[Finding]:
        found: set[Finding] = set()
        if not any(e.kind is Kind.SUBSCRIBE_INTENDED for _, e in self.outside[job]):
            return found
        heard = [(who, e) for who, e in self.outside[job] if e.kind is Kind.COMPLETION_HEARD]
        finished = state in (State.SUCCESS, *WITHOUT_SUCCESS)
        for who, entry in self.outside[job]:
            if entry.kind is Kind.COMPLETION_AWAITED and finished:
                before = any(listener == who for listener, _ in heard)
                found.add(Finding.UNHEARD_ANEW if before else Finding.UNHEARD)
        times = Counter((who, entry.attempt) for who, entry in heard)
        if any(number > 1 + self._open(job, Request.RETRY) for number in times.values()):
            found.add(Finding.HEARD_TWICE)
        returned = [
            entry.value
            for e in mine
            for entry in e.rest
            if entry.kind is Kind.ACK_INTENDED and entry.detail == Outcome.SUCCESS
        ]
        for _, entry in heard:
            one_end = finished and not self._open(job, Request.RETRY) and not two_ids
            if entry.detail not in (State.SUCCESS, *WITHOUT_SUCCESS) or (one_end and entry.detail != state):
                found.add(Finding.MISREPORTED)
            if entry.detail == State.SUCCESS and 0 not in returned and entry.value not in returned:
                found.add(Finding.MISREPORTED)
        return found

    def _maybe_over(self, mine: list[Execution], final_ack: bool) -> bool:
        open_successes = sum(
            (entry.kind is Kind.ACK_INTENDED) - (entry.kind is Kind.ACK_REFUSED)
            for e in mine
            for entry in e.rest
            if entry.detail == Outcome.SUCCESS
        )
        return final_ack or open_successes > 0

    def _executing(self, execution: Execution) -> bool:
        alive = execution.down >= self.read_at
        in_time = execution.start + round(self.terms.timeout_s * 1e9) > self.read_at
        return execution.ended == FOREVER and alive and in_time

    def _of_ids(self, job: int, mine: list[Execution]) -> set[Finding]:
        found = {Finding.CORRUPTED} if any(e.corrupted for e in mine) else set()
        ids = {e.value for e in self.enqueues.get(job, []) if e.kind is Kind.ENQUEUE_ACKNOWLEDGED}
        brought = {e.job_id for e in mine} | {e.value for e in self.finals.get(job, []) if e.value}
        for job_id in brought:
            if self.owners.get(job_id, job) != job:
                found.add(Finding.CORRUPTED)
            else:
                ids.add(job_id)
        if len(ids) > 1:
            found.add(Finding.DOUBLE_ENQUEUED)
        return found

    def _of_executions(self, executions: list[Execution], retried: int) -> set[Finding]:
        found: set[Finding] = set()
        ordered = sorted(executions, key=lambda e: (e.start, e.place))
        failures = [e.answered(Outcome.FAILURE, Outcome.FAILURE_NO_RETRY) for e in ordered]
        counts = [
            sum(time < retried and time != FOREVER for time in failures),
            sum(time >= retried and time != FOREVER for time in failures),
        ]
        if max(counts) > self.terms.max_attempts:
            found.add(Finding.OVER_ATTEMPTED)
        for number, later in enumerate(ordered):
            kinds: set[Finding] = set()
            loose, failed_before = False, 0
            for earlier in ordered[:number]:
                held_until = self._held_until(earlier)
                if later.attempt == 0 or earlier.attempt == later.attempt:
                    in_order = later.handed_out >= earlier.start or later.handed_out > held_until
                elif earlier.attempt < later.attempt:
                    in_order = True
                else:
                    in_order = later.handed_out > held_until
                success = earlier.answered(Outcome.SUCCESS)
                told = max(earlier.ended, earlier.sent(Outcome.SUCCESS))
                if in_order and success <= held_until and told <= later.start:
                    kinds.add(Finding.RE_EXECUTED)
                if in_order and later.start < min(earlier.ended, held_until):
                    kinds.add(Finding.OVERLAPPING)
                if earlier.sent(Outcome.FAILURE, Outcome.FAILURE_NO_RETRY) > later.start:
                    loose = True
                failed = earlier.answered(Outcome.FAILURE, Outcome.FAILURE_NO_RETRY)
                if in_order and failed < later.start and (failed < retried) == (later.start < retried):
                    failed_before += 1
            if failed_before >= self.terms.max_attempts:
                found.add(Finding.OVER_ATTEMPTED)
            found |= kinds or ({Finding.REDELIVERED} if loose else set())
        return found
