"""Whatever is wrong with a file of schedules is said at once, with its place and the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.experiment.problems import InvalidExperiment
from chaos.notices.notice import Event
from chaos.notices.webhook import WebhookSpec
from chaos.run_directory import RUNS_VARIABLE
from chaos.schedules.model import StillGoing
from chaos.schedules.reading import read_schedules
from tests.schedules.conftest import Write

GOOD = "{name: nightly, experiments: [check.yaml], cron: 30 3 * * *}"


def _problems(write: Write, text: str) -> list[str]:
    """What is said of a file, each with its line and column and without its path."""
    with pytest.raises(InvalidExperiment) as caught:
        write(text)
    return [str(problem).partition("schedules.yaml:")[2] or str(problem) for problem in caught.value.problems]


def test_what_is_not_said_has_its_default(write: Write) -> None:
    schedules = write(f"schedules: [{GOOD}]")
    (schedule,) = schedules
    assert (schedule.start_within, schedule.still_going, schedule.keep) == (3600.0, StillGoing.SKIP, None)
    assert schedules.zone_of(schedule) == "UTC"
    assert (schedules.blackouts, schedules.content.notify) == ((), ())


def test_runs_are_kept_where_the_file_says_then_the_environment_then_beside_the_file(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(RUNS_VARIABLE, raising=False)
    assert write(f"schedules: [{GOOD}]").runs == tmp_path / "runs"
    monkeypatch.setenv(RUNS_VARIABLE, "/elsewhere")
    assert write(f"schedules: [{GOOD}]").runs == Path("/elsewhere")
    assert write(f"runs: kept\nschedules: [{GOOD}]").runs == tmp_path / "kept"


def test_a_notifier_has_its_own_keys_and_is_told_everything_unless_it_says_what(write: Write) -> None:
    text = "notify:\n  - {notifier: webhook, url: 'https://x.example', headers: {A: '${env:TOKEN}'}}\n"
    (spec,) = write(f"{text}schedules: [{GOOD}]").content.notify
    assert isinstance(spec, WebhookSpec)
    assert spec.on == tuple(Event)
    assert spec.headers["A"].text == "${env:TOKEN}"


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        (
            "{name: Nightly!, experiments: [check.yaml], every: 1h}",
            "1:20: schedules[0].name: `Nightly!` can't be a name; write at most 46 ",
        ),
        (f"{{name: {'n' * 47}, experiments: [check.yaml], every: 1h}}", "1:20: schedules[0].name: "),
        ("{name: a, experiments: [], every: 1h}", "1:36: schedules[0].experiments: "),
        (
            "{name: a, experiments: [chek.yaml], every: 1h}",
            "1:37: schedules[0].experiments[0]: there is no file `chek.yaml` in ",
        ),
        (
            "{name: a, experiments: [check.yaml]}",
            "1:13: schedules[0]: a schedule has either `cron` or `every`",
        ),
        (
            "{name: a, experiments: [check.yaml], every: 1h, cron: 0 * * * *}",
            "1:13: schedules[0]: a schedule has either `cron` or `every`",
        ),
        ("{name: a, experiments: [check.yaml], every: 90}", "1:57: schedules[0].every: "),
        (
            "{name: a, experiments: [check.yaml], every: 1500ms}",
            "1:57: schedules[0].every: `every` is a whole number of seconds",
        ),
        (
            "{name: a, experiments: [check.yaml], cron: 61 * * * *}",
            "1:56: schedules[0].cron: `61 * * * *` can't be read as a cron expression (bad minute); write minute",
        ),
        (
            "{name: a, experiments: [check.yaml], cron: 0 0 31 2 *}",
            "1:56: schedules[0].cron: `0 0 31 2 *` can't be read as a cron expression (bad day-of-month)",
        ),
        (
            "{name: a, experiments: [check.yaml], cron: '@daily'}",
            "1:56: schedules[0].cron: `@daily` can't be read as a cron expression (it has not five fields)",
        ),
        ("{name: a, experiments: [check.yaml], cron: 0 0 0 * * *}", "1:56: schedules[0].cron: "),
        (
            "{name: a, experiments: [check.yaml], every: 1h, time-zone: Europe/Berln}",
            "1:72: schedules[0].time-zone: there is no time zone named `Europe/Berln` (did you mean `Europe/Berlin`?)",
        ),
        (
            "{name: a, experiments: [check.yaml], every: 1h, still-going: kill}",
            "1:74: schedules[0].still-going: ",
        ),
        ("{name: a, experiments: [check.yaml], every: 1h, keep: 0}", "1:67: schedules[0].keep: "),
        (
            "{name: a, experiments: [check.yaml], every: 1h, start-within: 0s}",
            "1:75: schedules[0].start-within: ",
        ),
        (
            "{name: a, experiments: [check.yaml], every: 1h, system: '${env:S}'}",
            "1:69: schedules[0].system: ",
        ),
        ("{name: a, experiments: [check.yaml], evry: 1h}", "1:50: schedules[0].evry: "),
    ],
)
def test_a_schedule_that_is_wrong_is_refused_at_its_place(write: Write, schedule: str, problem: str) -> None:
    found = _problems(write, f"schedules: [{schedule}]")
    assert [said[: len(problem)] for said in found] == [problem], found


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "blackouts: [{name: x, from: 2026-12-24 18:00}]",
            "1:13: blackouts[0]: a blackout has `from` and `to`, or `cron` and `for`",
        ),
        (
            "blackouts: [{name: x, cron: 0 0 * * *, from: 2026-12-24 18:00}]",
            "1:13: blackouts[0]: a blackout has",
        ),
        (
            "blackouts: [{name: x, from: 24.12.2026, to: 2026-12-25 18:00}]",
            "1:29: blackouts[0].from: `24.12.2026` is no date with a time; write `2026-12-24 18:00`",
        ),
        (
            "blackouts: [{name: x, from: 2026-12-25 18:00, to: 2026-12-24 18:00}]",
            "1:51: blackouts[0].to: it ends before it begins",
        ),
        (
            "notify: [{notifier: pager}]",
            "1:21: notify[0].notifier: there is no notifier named `pager`; known are",
        ),
        (
            "notify: [{notifier: webhok, url: x}]",
            "1:21: notify[0].notifier: there is no notifier named `webhok` (did you mean `webhook`?)",
        ),
        (
            "notify: [slack]",
            "1:10: notify[0]: an entry such as `{notifier: …}` is due here, and `slack` stands here",
        ),
        ("notify: [{notifier: slack}]", "1:10: notify[0]"),
        ("notify: [{notifier: slack, url: x, on: [sneezed]}]", "1:41: notify[0].on[0]: "),
        (
            "notify: [{notifier: email, host: h, from: a@b, to: [c@d], user: u}]",
            "1:10: notify[0]: `user` and `password` belong together",
        ),
        (
            "notify: [{notifier: email, host: h, from: a@b, to: [c@d], user: u, password: '${env:P}', security: none}]",
            "1:100: notify[0].security: a password is sent with `security: starttls` or `tls` alone",
        ),
        ("notify: slack", "1:9: notify: "),
        ("time-zone: Mars", "1:12: time-zone: there is no time zone named `Mars`"),
    ],
)
def test_what_else_is_wrong_is_refused_at_its_place(write: Write, line: str, problem: str) -> None:
    found = _problems(write, f"{line}\nschedules: [{GOOD}]")
    assert [said[: len(problem)] for said in found] == [problem], found


def test_two_schedules_of_one_name_are_refused(write: Write) -> None:
    found = _problems(write, f"schedules:\n  - {GOOD}\n  - {GOOD}")
    assert found == ["3:12: schedules[1].name: the name `nightly` is taken by an entry above"]


def test_everything_that_is_wrong_is_said_at_once(write: Write) -> None:
    found = _problems(write, "time-zone: Mars\nnotify: [{notifier: pager}]\nschedules: [{name: a}]")
    assert [line.split(": ")[1] for line in found] == [
        "time-zone",
        "notify[0].notifier",
        "schedules[0].experiments",
    ]


@pytest.mark.parametrize("text", ["", "- a", "nightly", "schedules: {", "schedules: []"])
def test_a_file_that_is_something_else_is_refused(write: Write, text: str) -> None:
    assert _problems(write, text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidExperiment, match=r"schedules\.yaml"):
        read_schedules(tmp_path / "schedules.yaml")
