"""Probes that answer what a test tells them to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from chaos.experiment.answers import NumberSpec, WordSpec
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene


class NumbersSpec(NumberSpec[float]):
    """A plain number."""


class Numbers(Probe[NumbersSpec]):
    """Answers with one number after the other, the last one again and again; None: it can't answer."""

    spec_model = NumbersSpec
    summary = "a number that a test told"
    example = "{probe: numbers, at-most: 5}"

    def __init__(
        self, *numbers: float | None, within_s: float = 1.0, takes_s: float = 0.0, **spec: Any
    ) -> None:
        super().__init__(NumbersSpec.model_validate({"probe": "numbers", **spec}))
        self._numbers = self._one_by_one(numbers)
        self._within_s = within_s
        self._takes_s = takes_s
        self.asked = 0
        self.from_now_on: float | None = None

    @staticmethod
    def _one_by_one(numbers: tuple[float | None, ...]) -> Iterator[float | None]:
        yield from numbers
        while True:
            yield numbers[-1]

    @property
    def subject(self) -> str:
        return "number"

    @property
    def within_s(self) -> float:
        return self._within_s

    async def ask(self, scene: ProbeScene) -> Answer | None:  # noqa: ARG002 - it looks at nothing
        self.asked += 1
        await asyncio.sleep(self._takes_s)
        number = next(self._numbers) if self.from_now_on is None else self.from_now_on
        if number is None:
            raise NoAnswer("nobody is there")
        return number


class SaidSpec(WordSpec[str]):
    """Any word."""


class Said(Probe[SaidSpec]):
    """Answers with the same text again and again."""

    spec_model = SaidSpec
    summary = "a text that a test told"
    example = "{probe: said, matches: y}"

    def __init__(self, text: str) -> None:
        super().__init__(SaidSpec(probe="said", matches="y$"))
        self._text = text
        self.asked = 0

    @property
    def subject(self) -> str:
        return "said"

    async def ask(self, scene: ProbeScene) -> Answer | None:  # noqa: ARG002 - it looks at nothing
        self.asked += 1
        return self._text
