"""Rules for lines of logs: what is worth counting, and whether it is good or bad to see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from chaos.monitor.log_lines import Level, LogLine

ERROR = "error"
"""The rule that counts every line of level error, in the log of whatever component."""

UNKNOWN_ERROR = "unknown-error"
"""The rule that counts those of them that no rule of the system names."""

FOR_EVERY_COMPONENT = (ERROR, UNKNOWN_ERROR)
"""The rules that hold for the log of every component, whatever its system."""


class Tone(StrEnum):
    """What it means to see a line."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"
    """It is seen in a good run and in a bad one; what it means is for an experiment's tolerance to say."""


@dataclass(frozen=True)
class LogRule:
    """A kind of line that a component may log.

    Attributes:
        name: What it is called: `database-locked`.
        tone: Whether it is good or bad to see it.
        text: What stands in every such line, letter by letter. It makes rules cheap: other lines are not looked at.
        pattern: A regular expression that is found in the line, too, where the text alone says too little.
        level: The level that the line has, if that matters.
        names_errors: An error that is of this kind is a known one.
    """

    name: str
    tone: Tone
    text: str
    pattern: str | None = None
    level: Level | None = None
    names_errors: bool = True

    def matches(self, text: str, line: LogLine) -> bool:
        """Whether a line is of this kind.

        Args:
            text: The line as it stands in the log.
            line: What it says.
        """
        return (
            self.text in text
            and (self.level is None or line.level is self.level)
            and (self.pattern is None or re.search(self.pattern, text) is not None)
        )
