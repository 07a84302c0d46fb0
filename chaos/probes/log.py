"""`log`: how many lines of a kind has a component logged?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from pydantic import Field, model_validator

from chaos.experiment.answers import Count, NumberSpec
from chaos.experiment.units import wrong
from chaos.monitor.log_rules import LogRule, Tone
from chaos.probes.protocol import Answer, Probe, ProbeScene


class LogSpec(NumberSpec[Count]):
    """Lines of a kind in the log of a component, since the window began: a rule's, or those with a text in them."""

    target: str = Field("core", description="the component whose log is read")
    rule: str | None = Field(
        None,
        description="a rule of the system, as `chaos systems` lists them; or `error` for every line of level error, "
        "`unknown-error` for those that no rule names",
        examples=["database-locked"],
    )
    text: str | None = Field(
        None, min_length=1, description="what stands in the lines to count, letter by letter"
    )

    @model_validator(mode="after")
    def _names_one_kind(self) -> Self:
        if (self.rule is None) == (self.text is None):
            raise wrong("a line is counted by a `rule` or by a `text` in it; give one of the two")
        return self


class LogProbe(Probe[LogSpec]):
    """Counts from the start of each window; its last answer in a window has all of it."""

    spec_model = LogSpec
    summary = "lines of a kind in a component's log, since the window began"
    example = "{probe: log, target: core, rule: unknown-error, equals: 0}"

    @property
    def subject(self) -> str:
        """The kind of line, and whose log."""
        kind = self.spec.rule or f'"{self.spec.text}"'
        return f"{kind} in the log of {self.spec.target}"

    @property
    def log_rules(self) -> Mapping[str, LogRule]:
        """The lines with the text."""
        if self.spec.text is None:
            return {}
        rule = LogRule(self._rule, Tone.NEUTRAL, self.spec.text, names_errors=False)
        return {self.spec.target: rule}

    def named_rules(self) -> Iterable[tuple[str, str]]:
        """The rule, if it goes by one."""
        return () if self.spec.rule is None else (("rule", self.spec.rule),)

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """How many there are now."""
        return self.count(scene)

    def count(self, scene: ProbeScene) -> Answer:
        """How many there are since the window began."""
        return float(scene.log_lines(self.spec.target, self._rule))

    @property
    def _rule(self) -> str:
        return self.spec.rule or f'"{self.spec.text}"'
