"""Counting what the components of a run log, while they do, by the rules of their system and of the experiment."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.clock import now_ns
from chaos.ledger.events import Event, LogCounted, LogNoticed, PhaseEntered
from chaos.monitor.log_lines import ERROR_WORDS, Level, read_line
from chaos.monitor.log_rules import ERROR, UNKNOWN_ERROR, LogRule, Tone
from chaos.monitor.log_tail import LogTail
from chaos.processes.logs import plain, readable

_KINDS = 40
_OTHERS = "of other shapes"
_WINDOW = "load:"


@dataclass
class _Count:
    """How often a rule was seen in a component's log, and where first."""

    tone: Tone
    first: str
    first_ns: int
    number: int = 0


@dataclass
class _Log:
    """The log of one component: where its reading is, and what was counted in it, by rule and shape."""

    component: str
    tail: LogTail
    rules: Sequence[LogRule]
    counts: dict[tuple[str, str], _Count] = field(default_factory=dict)
    at_window: dict[str, int] = field(default_factory=dict)

    def total(self, rule: str) -> int:
        """How many lines a rule has counted, of all shapes."""
        return sum(count.number for (name, _), count in self.counts.items() if name == rule)


class LogWatch:
    """Follows every log in a directory; each is called after its component.

    Unknown errors are told apart by their shape (their words without numbers), so that a rare one does not hide behind
    a frequent one.

    Args:
        directory: Where the logs are.
        rules: The rules for each component that has some.
        record: Told of the first line of each bad kind, and in the end of all that was counted.
    """

    def __init__(
        self, directory: Path, rules: Mapping[str, Sequence[LogRule]], record: Callable[[Event], None]
    ) -> None:
        self._directory = directory
        self._rules = rules
        self._record = record
        self._logs: dict[str, _Log] = {}

    def take(self, event: Event) -> None:
        """Hear of an event of the run: where a window of the load begins, what is counted for it begins at zero."""
        if isinstance(event, PhaseEntered) and event.phase.startswith(_WINDOW):
            self.read()
            for log in self._logs.values():
                log.at_window = {name: log.total(name) for name, _ in log.counts}

    def read(self, within_s: float = float("inf"), *, ended: bool = False) -> None:
        """Take in what was logged since the last time.

        Args:
            within_s: Time on a CPU after which to stop; the next call goes on there.
            ended: Nobody writes these logs any more.
        """
        deadline_s = time.thread_time() + within_s
        for log in self._found():
            for lines in log.tail.chunks(ended=ended):
                for text in lines:
                    self._take_line(log, text)
                if time.thread_time() > deadline_s:
                    return

    def lines_in_window(self, component: str, rule: str) -> int:
        """How many lines of this kind a component has logged since the current window of the load began."""
        self.read()
        log = self._logs.get(component)
        return 0 if log is None else log.total(rule) - log.at_window.get(rule, 0)

    def close(self) -> None:
        """Take in the rest, once nobody logs any more, and record all that was counted."""
        self.read(ended=True)
        for log in self._logs.values():
            for (rule, _), count in log.counts.items():
                self._record(
                    LogCounted(
                        time_ns=now_ns(),
                        component=log.component,
                        rule=rule,
                        tone=count.tone,
                        count=count.number,
                        first=count.first,
                        first_ns=count.first_ns,
                    )
                )

    def _found(self) -> Iterable[_Log]:
        for path in sorted(self._directory.glob("*.log")):
            if path.stem not in self._logs:
                rules = self._rules.get(path.stem, ())
                words = dict.fromkeys((*ERROR_WORDS, *(rule.text for rule in rules)))
                self._logs[path.stem] = _Log(path.stem, LogTail(path, tuple(words)), rules)
        return tuple(self._logs.values())

    def _take_line(self, log: _Log, line: str) -> None:
        text = plain(line)
        for rule, tone, shape in _kinds(text, log.rules):
            if (rule, shape) not in log.counts and len(log.counts) >= _KINDS:
                shape = _OTHERS
            count = log.counts.get((rule, shape))
            if count is None:
                count = log.counts[rule, shape] = _Count(tone, readable(text), now_ns())
                if tone is Tone.BAD and rule != ERROR:
                    self._record(
                        LogNoticed(
                            time_ns=count.first_ns, component=log.component, rule=rule, line=count.first
                        )
                    )
            count.number += 1


def _kinds(text: str, rules: Sequence[LogRule]) -> Iterator[tuple[str, Tone, str]]:
    """The rules that a line matches, each with its tone and, for unknown errors, the shape of the line."""
    line = read_line(text)
    matching = [rule for rule in rules if rule.matches(text, line)]
    for rule in matching:
        yield rule.name, rule.tone, ""
    if line.level is Level.ERROR:
        yield ERROR, Tone.BAD, ""
        if not any(rule.names_errors for rule in matching):
            yield UNKNOWN_ERROR, Tone.BAD, _shape(line.message)


def _shape(message: str) -> str:
    """A message without what differs from one time to the next: numbers, and ids made of letters and digits."""
    return re.sub(r"\b(?=[\w-]*\d)[\w-]+\b|\d+", "#", message)[:200]
