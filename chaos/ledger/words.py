"""Ledger records and events in plain words, for people."""

from __future__ import annotations

from datetime import UTC, datetime
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
from chaos.ledger.records import (
    SCHEDULE_CALLS,
    Kind,
    Outcome,
    Payload,
    Request,
    ScheduleCall,
    ScheduleStatus,
    State,
)

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
_CALLS: Final = {
    ScheduleCall.CREATE: "creation",
    ScheduleCall.UPDATE: "change",
    ScheduleCall.PAUSE: "pause",
    ScheduleCall.RESUME: "resumption",
    ScheduleCall.DELETE: "deletion",
}
_STATUSES: Final = {
    ScheduleStatus.ABSENT: "not there",
    ScheduleStatus.ACTIVE: "active",
    ScheduleStatus.PAUSED: "paused",
    ScheduleStatus.DELETED: "deleted",
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
        case Kind.SCHEDULE_TOLD:
            return f"told that the schedule is {_STATUSES[ScheduleStatus(detail)]}" + _by_cron(attempt)
        case Kind.FIRE_TOLD:
            return f"told of a fire at {_wall_time(value)}, now {state_name(detail)}"
        case Kind.FIRES_READ:
            return f"told of {value} fires in all"
        case _ if kind in SCHEDULE_CALLS:
            return _call_in_words(kind, ScheduleCall(detail), value, to_core)
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


def _call_in_words(kind: Kind, call: ScheduleCall, value: int, to_core: str) -> str:
    name = "list of all schedules" if call is ScheduleCall.LIST else f"schedule's {_CALLS[call]}"
    match kind:
        case Kind.SCHEDULE_INTENDED:
            return f"sent the {name}{to_core}{_by_cron(value)}"
        case Kind.SCHEDULE_ACKNOWLEDGED:
            return f"{name} acknowledged"
        case Kind.SCHEDULE_REFUSED:
            return f"{name} refused: {code_name(value)}"
        case _:
            return f"no certain answer to the {name}: {code_name(value)}"


def _by_cron(number: int) -> str:
    return f", by the load's cron expression {number}" if number else ""


def _wall_time(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3] + " UTC"


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
