"""One run, followed by what it writes into its directory: nothing else is asked of it, and it notices nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from chaos.clock import now_ns, seconds_between
from chaos.experiment.reading import load_saved
from chaos.guardian.runs import RegisteredRun
from chaos.history.kept import State, read_run
from chaos.ledger.events import EVENTS_FILE, Event, RunStarted, from_line
from chaos.ledger.line_tail import LineTail
from chaos.ledger.records import Kind
from chaos.ledger.tail import LedgerTail
from chaos.monitor.samples import sample_from
from chaos.page.course import Course
from chaos.page.picture import Picture
from chaos.page.run_logs import RunLogs
from chaos.page.so_far import SoFar
from chaos.runner.live import LiveCounts
from chaos.runner.vocabulary import vocabulary
from chaos.script import Script
from chaos.secrets import redacted, unknown_here

_MOST_LEDGER_BYTES: Final = 4 << 20
_MOST_FAULTS: Final = 200
"""How many are shown, the last ones: a fault may be done again and again."""


class FollowedRun:
    """Reads what is new in a run's directory into its picture, each time that it is asked to look.

    Args:
        run: A run that is under way.

    Attributes:
        directory: Where it is kept.
        picture: What browsers are shown.
        over: Whether nothing will come any more: it was judged, its runner is gone, or it can't be followed.
    """

    def __init__(self, run: RegisteredRun) -> None:
        self._run = run
        self.directory = run.directory
        self.picture = Picture(run=run.name, directory=str(run.directory.path), state=str(State.RUNNING))
        self.over = False
        self._began_ns = now_ns()
        self._tail: LedgerTail | None = None
        try:
            self._open()
        except Exception as error:  # noqa: BLE001 - a run that can't be followed keeps nobody from the others
            self._end(f"it can't be followed: {_in_words(error)}")

    def look(self) -> None:
        """Take in what was written since the last time."""
        if self.over:
            return
        ended = self._has_ended()  # asked before reading, so that what it wrote last is read
        try:
            self._take_events()
            self._counts.refresh()
            self._take_samples()
            self._take_logs()
        except Exception as error:  # noqa: BLE001 - what it wrote may be damaged, or of another version
            self._end(f"it can't be followed any further: {_in_words(error)}")
            return
        self._show()
        if ended:
            self._conclude()

    def _open(self) -> None:
        directory = self.directory
        text = directory.experiment.read_text(encoding="utf-8")
        experiment = load_saved(directory.experiment, vocabulary())
        script = Script.of(experiment)
        self._tail = LedgerTail(directory.ledger, _MOST_LEDGER_BYTES)
        self._counts = LiveCounts(self._tail, experiment.load.jobs)
        self._course = Course()
        self._so_far = SoFar(script.probes, self._at_s)
        self._events = LineTail(directory.ledger / EVENTS_FILE)
        self._samples = LineTail(directory.samples)
        self._usage: dict[str, Mapping[str, Any]] = {}
        self._logs = RunLogs(directory.logs)
        self._unknown = unknown_here(text)
        self.picture.put("title", redacted(experiment.title))
        self.picture.put("system", experiment.system.name)
        self.picture.put("seed", str(experiment.seed))
        if self._unknown:
            hidden = (
                f"not shown while the run goes on: they may hold what {', '.join(self._unknown)} hold, "
                "which this page was not given and so can't hide"
            )
            self.picture.put("logs_hidden", hidden)

    def _has_ended(self) -> bool:
        """Whether it was judged and its reports are there, or nobody is left who would do that."""
        directory = self.directory
        return (directory.results.exists() and directory.page.exists()) or self._run.runner.find() is None

    def _take_events(self) -> None:
        events = [from_line(line)[0] for line in self._events.poll()]
        for event in events:
            if isinstance(event, RunStarted):
                self._began_ns = event.time_ns
            self._counts.take(event)
        if events:
            self._tell_events(events)

    def _tell_events(self, events: Iterable[Event]) -> None:
        lines = [line for event in events if (line := self._so_far.take(event)) is not None]
        self.picture.add("happened", map(asdict, lines))
        so_far = self._so_far
        self.picture.put("load_s", so_far.load_s)
        self.picture.put("system", so_far.system or self.picture.whole()["system"])
        self.picture.put("phases", [asdict(phase) for phase in so_far.phases])
        self.picture.put("faults", [asdict(fault) for fault in so_far.faults.values()][-_MOST_FAULTS:])
        self.picture.put("hypotheses", [asdict(each) for each in so_far.hypotheses.values()])

    def _take_samples(self) -> None:
        for line in self._samples.poll():
            sample = sample_from(line)
            self._usage[sample.component] = {
                "component": sample.component,
                "cpu_percent": round(sample.cpu_percent, 1),
                "resident_bytes": sample.resident_bytes,
                "open_files": sample.open_files,
                "threads": sample.threads,
            }
        self.picture.put("usage", list(self._usage.values()))

    def _take_logs(self) -> None:
        if not self._unknown:
            self.picture.add("logs", self._logs.poll())

    def _show(self) -> None:
        """How far the load is now."""
        at_s, progress = self._at_s(now_ns()), self._counts.progress()
        self.picture.put("now_s", at_s)
        self.picture.put("counts", {**asdict(progress), "waiting": progress.waiting})
        self.picture.put("ledger", [[_name_of(kind), count] for kind, count in self._counts.records.items()])
        if progress.acknowledged and self._course.take(at_s, progress):
            if self._course.thin():
                self.picture.put("course", list(self._course.points))
            else:
                self.picture.add("course", self._course.points[-1:])

    def _conclude(self) -> None:
        """It is over: what it says."""
        kept = read_run(self.directory)
        self.picture.put("state", str(kept.state))
        self.picture.put("reported", self.directory.page.exists())
        if kept.results is not None:
            self.picture.put("verdict", str(kept.results.verdict))
            self.picture.put("reasons", list(kept.results.reasons))
        self._end(kept.problem)

    def _end(self, problem: str) -> None:
        self.picture.put("problem", problem)
        self.over = True
        if self._tail is not None:
            self._tail.close()

    def _at_s(self, time_ns: int) -> float:
        return round(seconds_between(self._began_ns, time_ns), 3)


def _in_words(error: Exception) -> str:
    return redacted(f"{type(error).__name__}: {error}")


def _name_of(kind: Kind) -> str:
    return kind.name.lower().replace("_", " ")
