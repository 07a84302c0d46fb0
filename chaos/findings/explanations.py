"""Why a finding may have come about, and what the guarantee would need, by kind of finding.

What the guarantee needs holds for any queue. A cause is told only of the versions of a system that it is known of, and
only where the kind of fault is around that provokes it; it stays a likely one, because a ledger shows what happened and
not why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chaos.checks.findings import Finding

OF_DATABASE: Final = " of a database"
"""What the kind of a fault is called that was on a database or a way to one: `partition of a database`."""

NEEDS: Final[Mapping[Finding, str]] = {
    Finding.MISSING: (
        "An enqueue may be answered only once the job is stored for good: committed, and forced to the "
        "disk if power may fail."
    ),
    Finding.STUCK: (
        "A job that was handed out needs a lease: a time, stored with it, after which it is free again. "
        "Somebody must look for leases that have run out for as long as the system runs, and on all "
        "cores, not only once at a start."
    ),
    Finding.FORGOTTEN: (
        "An ack may be answered only once its result is stored. Results may be written together, if their "
        "answers wait for that."
    ),
    Finding.CONTRADICTED: (
        "A job's final state must never change but by a request that says so. Each change needs the state "
        "(and the attempt) that it expects as its condition, so that a late writer fails instead of "
        "overwriting."
    ),
    Finding.ABANDONED: (
        "Only failures and timeouts may count as attempts. What was cut off or given back must not use "
        "one up."
    ),
    Finding.NEVER_RUN: "Only a success that a worker reports may make a job a success.",
    Finding.PHANTOM: (
        "An enqueue that is refused must leave nothing behind: one transaction, rolled back as a whole."
    ),
    Finding.DOUBLE_ENQUEUED: (
        "A unique index on the key, and an enqueue that inserts and, on a conflict, answers with the job "
        "that is there, in one transaction."
    ),
    Finding.RE_EXECUTED: (
        "An ack may be answered only once its result is stored; and before a job is handed out again its "
        "state must be read from the store, in the transaction that takes it."
    ),
    Finding.OVERLAPPING: (
        "A job that a worker may still execute must stay its own until its timeout has passed, though the "
        "connection ended: the worker can go on without one. Or workers must be told to stop, and acks be "
        "fenced by attempt, so that only one of the two counts."
    ),
    Finding.REDELIVERED: (
        "A job may be handed out again only once it is certain that its earlier execution is over and was "
        "never acknowledged; under exactly-once, its effects must be made idempotent as well."
    ),
    Finding.OVER_ATTEMPTED: (
        "The count of failures must be stored with the failure itself, and be read before the job is "
        "handed out again."
    ),
    Finding.CORRUPTED: ("Payloads must be stored and sent byte for byte, each under its own id."),
    Finding.RECOVERED: "Nothing: an enqueue without an answer may have taken effect.",
    Finding.UNCANCELLED: (
        "A cancellation may be answered with success only once it is stored, under the condition that the "
        "job is not terminal; and no ack may change a cancelled job."
    ),
    Finding.RUN_AFTER_CANCEL: (
        "Whoever hands a job out must see its cancellation: take it from the store under the condition "
        "that it still waits."
    ),
    Finding.UNRETRIED: (
        "A retry by hand may be answered with success only once the job is stored as waiting again."
    ),
    Finding.UNHEARD: (
        "Who subscribes to a job that has ended already must be told at once. The look at its state and "
        "the subscription must be one step, so that no end falls between them."
    ),
    Finding.UNHEARD_ANEW: (
        "Who subscribes to a job that has ended already must be told at once, from the store: also after "
        "another stream was told."
    ),
    Finding.HEARD_TWICE: (
        "An end must be told once a stream: whatever tells it must remember, by stream, what it has told."
    ),
    Finding.MISREPORTED: ("What subscribers are told must be read from the store, after the end was stored."),
    Finding.NEVER_FIRED: (
        "The next due time of a schedule must be stored, and only the transaction that fires it may move "
        "it on: to the due time that follows it, not to one that follows the present moment. Whoever "
        "waits for the next due time must be woken when a schedule is created, changed or resumed."
    ),
    Finding.FIRED_TWICE: (
        "A fire and the step to the next due time must be one transaction, and a due time must be the key "
        "of what is fired for it, so that two who fire it at once make one job."
    ),
    Finding.MISFIRED: (
        "Whoever fires a schedule must see, in the same transaction, that it is still active and due by "
        "the expression that it has now."
    ),
    Finding.MISSED_POLICY: (
        "What becomes of due times that passed while the system was down must be decided once, at its "
        "start, from the stored next due time, by a policy that is written down: one fire for all, one "
        "for each, or none."
    ),
    Finding.CHANGE_LOST: (
        "A call that changes a schedule may be answered only once the change is stored for good."
    ),
    Finding.SCHEDULE_DOUBLED: (
        "The store itself must refuse a second schedule of a name: of two at once, one wins."
    ),
    Finding.FIRE_STUCK: "What a schedule fires is a job like any other, and needs the same lease.",
}
"""What the guarantee would need, for each finding."""


@dataclass(frozen=True)
class KnownCause:
    """Why versions of a system likely show a finding.

    Attributes:
        system: The system's name.
        versions: Its versions, as it tells them.
        finding: What they show.
        cause: Why, in words.
        faults: Kinds of faults, one of which must have bitten; empty: it needs none. A fault on a database
            or a way to one is of another kind than the same elsewhere.
    """

    system: str
    versions: frozenset[str]
    finding: Finding
    cause: str
    faults: frozenset[str] = frozenset()

    def explains(self, system: str, version: str, finding: Finding, fault_kinds: Collection[str]) -> bool:
        """Whether it may be the cause of this finding."""
        return (
            (self.system, self.finding) == (system, finding)
            and version in self.versions
            and (not self.faults or not self.faults.isdisjoint(fault_kinds))
        )


_RESEOLIO: Final = frozenset({"0.1.3", "sha256:8a7469061c89"})
_CORE_DIES: Final = frozenset({"kill", "crash-loop", "restart", "rolling-restart"})
_STREAM_BREAKS: Final = frozenset(
    {"disconnect", "churn", "kill-worker", "partition", "refuse", "reset-peer", "swizzle"}
)
_STORE_FAILS: Final = frozenset(
    {"disk-full", *(f"{kind}{OF_DATABASE}" for kind in _STREAM_BREAKS | _CORE_DIES)}
)

KNOWN_CAUSES: Final = (
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.STUCK,
        "When a core starts it puts those RUNNING jobs back to PENDING whose timeout has passed by then; "
        "it looks once, and nothing looks again while it runs. A job that was handed out shortly before "
        "its core died is younger than that, and stays RUNNING for ever.",
        _CORE_DIES,
    ),
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.STUCK,
        "A worker that comes back under the same worker id before the core has seen its old stream end "
        "gets no more jobs. Once that has happened to every worker, all jobs wait as PENDING while idle "
        "workers are connected.",
        _STREAM_BREAKS,
    ),
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.STUCK,
        "A job that the core has marked as RUNNING, and not sent yet when the stream of its worker ends, "
        "is not put back with the others: its log has no `Sending job` for it. It stays RUNNING, and "
        "nothing looks for it.",
        _STREAM_BREAKS,
    ),
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.NEVER_FIRED,
        "The core looks for due schedules again when the next one that it knew of is due, and after 10 s at the "
        "latest; nothing wakes it when one is created or changed. What is due sooner fires late, and a schedule that "
        "was due several times by then fires once and goes on from the present moment.",
    ),
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.FORGOTTEN,
        "AckJob is answered before its result is stored: results are collected and written together, up "
        "to 10 ms later. What was answered and not yet written is gone with the process.",
        _CORE_DIES,
    ),
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.FORGOTTEN,
        "AckJob is answered before its result is stored, and results that can't be written then are "
        "dropped. The core logs `Failed to commit batch acknowledgments`, and why: no room, or no way to "
        "the database.",
        _STORE_FAILS,
    ),
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.STUCK,
        "The result of a job is answered and then can't be written, and is dropped: the job stays "
        "RUNNING, and nothing looks for jobs that run beyond their timeout.",
        _STORE_FAILS,
    ),
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.RE_EXECUTED,
        "AckJob is answered before its result is stored, up to 10 ms later. A job whose answered result "
        "was lost with the process is handed out again.",
        _CORE_DIES,
    ),
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.RE_EXECUTED,
        "When the stream of a worker ends, the core puts that worker's RUNNING jobs back to PENDING, also "
        "those whose result waits to be written (up to 10 ms) or is still on its way. Its ack is answered "
        "with success, and the job is handed out again all the same.",
        _STREAM_BREAKS,
    ),
    KnownCause(
        "reseolio",
        _RESEOLIO,
        Finding.OVERLAPPING,
        "When the stream of a worker ends, the core puts that worker's RUNNING jobs back to PENDING at "
        "once and hands them to others. The worker is not told, and goes on.",
        _STREAM_BREAKS,
    ),
)
"""What is known of the systems that ship."""


def likely_causes(system: str, version: str, finding: Finding, fault_kinds: Collection[str]) -> Iterator[str]:
    """What likely brought a finding about, as far as it is known; nothing is guessed.

    Args:
        system: The system's name.
        version: Its version, as it tells it.
        finding: What was found.
        fault_kinds: The kinds of faults that had bitten where it was found.
    """
    for known in KNOWN_CAUSES:
        if known.explains(system, version, finding, fault_kinds):
            yield known.cause
