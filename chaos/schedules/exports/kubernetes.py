"""CronJobs for Kubernetes, with the experiments in a ConfigMap beside each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from chaos.experiment.yaml_reader import Unreadable, read_file
from chaos.schedules.exports.exported import (
    ExportedFile,
    NotExportable,
    Order,
    command_of,
    cron_of,
    not_carried_over,
)
from chaos.schedules.model import Schedule, StillGoing

_EXPERIMENTS = "/experiments"
_RUNS = "/runs"
_ENDS_WITHIN_S = 90
_LEAST_DEADLINE_S = 10
"""Kubernetes looks for due times so often: a shorter deadline would be missed each time."""
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
"""What a key of a ConfigMap is made of."""


def cron_jobs(order: Order) -> list[ExportedFile]:
    """A ConfigMap and a CronJob for each schedule.

    Raises:
        NotExportable: No image is named, no cron expression says when one is due, or an experiment lies elsewhere.
    """
    if order.image is None:
        raise NotExportable("a CronJob needs an image that has `chaos`: name it with --image")
    notes = "".join(
        f"# {line}\n"
        for line in not_carried_over(order.schedules, "start-within", still_going=StillGoing.SKIP)
    )
    notes += f"# Runs are gone with their pod: mount a volume of yours at {_RUNS} to keep them.\n"
    resources = [each for schedule in order.schedules for each in _resources(order, schedule, order.image)]
    text = yaml.safe_dump_all(resources, sort_keys=False, width=1000)
    return [ExportedFile("chaos-checks.yaml", notes + text)]


def _resources(order: Order, schedule: Schedule, image: str) -> Iterator[dict[str, Any]]:
    name = f"chaos-{schedule.name}"
    expression, zone = cron_of(schedule, order.schedules.zone_of(schedule))
    files = dict(_files(order.schedules.directory, schedule))
    yield {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {_key(path): text for path, text in files.items()},
    }
    container = {
        "name": "chaos",
        "image": image,
        "workingDir": _EXPERIMENTS,
        "command": command_of(order, schedule, _RUNS),
        "volumeMounts": [
            {"name": "experiments", "mountPath": _EXPERIMENTS, "readOnly": True},
            {"name": "runs", "mountPath": _RUNS},
        ],
    }
    items = [{"key": _key(path), "path": str(path)} for path in files]
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": _ENDS_WITHIN_S,
        "containers": [container],
        "volumes": [
            {"name": "experiments", "configMap": {"name": name, "items": items}},
            {"name": "runs", "emptyDir": {}},
        ],
    }
    yield {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {
            "schedule": expression,
            "timeZone": "Etc/UTC" if zone == "UTC" else zone,
            "startingDeadlineSeconds": max(_LEAST_DEADLINE_S, int(schedule.start_within)),
            "concurrencyPolicy": "Forbid",
            "jobTemplate": {"spec": {"backoffLimit": 0, "template": {"spec": pod}}},
        },
    }


def _key(path: PurePosixPath) -> str:
    return str(path).replace("/", "..")


def _files(directory: Path, schedule: Schedule) -> Iterator[tuple[PurePosixPath, str]]:
    """Every experiment of a schedule, and what it extends: path and text."""
    pending = [PurePosixPath(Path(file).as_posix()) for file in schedule.experiments]
    seen = set[PurePosixPath]()
    while pending:
        path = pending.pop(0)
        if path in seen:
            continue
        seen.add(path)
        if path.is_absolute() or ".." in path.parts:
            raise NotExportable(
                f"{schedule.name}: {path} is not below {directory}, so no volume can hold it there: move it there"
            )
        if _KEY.fullmatch(_key(path)) is None:
            raise NotExportable(
                f"{schedule.name}: no ConfigMap can hold a file of the name {str(path)!r}: "
                "rename it with letters, digits, `-`, `_` and `.`"
            )
        try:
            document = read_file(directory / path)
            yield path, (directory / path).read_text(encoding="utf-8")
        except Unreadable as error:
            raise NotExportable(f"{schedule.name}: {error}") from error
        if isinstance(document.value, dict) and isinstance(below := document.value.get("extends"), str):
            pending.append(path.parent / below)
