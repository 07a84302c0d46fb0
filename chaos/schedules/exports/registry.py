"""The schedulers that schedules can be handed over to, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chaos.schedules.exports.cron import crontab
from chaos.schedules.exports.exported import ExportedFile, Order
from chaos.schedules.exports.github import workflow
from chaos.schedules.exports.kubernetes import cron_jobs
from chaos.schedules.exports.systemd import units

EXPORTS: Mapping[str, Callable[[Order], list[ExportedFile]]] = {
    "systemd": units,
    "cron": crontab,
    "github": workflow,
    "kubernetes": cron_jobs,
}
