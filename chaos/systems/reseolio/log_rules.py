"""What the core of Reseolio logs that is worth counting."""

from __future__ import annotations

from chaos.monitor.log_rules import LogRule, Tone

LOG_RULES = (
    LogRule("job-not-sent", Tone.BAD, "Failed to send job"),
    LogRule("database-locked", Tone.BAD, "locked", r"(?i)database (is )?locked"),
    LogRule("worker-disconnected", Tone.NEUTRAL, "disconnected", r"Worker \S+ disconnected"),
    LogRule("stale-jobs-recovered", Tone.GOOD, "stale jobs", r"Recovered [1-9]\d* stale jobs"),
    LogRule("orphaned-job-reset", Tone.GOOD, "Reset orphaned job"),
    # A run asks each core at its start which calls it has.
    LogRule("call-not-implemented", Tone.NEUTRAL, '"Code: 12"', r'"classification":"Code: 12"'),
)
