"""The events of a run, indexed by what the verdict asks of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeVar

from chaos.clock import seconds_between
from chaos.experiment.fault_spec import OCCURRENCE_MARK
from chaos.ledger.events import (
    EVENTS_FILE,
    ComponentDown,
    ComponentReady,
    ComponentUp,
    DrainEnded,
    Event,
    FaultConfirmed,
    FaultFailed,
    FaultRequested,
    FaultReverted,
    LedgerOpened,
    LoadScheduled,
    Note,
    Noted,
    PhaseEntered,
    ProbeSampled,
    RunStarted,
    SystemDescribed,
)

EventT = TypeVar("EventT", bound=Event)
FaultStep = FaultRequested | FaultConfirmed | FaultReverted | FaultFailed


class IncompleteRun(Exception):
    """A run's directory ends before the run had even begun; there is nothing to judge."""


@dataclass(frozen=True)
class Story:
    """What happened beside the jobs, oldest first."""

    events: Sequence[Event]

    def all(self, kind: type[EventT]) -> list[EventT]:
        """Every event of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def first(self, kind: type[EventT]) -> EventT | None:
        """The first event of a kind."""
        return next((event for event in self.events if isinstance(event, kind)), None)

    @cached_property
    def start(self) -> RunStarted:
        """The run's identity.

        Raises:
            IncompleteRun: The run was cut off before it wrote it.
        """
        found = self.first(RunStarted)
        if found is None:
            raise IncompleteRun(
                f"its {EVENTS_FILE} does not tell of its start: it was cut off before it had begun, "
                "or its files were changed since; run the experiment again"
            )
        return found

    @cached_property
    def system(self) -> SystemDescribed | None:
        """What the system said of itself; None if the run never got that far."""
        return self.first(SystemDescribed)

    @cached_property
    def load_start_ns(self) -> int:
        """Time zero of the report: the start of the load, or of the run if there was no load."""
        scheduled = self.first(LoadScheduled)
        return scheduled.start_ns if scheduled else self.start.time_ns

    @cached_property
    def had_load(self) -> bool:
        """Whether the load was ever told to begin."""
        return self.first(LoadScheduled) is not None

    @cached_property
    def drain(self) -> DrainEnded | None:
        """How the drain ended."""
        return self.first(DrainEnded)

    def at_s(self, event: Event | None) -> float | None:
        """When an event was, in seconds from the start of the load."""
        return None if event is None else round(seconds_between(self.load_start_ns, event.time_ns), 4)

    def phase_ns(self, phase: str) -> int | None:
        """When a phase began."""
        return next((e.time_ns for e in self.all(PhaseEntered) if e.phase == phase), None)

    def notes(self, what: Note) -> list[Noted]:
        """Everything noted under this name."""
        return [note for note in self.all(Noted) if note.what is what]

    def samples(self, hypothesis: str, window: str) -> list[ProbeSampled]:
        """What was answered to a hypothesis in a window."""
        return [s for s in self.all(ProbeSampled) if (s.hypothesis, s.window) == (hypothesis, window)]

    def unexpected_downs(self) -> list[ComponentDown]:
        """Processes that ended though nobody had asked for it."""
        return [down for down in self.all(ComponentDown) if not down.expected]

    @cached_property
    def load_processes(self) -> frozenset[str]:
        """Everybody who kept a ledger of jobs: producers, workers, the reader."""
        return frozenset(event.component for event in self.all(LedgerOpened))

    def restarts(self, components: Collection[str]) -> list[tuple[ComponentUp, ComponentReady | None]]:
        """Every later incarnation of one of these components, with the event that it was ready."""
        ready = {(e.component, e.incarnation): e for e in self.all(ComponentReady)}
        return [
            (up, ready.get((up.component, up.incarnation)))
            for up in self.all(ComponentUp)
            if up.incarnation > 1 and up.component in components
        ]

    def occurrences(self, fault: str) -> list[FaultStory]:
        """What became of each time that a fault was injected; of the fault itself if it never was."""
        return self._fault_stories.get(fault) or [FaultStory(fault)]

    @cached_property
    def _fault_stories(self) -> Mapping[str, list[FaultStory]]:
        """The times that each fault was injected, by the fault's name, in their order."""
        steps: dict[str, list[FaultStep]] = {}
        for event in self.events:
            if isinstance(event, FaultStep):
                steps.setdefault(event.fault, []).append(event)
        stories: dict[str, list[FaultStory]] = {}
        for name, events in steps.items():
            fault, _, _ = name.partition(OCCURRENCE_MARK)
            stories.setdefault(fault, []).append(FaultStory.of(name, events))
        return stories


@dataclass(frozen=True)
class FaultStory:
    """The steps of one fault, the one time that it was injected; None for a step that was not reached."""

    name: str
    requested: FaultRequested | None = None
    confirmed: FaultConfirmed | None = None
    reverted: FaultReverted | None = None
    failures: tuple[FaultFailed, ...] = ()

    @classmethod
    def of(cls, name: str, steps: Sequence[FaultStep]) -> Self:
        """The story that these events tell."""
        return cls(
            name,
            requested=next((step for step in steps if isinstance(step, FaultRequested)), None),
            confirmed=next((step for step in steps if isinstance(step, FaultConfirmed)), None),
            reverted=next((step for step in steps if isinstance(step, FaultReverted)), None),
            failures=tuple(step for step in steps if isinstance(step, FaultFailed)),
        )
