"""A day of schedules in two minutes, whose service is killed again and again: is any check lost or doubled?

python benchmarks/schedule_soak.py [SECONDS]
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chaos.processes.identity import ProcessIdentity
from chaos.schedules.accounting import account
from chaos.schedules.journal import Journal
from chaos.schedules.launcher import ProcessLauncher
from chaos.schedules.model import Schedule
from chaos.schedules.occurrences import Occurrence, Outcome
from chaos.schedules.place import Place
from chaos.schedules.reading import read_schedules
from chaos.schedules.service import Pace, Service
from chaos.schedules.times import due_between

START, DAY = datetime(2026, 10, 24, 12, tzinfo=UTC), timedelta(days=1)
"""In the night between them Berlin's clocks are set back."""
CHECK_TAKES = timedelta(minutes=2)
FILE = """
time-zone: Europe/Berlin
schedules:
  - {name: often, experiments: [check.yaml], every: 5min, start-within: 4min}
  - {name: patient, experiments: [check.yaml], cron: '*/20 * * * *', still-going: wait}
  - {name: nightly, experiments: [check.yaml], cron: 30 2 * * *, start-within: 6h}
"""


class QuickLauncher(ProcessLauncher):
    """Checks that only write down that they began, and are over after a while on the quick clock."""

    def __init__(self, place: Path, clock: Callable[[], datetime]) -> None:
        self._began, self._clock = place / "began", clock
        self._until: datetime | None = None

    def start(
        self, schedule: Schedule, occurrence: Occurrence, record: Callable[[ProcessIdentity], None]
    ) -> None:
        record(ProcessIdentity.of(os.getpid()))
        with self._began.open("a", encoding="utf-8") as began:
            began.write(f"{schedule.name} {occurrence.due.isoformat()}\n")
        self._until = self._clock() + CHECK_TAKES

    def exit_code(self) -> int | None:
        return 0 if self._until is not None and self._until <= self._clock() else None

    def clear_up(self, occurrence: Occurrence) -> str:
        return f"{occurrence.schedule} is cleared up"

    def end(self) -> None:
        """Nothing goes on."""


def serve(place: Path, begins_s: float, seconds: float) -> None:
    """Be the service, on a clock on which a day takes so many seconds."""

    def clock() -> datetime:
        return START + (time.monotonic() - begins_s) / seconds * DAY

    schedules = read_schedules(place / "schedules.yaml")
    pace = Pace(looks_every_s=0.002, turns_every_s=0.01)
    Service(schedules, Place(place / "state"), QuickLauncher(place, clock), lambda _: None, clock, pace).run()


def main() -> None:
    """Kill services for a day, and count."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    chance, kills = random.Random(1), 0
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "check.yaml").touch()
        (place / "schedules.yaml").write_text(FILE, encoding="utf-8")
        schedules = read_schedules(place / "schedules.yaml")
        (place / "state").mkdir()
        journal = Journal(Place(place / "state").journal)
        for schedule in schedules:
            journal.accounted_until(schedule.name, START)
        begins_s = time.monotonic()
        while time.monotonic() - begins_s < seconds:
            arguments = ["serve", name, str(begins_s), str(seconds)]
            service = subprocess.Popen(
                [sys.executable, __file__, *arguments], env={**os.environ, "CHAOS_STATE": name}
            )
            time.sleep(2.0 + chance.expovariate(0.5))
            service.kill()
            service.wait()
            kills += 1
        end = START + (time.monotonic() - begins_s) / seconds * DAY
        for schedule in schedules:
            account(schedules, schedule, journal, end, None)
        kept = Counter((each.schedule, each.due) for each in journal.occurrences())
        outcomes = Counter(each.outcome for each in journal.occurrences())
        began = Counter((place / "began").read_text(encoding="utf-8").splitlines())
        due = {
            (schedule.name, moment)
            for schedule in schedules
            for moment in due_between(schedule, schedules.zone_of(schedule), START, end)
        }
        journal.close()
    lost, doubled = len(due - set(kept)), sum(count > 1 for count in (*kept.values(), *began.values()))
    told = ", ".join(f"{outcome} {count}" for outcome, count in outcomes.most_common())
    print(
        f"{kills} kills, {len(due)} due times, {len(began)} checks began: lost {lost}, doubled {doubled}\n{told}"
    )
    sys.exit(bool(lost or doubled or set(kept) - due or not outcomes[Outcome.PASSED]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
    else:
        main()
