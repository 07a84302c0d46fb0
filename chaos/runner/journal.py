"""What a run says of itself: to its ledger, for the verdict, and to whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from chaos.clock import now_ns
from chaos.ledger.events import Event, Note, Noted, PhaseEntered
from chaos.ledger.writer import EventWriter, LedgerWriteFailed
from chaos.report.watcher import Silent, Watcher
from chaos.secrets import redacted_values


class Journal:
    """The events of a run, written as they happen. It never raises while the run goes on.

    Args:
        ledger: The directory of the ledger.
        watcher: Is told of each event.
        end_run: Called when the run must end: the ledger can't be written any further, say.

    Attributes:
        failure: Why the ledger can't be written, once it can't.
    """

    def __init__(self, ledger: Path, watcher: Watcher, end_run: Callable[[], None]) -> None:
        self.failure: LedgerWriteFailed | None = None
        self._events = EventWriter(ledger)
        self._watcher = watcher
        self._end_run = end_run
        self._listeners: list[Callable[[Event], None]] = []

    def also_tell(self, listener: Callable[[Event], None]) -> None:
        """Call this with every event from now on, once it is written."""
        self._listeners.append(listener)

    def record(self, event: Event) -> None:
        """Write an event and tell it on, without any secret that it holds."""
        event = _without_secrets(event)
        try:
            self._events.write(event)
        except LedgerWriteFailed as error:
            self.failure = self.failure or error
            self._end_run()
        for listener in self._listeners:
            listener(event)
        self.tell(lambda watcher: watcher.event(event))

    def enter(self, phase: str) -> None:
        """A phase of the run begins."""
        self.record(PhaseEntered(time_ns=now_ns(), phase=phase))

    def note(self, what: Note, text: str) -> None:
        """Something happened that the verdict must take into account."""
        self.record(Noted(time_ns=now_ns(), what=what, text=text))

    def fail(self, text: str) -> None:
        """The toolkit itself can't go on: the run ends, and says so."""
        self.note(Note.TOOLKIT_FAILED, text)
        self._end_run()

    def tell(self, what: Callable[[Watcher], None]) -> None:
        """Tell the watcher. One that can't hear (a closed terminal or pipe) is told no more; the run goes on."""
        try:
            what(self._watcher)
        except (OSError, ValueError, SystemExit):
            self._watcher = Silent()

    def close(self) -> None:
        """Nothing more is written."""
        self._events.close()


def _without_secrets(event: Event) -> Event:
    return replace(event, **{name: redacted_values(getattr(event, name)) for name in event.from_outside})
