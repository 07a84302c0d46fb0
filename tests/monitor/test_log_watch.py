"""Lines are counted by the rules of the system and of the experiment, by component and window."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.clock import now_ns
from chaos.ledger.events import Event, LogCounted, LogNoticed, PhaseEntered
from chaos.monitor.log_rules import LogRule, Tone
from chaos.monitor.log_watch import LogWatch

LOCKED = LogRule("locked", Tone.BAD, "locked", r"database is locked")
RECOVERED = LogRule("recovered", Tone.GOOD, "Recovered", r"Recovered [1-9]")
ASKED = LogRule('"slow"', Tone.NEUTRAL, "slow", names_errors=False)


class Watched:
    """A directory with logs, and the watch over it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.events: list[Event] = []
        self.watch = LogWatch(directory, {"core": (LOCKED, RECOVERED, ASKED)}, self.events.append)

    def log(self, component: str, *lines: str) -> None:
        """Append lines to a component's log."""
        with (self.directory / f"{component}.log").open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def counted(self) -> dict[tuple[str, str], list[int]]:
        """All counts in the end, by component and rule."""
        self.watch.close()
        found: dict[tuple[str, str], list[int]] = {}
        for event in self.events:
            if isinstance(event, LogCounted):
                found.setdefault((event.component, event.rule), []).append(event.count)
        return found

    def noticed(self) -> list[tuple[str, str]]:
        """What was told at once: the rule, and the line."""
        return [(event.rule, event.line) for event in self.events if isinstance(event, LogNoticed)]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A watch that counts by three rules in the log of core."""
    return Watched(tmp_path)


def test_each_rule_is_counted_for_its_component_alone(watched: Watched) -> None:
    watched.log("core", "INFO database is locked", "INFO Recovered 3 jobs", "INFO Recovered 0 jobs")
    watched.log("worker-1", "INFO database is locked")
    watched.watch.read()
    watched.log("core", "INFO database is locked", "INFO the door is locked")
    assert watched.counted() == {("core", "locked"): [2], ("core", "recovered"): [1]}


def test_an_error_that_no_rule_names_is_told_at_once_and_by_its_shape(watched: Watched) -> None:
    watched.log("core", "ERROR job 17 of a1b2-c3 is gone", "ERROR job 18 of d4e5-f6 is gone", "ERROR other")
    watched.log("producer-1", "ERROR other")
    watched.watch.read()
    assert watched.noticed() == [
        ("unknown-error", "ERROR job 17 of a1b2-c3 is gone"),
        ("unknown-error", "ERROR other"),
        ("unknown-error", "ERROR other"),
    ]
    assert watched.counted() == {
        ("core", "error"): [3],
        ("core", "unknown-error"): [2, 1],
        ("producer-1", "error"): [1],
        ("producer-1", "unknown-error"): [1],
    }


def test_an_error_in_colours_is_one(watched: Watched) -> None:
    watched.log("core", "\x1b[2m2026-01-02T03:04:05Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b[2mqueue\x1b[0m: gone")
    watched.watch.read()
    assert watched.noticed() == [("unknown-error", "2026-01-02T03:04:05Z ERROR queue: gone")]


def test_a_known_error_counts_as_error_and_not_as_unknown(watched: Watched) -> None:
    watched.log("core", "ERROR database is locked")
    assert watched.counted() == {("core", "locked"): [1], ("core", "error"): [1]}


def test_what_an_experiment_asks_for_does_not_make_an_error_known(watched: Watched) -> None:
    watched.log("core", "ERROR too slow")
    assert watched.counted() == {
        ("core", '"slow"'): [1],
        ("core", "error"): [1],
        ("core", "unknown-error"): [1],
    }


def test_good_and_neutral_lines_are_counted_without_a_word(watched: Watched) -> None:
    watched.log("core", "INFO Recovered 3 jobs", "INFO slow")
    watched.watch.read()
    assert watched.events == []


def test_a_window_begins_at_zero_also_for_lines_that_were_not_read_before_it_began(watched: Watched) -> None:
    watched.log("core", "INFO slow", "INFO slow")
    watched.watch.take(PhaseEntered(time_ns=now_ns(), phase="load:after"))
    assert watched.watch.lines_in_window("core", '"slow"') == 0
    watched.log("core", "INFO slow")
    assert watched.watch.lines_in_window("core", '"slow"') == 1
    assert watched.watch.lines_in_window("core", "locked") == 0


def test_a_log_full_of_different_errors_takes_bounded_memory_and_all_are_counted(watched: Watched) -> None:
    words = ("".join(chr(ord("a") + int(digit)) for digit in str(number)) for number in range(500))
    watched.log("core", *(f"ERROR {word}" for word in words))
    counts = watched.counted()["core", "unknown-error"]
    assert len(counts) < 50
    assert sum(counts) == 500


def test_reading_stops_when_its_time_is_over_and_goes_on_later(watched: Watched) -> None:
    line = "ERROR " + "x" * 1000
    watched.log("core", *[line] * 3000)
    watched.watch.read(within_s=0.0)
    begun = sum(isinstance(event, LogNoticed) for event in watched.events)
    assert begun == 1
    assert watched.counted()["core", "error"] == [3000]
