"""What follows a check that is over: people are told, and what is too old or too many is removed.

It is a process of its own, `python -m chaos.schedules.aftermath FILE STATE`, so that the service stays small and waits
for no mail server. What it has to do stands in the journal: killed, it is done the next time. A notice that got
there just before a kill is told again; none is left out.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from chaos.clock import utc_now
from chaos.experiment.problems import InvalidExperiment
from chaos.history.kept import Choice
from chaos.history.pruning import prune
from chaos.launching.printed import printed
from chaos.notices.delivery import Delivery, deliver
from chaos.notices.notice import Notice
from chaos.notices.protocol import Notifier
from chaos.notices.registry import NOTIFIERS
from chaos.schedules.journal import Journal, KeptNotice
from chaos.schedules.news import news_of
from chaos.schedules.occurrences import Occurrence
from chaos.schedules.place import Place
from chaos.schedules.reading import Schedules, read_schedules
from chaos.secrets import redacted

REMEMBERED: Final = timedelta(days=400)
"""How long due times, notices and logs of checks are kept."""


def settle(schedules: Schedules, place: Place, first_wait_s: float = 1.0) -> list[str]:
    """Do what follows the checks that are over.

    Args:
        schedules: The file.
        place: Where the state is.
        first_wait_s: The most that is waited before a notice is tried a second time.

    Returns:
        What went wrong, for people. None of it changes what became of a check.
    """
    journal = Journal(place.journal)
    try:
        problems: list[str] = []
        for occurrence in journal.to_be_told():
            said = printed(place.log_of(occurrence))
            journal.produced(occurrence, [run.name for run in said.runs])
            news = list(news_of(schedules, journal, occurrence, said))
            journal.to_tell(occurrence, list(_addressed(schedules, news)))
            problems += _remove_old_runs(schedules, occurrence)
        problems += _tell(schedules, journal, first_wait_s)
        _forget_before(journal, place, utc_now() - REMEMBERED)
        return problems
    finally:
        journal.close()


def _addressed(schedules: Schedules, news: Iterable[Notice]) -> Iterator[tuple[int, Notice]]:
    """Each notice, with the number of each notifier that it is for."""
    for notice in news:
        for number, spec in enumerate(schedules.content.notify):
            if notice.event in spec.on:
                yield number, notice


def _tell(schedules: Schedules, journal: Journal, first_wait_s: float) -> Iterator[str]:
    """Tell what is to be told, and write down what became of it; what did not get there."""
    for kept, delivery in _deliveries(schedules, journal.notices(pending=True), first_wait_s):
        journal.told(kept.number, utc_now(), delivery.attempts, delivery.problem)
        if delivery.problem is not None:
            yield (
                f"{schedules.notifier(kept.notifier)} could not be told that {kept.notice.title}, "
                f"in {delivery.attempts} attempts: {delivery.problem}"
            )


def _deliveries(
    schedules: Schedules, pending: Sequence[KeptNotice], first_wait_s: float
) -> Iterator[tuple[KeptNotice, Delivery]]:
    """What becomes of each notice, as it does: notifiers are used side by side, each for one notice after the other."""
    done: SimpleQueue[tuple[KeptNotice, Delivery]] = SimpleQueue()

    def tell(notifier: Notifier[Any], notices: Sequence[KeptNotice]) -> None:
        for kept in notices:
            done.put((kept, deliver(notifier, kept.notice, first_wait_s)))

    for number in sorted({kept.notifier for kept in pending}):
        notices = [kept for kept in pending if kept.notifier == number]
        if number < len(schedules.content.notify):
            spec = schedules.content.notify[number]
            notifier = NOTIFIERS.named(spec.notifier)(spec)
            threading.Thread(target=tell, args=(notifier, notices), daemon=True).start()
        else:
            gone = Delivery(0, f"{schedules.file} has no such notifier any more")
            for kept in notices:
                done.put((kept, gone))
    for _ in pending:
        yield done.get()


def _remove_old_runs(schedules: Schedules, occurrence: Occurrence) -> Iterator[str]:
    schedule = schedules.named(occurrence.schedule)
    if schedule is None or schedule.keep is None:
        return
    for file in schedule.experiments:
        try:
            prune(schedules.runs, schedule.keep, Choice(experiment=Path(file).stem, system=schedule.system))
        except OSError as error:
            yield f"{occurrence.schedule}: old runs of {file} can't be removed: {error}"


def _forget_before(journal: Journal, place: Place, moment: datetime) -> None:
    journal.forget_before(moment)
    for log in place.logs.glob("*.ndjson"):
        if log.stat().st_mtime < moment.timestamp():
            log.unlink()


def main() -> None:
    """Do what follows the checks that are over; what went wrong is printed."""
    file, state = map(Path, sys.argv[1:3])
    try:
        schedules = read_schedules(file)
    except InvalidExperiment as error:
        sys.exit(redacted(f"nobody can be told until the file of schedules is right again:\n{error}"))
    for problem in settle(schedules, Place(state)):
        print(problem, file=sys.stderr)


if __name__ == "__main__":
    main()
