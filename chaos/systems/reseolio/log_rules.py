"""What the core of Reseolio, and the PostgreSQL beside it, log that is worth counting."""

from __future__ import annotations

from chaos.monitor.log_rules import LogRule, Tone

LOG_RULES = (
    LogRule("job-not-sent", Tone.BAD, "Failed to send job"),
    LogRule("database-locked", Tone.BAD, "locked", r"(?i)database (is )?locked"),
    # Two enqueues under one key at once: the second is answered with an internal error instead of the first one's job.
    LogRule("enqueues-collided", Tone.BAD, "UNIQUE constraint failed: jobs.name, jobs.idempotency_key"),
    LogRule("internal-error", Tone.BAD, '"Code: 13"', r'"classification":"Code: 13"'),
    LogRule("worker-disconnected", Tone.NEUTRAL, "disconnected", r"Worker \S+ disconnected"),
    LogRule("stale-jobs-recovered", Tone.GOOD, "stale jobs", r"Recovered [1-9]\d* stale jobs"),
    LogRule("orphaned-job-reset", Tone.GOOD, "Reset orphaned job"),
    # A run asks each core at its start which calls it has.
    LogRule("call-not-implemented", Tone.NEUTRAL, '"Code: 12"', r'"classification":"Code: 12"'),
    # PostgreSQL says the first to whoever asks it before it is up, and the second to whoever is there when it stops.
    LogRule("postgres-starting", Tone.NEUTRAL, "the database system is starting up"),
    LogRule("connections-ended", Tone.NEUTRAL, "terminating connection due to administrator command"),
)
