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
from chaos.ledger.records import Kind, Outcome, Payload, Request, State

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
_REQUESTS: Final = {Request.CANCEL: "cancellation", Request.RETRY: "retry by hand"}
_REQUEST_OF: Final = {
    kind: request
    for request in Request
    for kind in (request.intended, request.acknowledged, request.refused, request.unknown)
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
        case Kind.SUBSCRIBE_INTENDED:
            return f"asked{to_core} on stream {attempt} to hear of the job's end"
        case Kind.COMPLETION_HEARD:
            return f"heard{from_core} on stream {attempt} that the job is {state_name(detail)}"
        case Kind.COMPLETION_AWAITED:
            return f"listened to the end, and stream {attempt} told nothing of the job"
        case _:
            return _request_in_words(kind, value, to_core)


def _request_in_words(kind: Kind, value: int, to_core: str) -> str:
    request = _REQUEST_OF[kind]
    name = _REQUESTS[request]
    if kind is request.intended:
        return f"sent the {name}{to_core}"
    if kind is request.acknowledged:
        return f"{name} acknowledged"
    if kind is request.refused:
        return f"{name} refused: {code_name(value)}"
    return f"no certain answer to the {name}: {code_name(value)}"


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
