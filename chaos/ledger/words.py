"""Ledger records and events in plain words, for people."""

from __future__ import annotations

from typing import Final

from chaos.ledger.events import (
    ComponentDown,
    ComponentReady,
    ComponentUp,
    Event,
    FaultConfirmed,
    FaultFailed,
    FaultRequested,
    FaultReverted,
)
from chaos.ledger.records import Kind, Outcome, Payload, State

# The codes of gRPC, by number.
GRPC_CODES: Final = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)

_OUTCOMES: Final = {
    Outcome.SUCCESS: "success",
    Outcome.FAILURE: "a failure",
    Outcome.FAILURE_NO_RETRY: "a failure that must not be retried",
}


def code_name(code: int) -> str:
    """The name of a gRPC status code."""
    return GRPC_CODES[code] if 0 <= code < len(GRPC_CODES) else f"code {code}"


def state_name(state: int) -> str:
    """The name of a job's state."""
    try:
        return State(state).name
    except ValueError:
        return f"state {state}"


def record_in_words(kind: Kind, detail: int, attempt: int, value: int, core: str | None = None) -> str:
    """What a record says happened.

    Args:
        kind: Its kind.
        detail: As the record has it.
        attempt: As the record has it.
        value: As the record has it.
        core: Whom its writer talks to, where that is to be told.
    """
    to_core, from_core = (f" to {core}", f" from {core}") if core else ("", "")
    match kind:
        case Kind.ENQUEUE_INTENDED:
            again = " a second time on purpose" if detail else ""
            return f"sent the enqueue{to_core}{again}, try {attempt}"
        case Kind.ENQUEUE_ACKNOWLEDGED:
            how = "the job it already had" if detail else "a new job"
            return f"enqueue acknowledged, try {attempt}: {how}"
        case Kind.ENQUEUE_REFUSED:
            return f"enqueue refused, try {attempt}: {code_name(detail)}"
        case Kind.ENQUEUE_UNKNOWN:
            return f"no certain answer to the enqueue, try {attempt}: {code_name(detail)}"
        case Kind.EXECUTION_STARTED:
            damaged = " with a damaged payload" if detail == Payload.CORRUPTED else ""
            return f"received the job{from_core}{damaged}, attempt {attempt}, and began to execute it"
        case Kind.EXECUTION_FINISHED:
            return f"finished attempt {attempt} with {_OUTCOMES[Outcome(detail)]}"
        case Kind.ACK_INTENDED:
            return f"sent the ack of {_OUTCOMES[Outcome(detail)]}{to_core}, attempt {attempt}"
        case Kind.ACK_ACKNOWLEDGED:
            return f"ack of {_OUTCOMES[Outcome(detail)]} acknowledged: the job is {state_name(value)} now"
        case Kind.ACK_REFUSED:
            return f"ack of {_OUTCOMES[Outcome(detail)]} refused: {code_name(value)}"
        case Kind.ACK_UNKNOWN:
            return f"no certain answer to the ack of {_OUTCOMES[Outcome(detail)]}: {code_name(value)}"
        case Kind.FINAL_STATE:
            return _final_in_words(State(detail), attempt)
        case Kind.CONNECTED:
            return f"connected{to_core}"
        case Kind.DISCONNECTED:
            return f"lost its connection{to_core}"


def _final_in_words(state: State, attempt: int) -> str:
    if state is State.ABSENT:
        return "the system does not know the job"
    if state is State.UNREAD:
        return "the final state could not be read"
    return f"the system has the job as {state.name}, attempt {attempt}"


def event_in_words(event: Event) -> tuple[str, str] | None:
    """Who and what, for an event of a component or a fault; None for others."""
    match event:
        case ComponentUp():
            return event.component, f"started (start {event.incarnation})"
        case ComponentReady():
            return event.component, "ready"
        case ComponentDown():
            return event.component, f"gone: {event.status}" + ("" if event.expected else ", unexpectedly")
        case FaultRequested():
            return event.fault, f"fault {event.kind} requested on {', '.join(event.targets)}"
        case FaultConfirmed():
            return event.fault, "fault confirmed"
        case FaultReverted():
            return event.fault, "fault reverted"
        case FaultFailed():
            return event.fault, f"fault failed to {event.stage}: {event.reason}"
        case _:
            return None
