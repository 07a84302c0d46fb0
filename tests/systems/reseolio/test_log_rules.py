"""The lines that a core of Reseolio and its PostgreSQL are known to log: as they were logged."""

from __future__ import annotations

import pytest

from chaos.monitor.log_lines import read_line
from chaos.systems.reseolio.log_rules import LOG_RULES

_KEY = r"Some(\"UNIQUE constraint failed: jobs.name, jobs.idempotency_key\")"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            '{"timestamp":"2026-11-24T18:32:35.342632Z","level":"ERROR","fields":{"message":"[ENQUEUE_JOB] Failed to '
            "insert job: Storage(Sqlite(SqliteFailure(Error { code: ConstraintViolation, extended_code: 2067 }, "
            f'{_KEY})))"}},"target":"reseolio::server::service"}}',
            "enqueues-collided",
        ),
        (
            '{"timestamp":"2026-11-24T18:32:35.342650Z","level":"ERROR","fields":{"message":"response failed",'
            '"classification":"Code: 13","latency":"105 ms"},"target":"tower_http::trace::on_failure"}',
            "internal-error",
        ),
        (
            "2026-11-24 18:54:53.397 UTC [14709] FATAL:  the database system is starting up",
            "postgres-starting",
        ),
        (
            "2026-11-24 19:12:04.112 UTC [211] FATAL:  terminating connection due to administrator command",
            "connections-ended",
        ),
    ],
)
def test_a_line_is_of_one_kind(text: str, rule: str) -> None:
    assert [known.name for known in LOG_RULES if known.matches(text, read_line(text))] == [rule]
