"""Tolerances: which answers of a probe are well.

| key | an answer is well if |
| --- | --- |
| `equals`, `one-of` | it is this value, or one of these |
| `at-least`, `at-most`, `between` | it is a number within these bounds, which count as within |
| `matches` | this regular expression is found in it, as text |
| `change` | it is a number not further than this from the median of the baseline's answers |

Where a number is due, text that reads as a decimal number is taken as one: an HTTP body, or what a command printed.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import Field, model_validator

from chaos.experiment.base import Model
from chaos.experiment.units import RelativeChange, wrong
from chaos.experiment.wording import quoted

Answer = float | str | bool

_DECIMAL = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)


class Change(Model):
    """How far a number may be from the baseline's, as a share of the baseline's; without a key, any way."""

    rise: RelativeChange | None = Field(None, description="how much more than the baseline's it may be")
    fall: RelativeChange | None = Field(None, description="how much less than the baseline's it may be")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.rise is None and self.fall is None:
            raise wrong("a change is bounded by `rise`, by `fall`, or by both")
        return self


@dataclass(frozen=True)
class Judgement:
    """Whether an answer is within a tolerance, and what a reader should know of it beside that."""

    held: bool
    note: str = ""


@dataclass(frozen=True)
class Tolerance:
    """The tolerance of one hypothesis: every key that is given must hold.

    Attributes:
        given: The value of each key, by the name of its field.
        written: The same as it stands in a file, for people.
    """

    given: Mapping[str, Any]
    written: Mapping[str, Any]

    def judge(self, answer: Answer, baseline: Sequence[Answer] = ()) -> Judgement:
        """Whether an answer is well.

        Args:
            answer: What the probe answered.
            baseline: What it answered in the baseline, for a change.
        """
        judgements = [_JUDGES[key](value, answer, baseline) for key, value in self.given.items()]
        return next((judgement for judgement in judgements if not judgement.held), Judgement(True))

    def worst(self, answers: Sequence[Answer]) -> Answer:
        """The one of these answers that is furthest out, or nearest to be; the first where that can't be told.

        Args:
            answers: At least one.
        """
        highest, lowest = self._bounds()
        numbers = [number for answer in answers if (number := number_in(answer)) is not None]
        if not numbers or (highest is None and lowest is None):
            return answers[0]

        def out_by(number: float) -> float:
            over = [] if highest is None else [number - highest]
            under = [] if lowest is None else [lowest - number]
            return max(over + under)

        return max(numbers, key=out_by)

    def _bounds(self) -> tuple[float | None, float | None]:
        """The highest and the lowest number that are well; any border of a change will do, for none is known here."""
        least, most = self.given.get("between", (None, None))
        highs = [high for high in (self.given.get("at_most"), most) if high is not None]
        lows = [low for low in (self.given.get("at_least"), least) if low is not None]
        change = self.given.get("change")
        if (
            isinstance(change, Change)
            and not highs
            and not lows
            and (change.rise is None or change.fall is None)
        ):
            return (0.0, None) if change.fall is None else (None, 0.0)
        return (float(min(highs)) if highs else None, float(max(lows)) if lows else None)

    def __str__(self) -> str:
        """In words: `at least 5 and at most 9`."""
        return " and ".join(words for key, value in self.written.items() for words in _words(key, value))


def number_in(answer: Answer) -> float | None:
    """The number that an answer is, or that it says as text; None if it says none."""
    if isinstance(answer, bool):
        return None
    if isinstance(answer, str):
        return float(answer) if _DECIMAL.fullmatch(answer) else None
    return float(answer)


def shown(answer: Answer | None) -> str:
    """An answer for people, on one line and not too long."""
    match answer:
        case None:
            return "none"
        case bool():
            return str(answer).lower()
        case str():
            return quoted(answer)
    return f"{answer:g}"


def _text(answer: Answer) -> str:
    if isinstance(answer, bool):
        return str(answer).lower()
    return answer if isinstance(answer, str) else f"{answer:.15g}"


def _is(value: object, answer: Answer) -> bool:
    if isinstance(value, bool) or isinstance(answer, bool):
        return value is answer
    return answer == value if isinstance(value, str) else number_in(answer) == value


def _within(low: float | None, high: float | None, answer: Answer) -> Judgement:
    number = number_in(answer)
    if number is None:
        return Judgement(False, f"{shown(answer)} is no number")
    return Judgement((low is None or number >= low) and (high is None or number <= high))


def _changed_by(change: Change | float, answer: Answer, baseline: Sequence[Answer]) -> Judgement:
    numbers = [number for each in baseline if (number := number_in(each)) is not None]
    if not numbers:
        return Judgement(False, "the baseline has no number to compare with")
    before = statistics.median(numbers)
    if before == 0.0 and number_in(answer) not in (None, 0.0):
        return Judgement(False, "the baseline is 0, so no change of it can be told: bound it with `at-most`")
    rise, fall = (change.rise, change.fall) if isinstance(change, Change) else (change, change)
    high = None if rise is None else before + rise * abs(before)
    low = None if fall is None else before - fall * abs(before)
    judged = _within(low, high, answer)
    return Judgement(judged.held, judged.note or f"the baseline is {before:g}")


_JUDGES: Mapping[str, Callable[[Any, Answer, Sequence[Answer]], Judgement]] = {
    "equals": lambda value, answer, _: Judgement(_is(value, answer)),
    "at_least": lambda low, answer, _: _within(float(low), None, answer),
    "at_most": lambda high, answer, _: _within(None, float(high), answer),
    "between": lambda pair, answer, _: _within(float(pair[0]), float(pair[1]), answer),
    "one_of": lambda values, answer, _: Judgement(any(_is(value, answer) for value in values)),
    "matches": lambda pattern, answer, _: Judgement(re.search(pattern, _text(answer)) is not None),
    "change": _changed_by,
}

TOLERANCES = tuple(_JUDGES)
"""The fields of a hypothesis that say which answers are well."""


def _words(key: str, value: Any) -> Iterator[str]:
    match key:
        case "between":
            yield f"between {_word(value[0])} and {_word(value[1])}"
        case "one_of":
            yield f"one of {', '.join(map(_word, value))}"
        case "matches":
            yield f"matches {quoted(value)}"
        case "change" if isinstance(value, Mapping):
            sides = {"rise": "above", "fall": "below"}
            bounds = [
                f"{value[side]} {where}" for side, where in sides.items() if value.get(side) is not None
            ]
            yield f"at most {' and '.join(bounds)} the baseline"
        case "change":
            yield f"at most {value} from the baseline"
        case _:
            yield f"{key.replace('_', ' ')} {_word(value)}"


def _word(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value).lower() if isinstance(value, bool) else str(value)
