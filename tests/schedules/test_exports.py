"""Schedules in the words of other schedulers, as far as those can say them; what they can't is refused or named."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from chaos.schedules.exports.exported import ExportedFile, NotExportable, Order
from chaos.schedules.exports.registry import EXPORTS
from chaos.schedules.exports.systemd import calendar_of
from chaos.schedules.model import Schedule
from chaos.schedules.reading import Schedules
from chaos.schedules.times import due_after
from tests.schedules.conftest import START, Write

FILE = """
time-zone: Europe/Berlin
schedules:
  - name: nightly
    experiments: [check.yaml]
    system: reference
    set: [load.jobs=50%]
    cron: 30 3 * * mon-fri
    start-within: 2h
  - {name: six-hourly, experiments: [check.yaml], every: 6h}
"""
NEEDED_BY_ALL = "{name: x, experiments: [check.yaml], "
SYSTEMD = shutil.which("systemd-analyze")


def _exported(schedules: Schedules, to: str, **more: str) -> list[ExportedFile]:
    return EXPORTS[to](Order(schedules, program="/opt/chaos/bin/chaos", **more))


def _one(schedules: Schedules, to: str, **more: str) -> str:
    (file,) = _exported(schedules, to, **more)
    return file.text


def test_each_schedule_is_a_service_and_a_timer_of_systemd(write: Write, tmp_path: Path) -> None:
    files = {file.name: file.text for file in _exported(write(FILE), "systemd")}
    assert list(files) == [
        "chaos-nightly.service", "chaos-nightly.timer", "chaos-six-hourly.service", "chaos-six-hourly.timer",
    ]  # fmt: skip
    service = files["chaos-nightly.service"]
    assert f"\nWorkingDirectory={tmp_path}\n" in service
    command = "/opt/chaos/bin/chaos run check.yaml --system reference --set load.jobs=50%% --runs "
    assert f"\nExecStart={command}" in service
    timer = files["chaos-nightly.timer"]
    assert "\nOnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 03:30:00 Europe/Berlin\n" in timer
    assert "\nOnCalendar=*-*-* 00,06,12,18:00:00 UTC\n" in files["chaos-six-hourly.timer"]


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(write: Write, tmp_path: Path) -> None:
    schedules = write(FILE)
    for file in EXPORTS["systemd"](Order(schedules, program="/bin/true")):
        (tmp_path / file.name).write_text(file.text, encoding="utf-8")
    units = [str(tmp_path / f"chaos-{schedule.name}.timer") for schedule in schedules]
    done = subprocess.run(
        [str(SYSTEMD), "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize(
    "expression", ["30 3 * * mon-fri", "*/20 * * * *", "0 0 13 * fri", "5 4 1,15 */3 *", "0 12 * * 0,7"]
)
def test_systemd_is_due_when_cron_is(expression: str) -> None:
    """Both are asked for the next times, systemd by itself."""
    schedule = Schedule(name="x", experiments=("x",), cron=expression)
    expected = list(islice(due_after(schedule, "UTC", START), 5))
    base = f"{START:%Y-%m-%d %H:%M:%S UTC}"
    told = subprocess.run(
        [str(SYSTEMD), "calendar", "--iterations=5", f"--base-time={base}", *calendar_of(expression)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
    ).stdout
    found = re.findall(r"(?:Next elapse|Iter\. #\d+|Iteration #\d+): \w+ (\S+ \S+) UTC", told)
    times = {datetime.strptime(time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) for time in found}
    assert sorted(times)[:5] == expected


def test_each_schedule_is_a_line_for_crontab_in_its_zone(write: Write, tmp_path: Path) -> None:
    lines = _one(write(FILE), "cron").splitlines()
    start = lines.index("CRON_TZ=Europe/Berlin")
    assert lines[start + 1] == "# nightly"
    when, _, command = lines[start + 2].partition(" cd ")
    assert when == "30 3 * * mon-fri"
    assert shlex.split(command.replace(r"\%", "%"))[:7] == [
        str(tmp_path), "&&", "/opt/chaos/bin/chaos", "run", "check.yaml", "--system", "reference",
    ]  # fmt: skip
    assert r"load.jobs=50\%" in command
    assert lines[start + 3 : start + 5] == ["CRON_TZ=UTC", "# six-hourly"]


def test_a_workflow_has_a_job_for_each_schedule_that_runs_when_it_is_due(
    write: Write, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    text = _one(write(FILE.replace("Europe/Berlin", "UTC")), "github", install="pip install ./chaos.whl")
    workflow: dict[str, Any] = yaml.safe_load(text)
    assert workflow["on"]["schedule"] == [{"cron": "30 3 * * mon-fri"}, {"cron": "0 */6 * * *"}]
    job = workflow["jobs"]["nightly"]
    assert job["if"] == "github.event.schedule == '30 3 * * mon-fri' || inputs.check == 'nightly'"
    assert job["defaults"]["run"]["working-directory"] == "."
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[0] == "pip install ./chaos.whl"
    assert shlex.split(runs[-1])[1:3] == ["run", "check.yaml"]


def test_a_workflow_knows_no_zones(write: Write) -> None:
    with pytest.raises(
        NotExportable, match="nightly: a workflow's times are in UTC, and not in Europe/Berlin"
    ):
        _exported(write(FILE), "github")


def test_each_schedule_is_a_cron_job_with_its_experiments_beside_it(write: Write, tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "load.yaml").write_text("load: {jobs: 1}\n", encoding="utf-8")
    schedules = write(FILE)
    (tmp_path / "check.yaml").write_text("extends: base/load.yaml\ntitle: x\n", encoding="utf-8")
    resources = list(yaml.safe_load_all(_one(schedules, "kubernetes", image="example/chaos:1")))
    assert [each["kind"] for each in resources] == ["ConfigMap", "CronJob"] * 2
    assert set(resources[0]["data"]) == {"check.yaml", "base..load.yaml"}
    spec = resources[1]["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("30 3 * * mon-fri", "Europe/Berlin")
    assert (spec["startingDeadlineSeconds"], spec["concurrencyPolicy"]) == (7200, "Forbid")
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    (volume,) = [each for each in pod["volumes"] if "configMap" in each]
    assert {"key": "base..load.yaml", "path": "base/load.yaml"} in volume["configMap"]["items"]
    assert pod["containers"][0]["command"][:3] == ["/opt/chaos/bin/chaos", "run", "check.yaml"]
    for resource in resources:
        jsonschema.validate(resource["metadata"], {"properties": {"name": {"maxLength": 52}}})


@pytest.mark.parametrize(
    ("to", "named"),
    [
        ("systemd", {"blackouts", "notify", "keep", "start-within", "still-going"}),
        ("cron", {"blackouts", "notify", "keep", "start-within", "still-going"}),
        ("github", {"blackouts", "notify", "keep", "start-within"}),
        ("kubernetes", {"blackouts", "notify", "keep", "still-going"}),
    ],
)
def test_what_a_scheduler_does_not_do_is_named_at_the_top(write: Write, to: str, named: set[str]) -> None:
    text = (
        "blackouts: [{name: x, cron: 0 0 * * *, for: 1h}]\nnotify: [{notifier: command, command: [x]}]\n"
        f"schedules: [{NEEDED_BY_ALL} every: 1h, keep: 1, start-within: 5min, still-going: wait}}]"
    )
    exported = _exported(write(text), to, image="x")[0].text
    assert set(re.findall(r"^# not carried over: `(.+?)`", exported, re.MULTILINE)) == named


def test_cron_alone_starts_one_while_the_last_is_still_going(write: Write) -> None:
    schedules = write(f"schedules: [{NEEDED_BY_ALL} every: 1h}}]")
    told = {to: "not carried over" in _exported(schedules, to, image="x")[0].text for to in EXPORTS}
    assert told == {"systemd": False, "cron": True, "github": True, "kubernetes": False}


@pytest.mark.parametrize("to", EXPORTS)
@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("every: 50min", "x: no cron expression says `every: 50min`"),
        ("every: 36h", "x: no cron expression says `every: 1.5d`"),
        ("every: 30s", "x: no cron expression says `every: 30s`"),
        ("cron: 0 0 L * *", "x: `L` and `#` in '0 0 L \\* \\*' mean something to `chaos schedule run` alone"),
        ("cron: 0 0 * * mon#2", "x: `L` and `#` in "),
    ],
)
def test_what_no_cron_can_say_is_refused(write: Write, to: str, when: str, why: str) -> None:
    schedules = write(f"schedules:\n  - name: x\n    experiments: [check.yaml]\n    {when}")
    with pytest.raises(NotExportable, match=why):
        _exported(schedules, to, image="x")


def test_a_sunday_is_0_as_every_cron_reads_it(write: Write) -> None:
    schedules = write("schedules:\n  - name: x\n    experiments: [check.yaml]\n    cron: 0 0 * * 5-7")
    assert "\n0 0 * * 0,5,6 cd " in _one(schedules, "cron")


@pytest.mark.parametrize(
    ("file", "why"),
    [("../check.yaml", "is not below"), ("the check.yaml", "no ConfigMap can hold a file of the name")],
)
def test_an_experiment_that_no_volume_can_hold_is_refused(
    write: Write, tmp_path: Path, file: str, why: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / file).parent.resolve().joinpath(Path(file).name).touch()
    schedules = write(f"schedules: [{{name: x, experiments: ['{file}'], every: 1h}}]")
    with pytest.raises(NotExportable, match=why):
        _exported(schedules, "kubernetes", image="x")


def test_cron_jobs_need_an_image(write: Write) -> None:
    with pytest.raises(NotExportable, match="name it with --image"):
        _exported(write(FILE), "kubernetes")
