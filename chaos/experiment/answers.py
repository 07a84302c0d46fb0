"""The tolerances that fit each kind of answer: a number in its unit, a word, a truth value, or what options decide.

A probe's spec takes one of these as its base, and adds what only it has: `class ThroughputSpec(NumberSpec[Rate])`.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Generic, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from chaos.experiment.base import kebab
from chaos.experiment.hypothesis_spec import HypothesisSpec
from chaos.experiment.tolerances import Change
from chaos.experiment.units import Amount, RelativeChange, wrong
from chaos.experiment.wording import quoted

AmountT = TypeVar("AmountT")
WordT = TypeVar("WordT", bound=str)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise wrong(f"{quoted(pattern)} is no regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compiles)]
"""A regular expression, as Python's `re` reads it."""

Count = Annotated[int, Field(ge=0)]
"""How many."""

_CHANGE = "how far from the median of the baseline's answers is well, as a share of it: `20%` either way"


class NumberSpec(HypothesisSpec, Generic[AmountT]):
    """A probe that answers with a number, in the unit of `AmountT`: `NumberSpec[Rate]`."""

    equals: AmountT | None = Field(None, description="the only number that is well")
    at_least: AmountT | None = Field(None, description="the lowest number that is well")
    at_most: AmountT | None = Field(None, description="the highest number that is well")
    between: tuple[AmountT, AmountT] | None = Field(
        None, description="the lowest and the highest number that are well"
    )
    one_of: tuple[AmountT, ...] | None = Field(None, min_length=1, description="the numbers that are well")
    change: Change | RelativeChange | None = Field(None, description=_CHANGE)

    @model_validator(mode="after")
    def _between_is_in_order(self) -> Self:
        _check_order(self.between)
        return self


class WordSpec(HypothesisSpec, Generic[WordT]):
    """A probe that answers with a word of these: `WordSpec[Literal["up", "down"]]`, or of any: `WordSpec[str]`."""

    equals: WordT | None = Field(None, description="the only word that is well")
    one_of: tuple[WordT, ...] | None = Field(None, min_length=1, description="the words that are well")
    matches: Pattern | None = Field(None, description="a regular expression that is found in what is well")


class TruthSpec(HypothesisSpec):
    """A probe that answers yes or no."""

    equals: bool = Field(True, description="the answer that is well")


class Kind(Enum):
    """What kind of answer a probe gives, where its options decide."""

    NUMBER = "a number"
    WORD = "a word"
    ANY = "text, a number or a truth value"


_FOR_NUMBERS = ("at_least", "at_most", "between", "change")
_Value = bool | int | float | str


class AnswerSpec(HypothesisSpec):
    """A probe whose options decide what it answers; its subclass says what by `kind` and `quantity`."""

    equals: _Value | None = Field(None, description="the only answer that is well")
    at_least: Amount | None = Field(None, description="the lowest number that is well")
    at_most: Amount | None = Field(None, description="the highest number that is well")
    between: tuple[Amount, Amount] | None = Field(
        None, description="the lowest and the highest number that are well"
    )
    one_of: tuple[_Value, ...] | None = Field(None, min_length=1, description="the answers that are well")
    matches: Pattern | None = Field(None, description="a regular expression that is found in what is well")
    change: Change | RelativeChange | None = Field(None, description=_CHANGE)

    @property
    def kind(self) -> Kind:
        """What kind of answer it gives."""
        return Kind.ANY

    @model_validator(mode="after")
    def _fits_its_answer(self) -> Self:
        _check_order(self.between)
        unfit = {Kind.NUMBER: ("matches",), Kind.WORD: _FOR_NUMBERS, Kind.ANY: ()}[self.kind]
        for key in unfit:
            if getattr(self, key) is not None:
                raise wrong(f"`{kebab(key)}` does not fit: the answer is {self.kind.value}", key=kebab(key))
        for key in ("at_least", "at_most", "between"):
            value = getattr(self, key)
            for amount in value if isinstance(value, tuple) else [value]:
                if isinstance(amount, Amount) and amount.quantity is not self.quantity:
                    raise wrong(self._other_unit(amount), key=kebab(key))
        words = {Kind.NUMBER: int | float, Kind.WORD: str, Kind.ANY: _Value}[self.kind]
        for key in ("equals", "one_of"):
            value = getattr(self, key)
            for each in value if isinstance(value, tuple) else [value]:
                if each is None:
                    continue
                if not isinstance(each, words) or (isinstance(each, bool) and self.kind is not Kind.ANY):
                    raise wrong(
                        f"{quoted(each)} does not fit: the answer is {self.kind.value}", key=kebab(key)
                    )
                if self.kind is Kind.NUMBER and self.quantity is not None:
                    raise wrong(
                        f"{self.quantity.noun} is hardly ever one exact value; bound it with `at-most`, `at-least` or "
                        "`between`",
                        key=kebab(key),
                    )
        return self

    def _other_unit(self, amount: Amount) -> str:
        due = "a plain number" if self.quantity is None else f"{self.quantity.noun}, {self.quantity.spelled}"
        return f"{quoted(amount.written)} does not fit: the answer is {due}"


def _check_order(between: tuple[object, object] | None) -> None:
    if between is not None and float(between[0]) > float(between[1]):  # type: ignore[arg-type]
        raise wrong("the first of the two is more than the second, so nothing can hold", key="between")
