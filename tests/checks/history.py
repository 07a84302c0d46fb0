"""Ledgers written by hand: what happened to a few jobs, at which second, told in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.checks.check import Outcome as Answers
from chaos.checks.check import check
from chaos.checks.findings import CheckResult, Finding
from chaos.checks.terms import Terms
from chaos.experiment.model import Guarantee
from chaos.ledger.events import EVENTS_FILE, Event
from chaos.ledger.reader import LedgerFile
from chaos.ledger.records import NO_JOB, Kind, Outcome, Payload, Request, State, encode, job_id_hash
from chaos.ledger.writer import LEDGER_SUFFIX, EventWriter, encode_header

ZERO_NS = 1_000 * 10**9
SUCCESS, FAILURE, NO_RETRY = Outcome.SUCCESS, Outcome.FAILURE, Outcome.FAILURE_NO_RETRY
UNAVAILABLE, REFUSED = 14, 9
RESULT, OTHER_RESULT = 1001, 1002


def at(seconds: float) -> int:
    """A time of the clock, so many seconds after the load began."""
    return ZERO_NS + round(seconds * 1e9)


def id_of(job: int, variant: int = 0) -> int:
    """The hash of the id that the system gave a job."""
    return job_id_hash(f"job-{job}-{variant}")


@dataclass(frozen=True)
class Entry:
    """One record to be."""

    time_ns: int
    kind: Kind
    detail: int = 0
    attempt: int = 1
    job: int = 0
    value: int = 0
    serial: int = 0


@dataclass
class History:
    """What happened, by writer (`worker-1.1`), in the order it is told."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    serials: int = 0

    def tell(self, writer: str, entry: Entry) -> None:
        self.entries.setdefault(writer, []).append(entry)

    def enqueue(
        self,
        job: int,
        sent: float = 0.0,
        *,
        answer: Kind | None = Kind.ENQUEUE_ACKNOWLEDGED,
        variant: int = 0,
        copy: int = 0,
        attempt: int = 1,
    ) -> None:
        """One try to enqueue a job, and its answer 10 ms later."""
        serial = self._serial()
        writer = "producer-1.1"
        self.tell(writer, Entry(at(sent), Kind.ENQUEUE_INTENDED, copy, attempt, job, at(sent), serial))
        if answer is not None:
            value = id_of(job, variant) if answer is Kind.ENQUEUE_ACKNOWLEDGED else 0
            detail = 0 if answer is Kind.ENQUEUE_ACKNOWLEDGED else UNAVAILABLE
            self.tell(writer, Entry(at(sent + 0.01), answer, detail, attempt, job, value, serial))

    def execute(
        self,
        job: int,
        start: float,
        end: float | None = None,
        outcome: Outcome | None = SUCCESS,
        *,
        acks: Sequence[tuple[float, float | None, Kind | None]] | None = None,
        state: State | None = None,
        attempt: int = 1,
        worker: int = 1,
        variant: int = 0,
        owner: int | None = None,
        corrupted: bool = False,
        result: int = RESULT,
    ) -> None:
        """An execution: received at `start`, finished at `end`, acked at once and answered 10 ms later.

        `acks` tells otherwise: each `(sent, answered, answer)`. `owner` is the job whose id came with it.
        """
        writer, serial = f"worker-{worker}.1", self._serial()
        number = NO_JOB if corrupted else job
        payload = Payload.CORRUPTED if corrupted else Payload.INTACT
        value = id_of(job if owner is None else owner, variant)
        self.tell(writer, Entry(at(start), Kind.EXECUTION_STARTED, payload, attempt, number, value, serial))
        if end is None or outcome is None:
            return
        self.tell(writer, Entry(at(end), Kind.EXECUTION_FINISHED, outcome, attempt, number, 0, serial))
        if acks is None:
            acks = [(end, end + 0.01, Kind.ACK_ACKNOWLEDGED)]
        if state is None:
            state = {SUCCESS: State.SUCCESS, FAILURE: State.PENDING, NO_RETRY: State.DEAD}[outcome]
        for sent, answered, answer in acks:
            returned = result if outcome is SUCCESS else 0
            self.tell(writer, Entry(at(sent), Kind.ACK_INTENDED, outcome, attempt, number, returned, serial))
            if answer is not None and answered is not None:
                said = state if answer is Kind.ACK_ACKNOWLEDGED else REFUSED
                self.tell(writer, Entry(at(answered), answer, outcome, attempt, number, said, serial))

    def final(
        self, job: int, state: State, *, attempt: int = 1, variant: int | None = 0, read: float = 100.0
    ) -> None:
        """What the system said of a job when it was asked."""
        value = 0 if variant is None else id_of(job, variant)
        entry = Entry(at(read), Kind.FINAL_STATE, state, attempt, job, value, self._serial())
        self.tell("reader.1", entry)

    def request(
        self, request: Request, job: int, sent: float, answer: Kind | None, *, answered: float | None = None
    ) -> None:
        """A cancellation, or a retry by hand, and its answer 10 ms later."""
        serial = self._serial()
        self.tell("producer-1.1", Entry(at(sent), request.intended, 0, 1, job, id_of(job), serial))
        if answer is not None:
            time_ns = at(sent + 0.01 if answered is None else answered)
            value = 0 if answer is request.acknowledged else REFUSED
            self.tell("producer-1.1", Entry(time_ns, answer, 0, 1, job, value, serial))

    def cancel(self, job: int, sent: float) -> None:
        """A cancellation that was answered with success."""
        self.request(Request.CANCEL, job, sent, Request.CANCEL.acknowledged)

    def retry(self, job: int, sent: float) -> None:
        """A retry by hand that was answered with success."""
        self.request(Request.RETRY, job, sent, Request.RETRY.acknowledged)

    def subscribe(self, job: int, sent: float, *, stream: int = 1, producer: int = 1) -> None:
        """A producer asks on one of its streams to hear of the job's end."""
        entry = Entry(at(sent), Kind.SUBSCRIBE_INTENDED, 0, stream, job, id_of(job), self._serial())
        self.tell(f"producer-{producer}.1", entry)

    def hear(
        self,
        job: int,
        when: float,
        state: State = State.SUCCESS,
        *,
        result: int = RESULT,
        stream: int = 1,
        producer: int = 1,
    ) -> None:
        """It hears of it."""
        entry = Entry(at(when), Kind.COMPLETION_HEARD, state, stream, job, result, self._serial())
        self.tell(f"producer-{producer}.1", entry)

    def hear_nothing(self, job: int, *, stream: int = 1, producer: int = 1, until: float = 101.0) -> None:
        """It listens to the end of the run, and that stream tells nothing of the job."""
        entry = Entry(at(until), Kind.COMPLETION_AWAITED, 0, stream, job, 0, self._serial())
        self.tell(f"producer-{producer}.1", entry)

    def connection(self, writer: str, kind: Kind, second: float) -> None:
        """A connection of this writer came about (`CONNECTED`) or ended (`DISCONNECTED`)."""
        self.tell(writer, Entry(at(second), kind, attempt=0, job=NO_JOB))

    def done(self, job: int, start: float = 1.0) -> None:
        """A job to which nothing happened but what should."""
        self.enqueue(job, start - 0.5)
        self.execute(job, start, start + 0.1)
        self.final(job, State.SUCCESS)

    def write(self, directory: Path) -> Path:
        """Write it as a ledger."""
        for writer, entries in self.entries.items():
            component, incarnation = writer.rsplit(".", 1)
            header = {
                "format": "chaos-ledger",
                "version": 2,
                "run": "history",
                "component": component,
                "incarnation": int(incarnation),
                "pid": 1,
                "clock": "here/now",
            }
            lines = [
                encode(e.kind, e.detail, e.attempt, e.job, e.time_ns, e.value, e.serial)
                for e in sorted(entries, key=lambda entry: entry.time_ns)
            ]
            path = directory / f"{writer}{LEDGER_SUFFIX}"
            path.write_bytes(encode_header(header) + b"".join(lines))
            assert LedgerFile(path).records == len(lines)
        (directory / EVENTS_FILE).unlink(missing_ok=True)  # of an earlier writing
        with EventWriter(directory) as events:
            for event in sorted(self.events, key=lambda event: event.time_ns):
                events.write(event)
        return directory

    def check(self, directory: Path, **terms: object) -> Answers:
        """Write it and check it."""
        return check(self.write(directory), terms_for(**terms))

    def _serial(self) -> int:
        self.serials += 1
        return self.serials - 1


def terms_for(**changes: object) -> Terms:
    """Terms for ten jobs of a 5 s timeout, tried three times at most; `changes` on top."""
    terms: dict[str, object] = {
        "jobs": 10,
        "start_ns": ZERO_NS,
        "guarantee": Guarantee.AT_LEAST_ONCE,
        "max_attempts": 3,
        "timeout_s": 5.0,
        "clock_resolution_s": 1.0,
    }
    return Terms(**{**terms, **changes})  # type: ignore[arg-type]


def findings_of(answers: Answers) -> dict[Finding, int | None]:
    """What was found of each finding, over all checks; zeros left out."""
    found = {finding: count for result in answers.results for finding, count in result.findings.items()}
    return {finding: count for finding, count in found.items() if count != 0}


def result_with(answers: Answers, finding: Finding) -> CheckResult:
    """The check that a finding belongs to."""
    return next(result for result in answers.results if finding in result.findings)
