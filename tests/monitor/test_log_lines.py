"""A line's level and message are read from the formats that queues log in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.monitor.log_lines import Level, read_line

ERRORS = {
    "rust, JSON": (
        '{"timestamp":"2026-01-01T00:00:00Z","level":"ERROR","fields":{"message":"response failed"},"target":"x"}',
        "response failed",
    ),
    "rust, text": ("2026-01-01T00:00:00.000Z ERROR queue::store: disk is gone", None),
    "rust, env_logger": ("[2026-01-01T00:00:00Z ERROR queue] disk is gone", None),
    "rust, panic": ("thread 'main' panicked at src/main.rs:3:5:", None),
    "python, default": ("ERROR:queue.store:disk is gone", None),
    "python, common": ("2026-01-01 00:00:00,123 - queue - CRITICAL - disk is gone", None),
    "python, JSON": ('{"timestamp":"t","level":"ERROR","message":"disk is gone"}', "disk is gone"),
    "python, json logger": ('{"levelname": "ERROR", "message": "disk is gone"}', "disk is gone"),
    "python, structlog": ('{"event": "disk is gone", "level": "error"}', "disk is gone"),
    "python, exception": ("queue.store.DiskError: disk is gone", None),
    "node, pino": ('{"level":50,"time":1,"pid":2,"msg":"disk is gone"}', "disk is gone"),
    "node, pino fatal": ('{"level":60,"time":1,"msg":"disk is gone"}', "disk is gone"),
    "node, winston": ('{"level":"error","message":"disk is gone"}', "disk is gone"),
    "node, winston simple": ("error: disk is gone", None),
    "node, thrown": ("TypeError: Cannot read properties of undefined", None),
    "node, uncaught": ("Uncaught Error: disk is gone", None),
    "go, zerolog": ('{"level":"error","error":"refused","message":"disk is gone"}', "disk is gone"),
    "go, logfmt": ('time=t level=error msg="disk is gone"', None),
    "go, panic": ("panic: runtime error: index out of range", None),
    "postgres": ("2026-01-01 00:00:00.000 UTC [12] ERROR:  duplicate key", None),
    "postgres, fatal": (
        "2026-01-01 00:00:00.000 UTC [12] FATAL:  the database system is shutting down",
        None,
    ),
}
OTHERS = [
    '{"level":"INFO","fields":{"message":"retry after ERROR of a client"},"target":"x"}',
    '{"level":30,"msg":"error rate 0"}',
    "2026-01-01T00:00:00.000Z  INFO queue: the last ERROR was long ago",
    "2026-01-01 00:00:00.000 UTC [12] LOG:  could not receive data: ERROR",
    "WARNING:queue:errors are retried",
    "the error was ignored",
    "Error handling is on",
    "    at Queue.take (queue.js:3:5)",
    "",
]


@pytest.mark.parametrize("form", ERRORS)
def test_an_error_is_told_in_every_format(form: str) -> None:
    text, message = ERRORS[form]
    line = read_line(text)
    assert line.level is Level.ERROR
    assert line.message == (message or text)


@pytest.mark.parametrize("text", OTHERS)
def test_a_line_that_only_speaks_of_errors_is_none(text: str) -> None:
    assert read_line(text).level is Level.OTHER


@given(text=st.text() | st.text('{}[]":,leverror05 \\').map(lambda inner: "{" + inner))
def test_whatever_a_system_logs_is_read(text: str) -> None:
    assert read_line(text).message is not None
