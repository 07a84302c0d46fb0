"""Amounts with a unit: durations, rates, sizes and shares.

In an experiment file an amount is text that ends with its unit (`20ms`, `400/s`, `256B`, `5%`); a bare
number there is an error that names the units. In the program it is a plain number in the base unit that the
field's name ends with (`timeout_s`, `payload_bytes`), and it is written back as text with a unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from pydantic_core.core_schema import ValidationInfo

from chaos.experiment.wording import quoted

_NUMBER = r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,60})?"
_FINEST = Decimal("1e-9")


def wrong(message: str, key: str | None = None) -> PydanticCustomError:
    """An error for a validator to raise; the message reaches the reader of the file as it is.

    Args:
        message: What is wrong, and how to put it right.
        key: The key that it is about, as a file has it, where a whole part is validated.
    """
    return PydanticCustomError(
        "wrong_value", "{message}", {"message": message, **({} if key is None else {"key": key})}
    )


@dataclass(frozen=True)
class Quantity:
    """A kind of amount, and how it is read and written.

    Attributes:
        noun: What it is called in messages: `a duration`. units: Each unit's name and its size in the base
        unit, the base unit itself included. base: The base unit's name. written_in: Units to write amounts
        in; the first that gives 1 or more with three decimals wins. most: The largest amount, in
        base units. whole: Whether an amount is a whole number of base units. hints: What to say where
        somebody wrote a unit that does not exist.
    """

    noun: str
    units: Mapping[str, Decimal]
    base: str
    written_in: tuple[str, ...]
    most: int
    whole: bool = False
    hints: Mapping[str, str] | None = None

    def read(self, text: str) -> float:
        """The amount in base units.

        Raises:
            PydanticCustomError: The text is not such an amount; the message names the units.
        """
        match = re.fullmatch(rf"({_NUMBER}) ?(\S+)", text)
        if match is None or match[2] not in self.units:
            raise wrong(self._why_not(text))
        exact = Decimal(match[1]) * self.units[match[2]]
        if self.whole and exact != exact.to_integral_value():
            raise wrong(f"{quoted(text)} is not a whole number of {self.base}")
        amount = int(exact) if self.whole else float(exact)
        if exact > self.most:
            raise wrong(f"{quoted(text)} is too much; {self.noun} is at most {self.write(self.most)}")
        if 0 < exact < _FINEST:
            raise wrong(f"{quoted(text)} is too little to tell from nothing")
        return amount

    def write(self, amount: float) -> str:
        """The amount as text that `read` turns back into exactly this amount."""
        exact = Decimal(repr(amount))
        for unit in self.written_in:
            number = (exact / self.units[unit]).quantize(Decimal("0.001"))
            if number >= 1 and float(number * self.units[unit]) == amount:
                return _plain(number) + unit
        return _plain(exact / self.units[self.base]) + self.base

    def in_unit(self, amount: float) -> tuple[float, str]:
        """The amount in the unit that suits people best, and that unit: the first that makes it 1 or more."""
        sizes = {unit: float(self.units[unit]) for unit in self.written_in}
        unit = next((unit for unit, size in sizes.items() if abs(amount) >= size), self.base)
        return amount / float(self.units[unit]), unit

    def validate(self, value: object, info: ValidationInfo) -> object:
        """Turn what stands in a file into an amount; a program may give the number of base units itself."""
        if isinstance(value, str):
            return self.read(value)
        if info.mode == "json" or isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong(self._why_not(value))
        return value

    def within(self, least: str | None = None, most: str | None = None) -> AfterValidator:
        """A validator that keeps a field's amounts between these two, each as text with a unit."""
        low = self.read(least) if least else None
        high = self.read(most) if most else None

        def check(amount: float) -> float:
            if low is not None and amount < low:
                raise wrong(f"{quoted(self.write(amount))} is too little; the least is {least}")
            if high is not None and amount > high:
                raise wrong(f"{quoted(self.write(amount))} is too much; the most is {most}")
            return amount

        return AfterValidator(check)

    def schema(self, *examples: str, word: str | None = None) -> WithJsonSchema:
        """The JSON Schema of such an amount, or of one word that may stand in its place."""
        pattern = f"^(?:{self.pattern}|{word})$" if word else f"^{self.pattern}$"
        return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})

    @property
    def pattern(self) -> str:
        """A regular expression for such amounts, one that JSON Schema understands too."""
        return rf"{_NUMBER} ?(?:{'|'.join(self.units)})"

    @property
    def spelled(self) -> str:
        """How to write one, for messages: `a number with one of us, ms, s, min, h, d, such as 5s`."""
        names = list(self.units)
        which = f"the unit {names[0]}" if len(names) == 1 else f"one of {', '.join(names)}"
        return f"a number with {which}, such as `5{self.base}`"

    def _why_not(self, value: object) -> str:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number or (isinstance(value, str) and re.fullmatch(_NUMBER, value)):
            return f"{quoted(value)} has no unit; {self.noun} is {self.spelled}"
        digits = re.fullmatch(r"([0-9]+)(?:\.[0-9]+)? ?(\S+)", value) if isinstance(value, str) else None
        if digits and digits[2] in self.units:
            if digits[1] != "0" and digits[1].startswith("0"):
                return f"{quoted(value)} begins with a needless 0; leave it away"
            return f"{quoted(value)} has too many digits; {self.noun} is at most {self.write(self.most)}"
        hint = self._hint(value) if isinstance(value, str) else ""
        return f"{quoted(value)} is not {self.noun}; write {self.spelled}{hint}"

    def _hint(self, text: str) -> str:
        if text.startswith("-") and re.fullmatch(_NUMBER, re.sub(r"[^0-9.]", "", text)):
            return f" ({self.noun} is never negative)"
        unit = text.lstrip("0123456789. ")
        meant = (self.hints or {}).get(unit) or next(
            (known for known in self.units if known.lower() == unit.lower()), None
        )
        likely = f"{text.removesuffix(unit).rstrip()}{meant}"
        is_one = meant is not None and re.fullmatch(rf"{_NUMBER}{re.escape(meant)}", likely)
        return f" (did you mean `{likely}`?)" if is_one else ""


def _plain(number: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_S = Decimal(1)
DURATION = Quantity(
    noun="a duration",
    units={
        "us": _S / 1_000_000,
        "ms": _S / 1000,
        "s": _S,
        "min": _S * 60,
        "h": _S * 3600,
        "d": _S * 86_400,
    },
    base="s",
    written_in=("d", "h", "min", "s", "ms", "us"),
    most=366 * 86_400,
    hints={
        "m": "min",
        "mn": "min",
        "mins": "min",
        "sec": "s",
        "secs": "s",
        "µs": "us",
        "hr": "h",
        "msec": "ms",
    },
)
RATE = Quantity(
    noun="a rate",
    units={"/s": _S, "/min": _S / 60, "/h": _S / 3600},
    base="/s",
    written_in=("/s", "/min", "/h"),
    most=10_000_000,
    hints={"/m": "/min", "/sec": "/s", "rps": "/s", "ps": "/s", "/hr": "/h"},
)
BYTES = Quantity(
    noun="a size",
    units={
        "B": _S,
        "kB": _S * 1000,
        "KiB": _S * 1024,
        "MB": _S * 1000**2,
        "MiB": _S * 1024**2,
        "GB": _S * 1000**3,
        "GiB": _S * 1024**3,
    },
    base="B",
    written_in=("GiB", "MiB", "KiB", "GB", "MB", "kB", "B"),
    most=1024**4,
    whole=True,
    hints={"K": "KiB", "k": "kB", "M": "MiB", "G": "GiB"},
)
SHARE = Quantity(
    noun="a share",
    units={"%": _S / 100},
    base="%",
    written_in=("%",),
    most=1,
)
_RELATIVE_CHANGE = replace(SHARE, noun="a change", most=1000)
GROWTH = Quantity(
    noun="a growth",
    units={f"{unit}/h": size for unit, size in BYTES.units.items()},
    base="B/h",
    written_in=("GB/h", "MB/h", "kB/h", "B/h"),
    most=1024**4,
)

AMOUNTS = (DURATION, RATE, BYTES, SHARE, GROWTH)
"""Every kind of amount."""

Duration = Annotated[
    float,
    BeforeValidator(DURATION.validate),
    PlainSerializer(DURATION.write, return_type=str),
    DURATION.schema("500us", "20ms", "5s", "2min", "1h"),
]
"""Seconds."""

Rate = Annotated[
    float,
    BeforeValidator(RATE.validate),
    PlainSerializer(RATE.write, return_type=str),
    RATE.schema("400/s", "30/min"),
]
"""How often a second."""

Bytes = Annotated[
    int,
    BeforeValidator(BYTES.validate),
    PlainSerializer(BYTES.write, return_type=str),
    BYTES.schema("256B", "64KiB", "1MB"),
]
"""Bytes."""

Share = Annotated[
    float,
    BeforeValidator(SHARE.validate),
    PlainSerializer(SHARE.write, return_type=str),
    SHARE.schema("5%", "0.1%"),
]
"""A part of a whole, from 0 to 1."""

RelativeChange = Annotated[
    float,
    BeforeValidator(_RELATIVE_CHANGE.validate),
    PlainSerializer(_RELATIVE_CHANGE.write, return_type=str),
    _RELATIVE_CHANGE.schema("20%", "300%"),
]
"""A part of what something was before; unlike a share, it may be more than the whole."""


@dataclass(frozen=True)
class Amount:
    """A number, with any unit or none: for a key whose unit another key decides.

    Attributes:
        number: How much, in base units.
        quantity: What it measures; None: a plain number.
    """

    number: int | float
    quantity: Quantity | None = None

    @property
    def written(self) -> int | float | str:
        """As it stands in a file."""
        return self.number if self.quantity is None else self.quantity.write(self.number)

    def __float__(self) -> float:
        return float(self.number)

    def __gt__(self, other: Amount) -> bool:
        return self.number > other.number

    @classmethod
    def parse(cls, value: object) -> Amount:
        """Read what stands in a file.

        Raises:
            PydanticCustomError: It is no number, and no amount of anything.
        """
        if isinstance(value, Amount):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return cls(value)
        if isinstance(value, str):
            for quantity in AMOUNTS:
                if re.fullmatch(quantity.pattern, value):
                    return cls(quantity.read(value), quantity)
        raise wrong(f"{quoted(value)} is no number, and no number with a unit such as `20ms` or `64MiB`")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda amount: amount.written),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        pattern = f"^(?:{'|'.join(quantity.pattern for quantity in AMOUNTS)})$"
        text = {"type": "string", "pattern": pattern, "examples": ["20ms", "64MiB"]}
        return {"anyOf": [{"type": "number"}, text]}


Growth = Annotated[
    float,
    BeforeValidator(GROWTH.validate),
    PlainSerializer(GROWTH.write, return_type=str),
    GROWTH.schema("10MB/h", "512KiB/h"),
]
"""Bytes an hour."""


def _rate_or_max(value: object, info: ValidationInfo) -> object:
    if value == "max":
        return value
    try:
        rate = RATE.validate(value, info)
    except PydanticCustomError as error:
        raise wrong(f"{error.message()}, or the word `max`") from error
    if rate == 0:
        raise wrong(f"{quoted(value)} enqueues nothing; write a rate above 0, or the word `max`")
    return rate


def _write_rate_or_max(rate: Any) -> str:
    return rate if isinstance(rate, str) else RATE.write(rate)


RateOrMax = Annotated[
    float | Literal["max"],
    PlainValidator(_rate_or_max),
    PlainSerializer(_write_rate_or_max, return_type=str),
    RATE.schema("400/s", "30/min", "max", word="max"),
]
"""How often a second, or `max`: as fast as it goes."""
