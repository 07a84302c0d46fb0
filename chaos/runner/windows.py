"""The windows of the load, and the steady-state hypotheses that are asked in them.

The baseline lasts until the first fault is due, `during` until the last fault is undone, `after` until the load ends.
Without faults the whole load is baseline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chaos.clock import now_ns
from chaos.experiment.model import Window
from chaos.experiment.tolerances import Judgement
from chaos.ledger.events import Event, PhaseEntered, ProbeSampled
from chaos.probes.protocol import Answer, ProbeScene
from chaos.runner.asking import AnyProbe, Unanswered, asked
from chaos.secrets import redacted

SAMPLE_EVERY_S = 0.5
_KEPT_CHARACTERS = 1000
_FOR_CHANGES = "to compare later answers with"


class Windows:
    """Which window of the load it is, and since when."""

    def __init__(self, record: Callable[[Event], None]) -> None:
        self._record = record
        self._before_the_end: list[Callable[[], None]] = []
        self.current: Window | None = None
        self.started_ns = 0

    def before_the_end(self, callback: Callable[[], None]) -> None:
        """Call this at the end of each window, while it is still the current one."""
        self._before_the_end.append(callback)

    def enter(self, window: Window) -> None:
        """A window begins; the one before it ends."""
        self.close()
        self.current = window
        self.started_ns = now_ns()
        self._record(PhaseEntered(time_ns=self.started_ns, phase=f"load:{window}"))

    def close(self) -> None:
        """The current window ends, and none is open."""
        if self.current is not None:
            for callback in self._before_the_end:
                callback()
        self.current = None


@dataclass
class _Baseline:
    """What was answered in the baseline, and whether each sample was well."""

    held: list[bool] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def failure(self, hypothesis: AnyProbe) -> str | None:
        """Why the baseline does not hold for this hypothesis; None if it does."""
        if not self.held:
            return f"{hypothesis.name}: the baseline was too short to ask it"
        if not all(self.held):
            return f"{hypothesis.name}: did not hold in {self.held.count(False)} of {len(self.held)} samples"
        return None


class SteadyState:
    """Asks each hypothesis twice a second, in the windows where it must hold, each at its own pace.

    Those that count from the start of a window are asked as it ends, and so are those that its length allowed to be
    asked for less than the time between two samples.
    """

    def __init__(
        self,
        hypotheses: Sequence[AnyProbe],
        windows: Windows,
        scene: ProbeScene,
        record: Callable[[Event], None],
    ) -> None:
        self._hypotheses = hypotheses
        self._windows = windows
        self._scene = scene
        self._record = record
        self._baseline = {hypothesis.name: _Baseline() for hypothesis in hypotheses}
        self._answered: set[tuple[Window, str]] = set()
        windows.before_the_end(self._ask_those_that_count)

    async def watch(self) -> None:
        """Ask until cancelled, also if there is nothing to ask."""
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.Event().wait())
            for hypothesis in self._hypotheses:
                if hypothesis.count(self._scene) is None:
                    group.create_task(self._watch_one(hypothesis))

    async def _watch_one(self, hypothesis: AnyProbe) -> None:
        while True:
            await self._ask(hypothesis)
            await asyncio.sleep(SAMPLE_EVERY_S)

    async def _ask(self, hypothesis: AnyProbe) -> None:
        window, since_ns = self._windows.current, self._windows.started_ns
        if window is None or window not in hypothesis.spec.asked_in:
            return
        answer = await asked(hypothesis, self._scene)
        moved_on = (window, since_ns) != (self._windows.current, self._windows.started_ns)
        if answer is None or moved_on:
            return
        self._take(hypothesis, window, answer)

    def _ask_those_that_count(self) -> None:
        """They tell all of a window only at its very end."""
        window = self._windows.current
        for hypothesis in self._hypotheses:
            if window is not None and window in hypothesis.spec.asked_in:
                answer = hypothesis.count(self._scene)
                if answer is not None:
                    self._take(hypothesis, window, answer)

    def _take(self, hypothesis: AnyProbe, window: Window, answer: Answer | Unanswered) -> None:
        """Judge an answer, and record it. What is only asked to compare with later is well if it is there."""
        self._answered.add((window, hypothesis.name))
        baseline = self._baseline[hypothesis.name]
        value: Answer | None = None
        if isinstance(answer, Unanswered):
            judgement = Judgement(False, answer.why)
        elif window in hypothesis.spec.hold:
            value, judgement = answer, hypothesis.judge(answer, baseline.answers)
        else:
            value, judgement = answer, Judgement(True, _FOR_CHANGES)
        if window is Window.BASELINE:
            baseline.held.append(judgement.held)
            baseline.answers += [] if value is None else [value]
        self._record(
            ProbeSampled(
                time_ns=now_ns(),
                hypothesis=hypothesis.name,
                window=window,
                value=_kept(value) if isinstance(value, str) else value,
                held=judgement.held,
                note=_kept(judgement.note),
            )
        )

    async def ask_the_unasked(self) -> None:
        """Ask those that have not answered in the current window yet, because it is about to end."""
        window = self._windows.current
        late = [each for each in self._hypotheses if (window, each.name) not in self._answered]
        await asyncio.gather(*map(self._ask, late))

    async def baseline_failures(self) -> list[str]:
        """Why the baseline does not hold, a line each; empty if it does."""
        needed = [each for each in self._hypotheses if Window.BASELINE in each.spec.asked_in]
        await self.ask_the_unasked()
        failures = (self._baseline[each.name].failure(each) for each in needed)
        return [failure for failure in failures if failure is not None]


def _kept(text: str) -> str:
    """What is stored of a text from outside: its beginning. A secret is taken out before it could be cut in two."""
    return redacted(text)[:_KEPT_CHARACTERS]
