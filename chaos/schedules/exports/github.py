"""A workflow for GitHub Actions."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml

from chaos.schedules.exports.exported import (
    ExportedFile,
    NotExportable,
    Order,
    command_of,
    cron_of,
    not_carried_over,
)
from chaos.schedules.model import Schedule, StillGoing

_RUNS = "runs"


def workflow(order: Order) -> list[ExportedFile]:
    """One workflow with a job for each schedule.

    Raises:
        NotExportable: One is due by a clock that GitHub does not know.
    """
    crons = {schedule.name: _cron(order, schedule) for schedule in order.schedules}
    content = {
        "name": "resilience checks",
        "on": {
            "schedule": [{"cron": cron} for cron in dict.fromkeys(crons.values())],
            "workflow_dispatch": {
                "inputs": {
                    "check": {
                        "description": "which check to run",
                        "type": "choice",
                        "required": True,
                        "options": list(crons),
                    }
                }
            },
        },
        "permissions": {"contents": "read"},
        "jobs": {schedule.name: _job(order, schedule, crons[schedule.name]) for schedule in order.schedules},
    }
    notes = "".join(f"# {line}\n" for line in not_carried_over(order.schedules, still_going=StillGoing.WAIT))
    text = yaml.safe_dump(content, sort_keys=False, width=1000)
    return [ExportedFile(".github/workflows/resilience-checks.yml", notes + text)]


def _cron(order: Order, schedule: Schedule) -> str:
    expression, zone = cron_of(schedule, order.schedules.zone_of(schedule))
    if zone != "UTC":
        raise NotExportable(
            f"{schedule.name}: a workflow's times are in UTC, and not in {zone}; write them so, with `time-zone: UTC`"
        )
    return expression


def _job(order: Order, schedule: Schedule, cron: str) -> dict[str, Any]:
    directory = _in_repository(order.schedules.directory)
    command = shlex.join(command_of(order, schedule, _RUNS))
    return {
        "if": f"github.event.schedule == '{cron}' || inputs.check == '{schedule.name}'",
        "runs-on": "ubuntu-latest",
        "concurrency": {"group": f"chaos-{schedule.name}", "cancel-in-progress": False},
        "defaults": {"run": {"working-directory": directory}},
        "steps": [
            {"uses": "actions/checkout@v4"},
            {"uses": "actions/setup-python@v5", "with": {"python-version": "3.12"}},
            {"run": order.install, "working-directory": "."},
            {"run": f"{order.program} setup"},
            {"run": command},
            {
                "uses": "actions/upload-artifact@v4",
                "if": "always()",
                "with": {"name": schedule.name, "path": f"{directory}/{_RUNS}"},
            },
        ],
    }


def _in_repository(directory: Path) -> str:
    """The directory as it is called from the top of its repository; `.` if it is in none."""
    top = next((above for above in (directory, *directory.parents) if (above / ".git").exists()), directory)
    return directory.relative_to(top).as_posix()
