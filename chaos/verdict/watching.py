"""What was seen beside the jobs: lines in logs, and silences. None of it decides a verdict; a hypothesis may."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.clock import seconds_between
from chaos.ledger.events import LogCounted, SilenceBegan, SilenceEnded
from chaos.ledger.story import Story
from chaos.monitor.log_rules import ERROR, Tone
from chaos.verdict.results import LogResult

_TONES = tuple(Tone)
_SHOWN = 6


def log_results(story: Story) -> tuple[LogResult, ...]:
    """What each component logged, by rule: the bad first, each kind by how often it was seen.

    The rule for all errors together is left out: each of its lines is counted as what it is, known or unknown.
    """
    counted = sorted(
        (event for event in story.all(LogCounted) if event.rule != ERROR),
        key=lambda e: (_TONES.index(Tone(e.tone)), e.component, e.rule, -e.count),
    )
    return tuple(
        LogResult(
            component=event.component,
            rule=event.rule,
            tone=event.tone,
            count=event.count,
            first=event.first,
            first_s=round(seconds_between(story.load_start_ns, event.first_ns), 4),
        )
        for event in counted
    )


def silence_remarks(story: Story) -> Iterator[str]:
    """Each silence in a sentence: from when, how long, the faults that were active, what each component did."""
    ended = {event.since_ns: event for event in story.all(SilenceEnded)}
    for event in story.all(SilenceBegan):
        from_s = seconds_between(story.load_start_ns, event.since_ns)
        end = ended.get(event.since_ns)
        length = (
            f"for {seconds_between(event.since_ns, end.time_ns):.1f} s"
            if end is not None
            else "and never again after that"
        )
        faults = f", under {', '.join(event.faults)}" if event.faults else ""
        more = len(event.doing) - _SHOWN
        doing = "; ".join([*event.doing[:_SHOWN], *([f"and {more} more in the events"] if more > 0 else [])])
        yield (
            f"no job was completed from {from_s:.1f} s on {length}{faults}; when that was noticed {event.waiting} jobs "
            f"waited and {event.executing} were being executed: {doing}"
        )
