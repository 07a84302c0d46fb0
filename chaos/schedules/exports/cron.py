"""Lines for `crontab`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from chaos.schedules.exports.exported import ExportedFile, Order, command_of, cron_of, not_carried_over


def crontab(order: Order) -> list[ExportedFile]:
    """The lines of all schedules.

    Raises:
        NotExportable: No cron expression says when one is due.
    """
    return [ExportedFile("chaos.crontab", "\n".join(_lines(order)) + "\n")]


def _lines(order: Order) -> Iterator[str]:
    yield "# Checks of durable job queues. To install: crontab -l | cat - chaos.crontab | crontab -"
    for line in not_carried_over(order.schedules, still_going=None):
        yield f"# {line}"
    yield "# CRON_TZ is read by cronie; where cron does not know it, the machine's own time zone must be the one named."
    zone_so_far = None
    for schedule in order.schedules:
        expression, zone = cron_of(schedule, order.schedules.zone_of(schedule))
        if zone != zone_so_far:
            yield f"CRON_TZ={zone}"
            zone_so_far = zone
        command = (
            f"cd {shlex.quote(str(order.schedules.directory))} && {shlex.join(command_of(order, schedule))}"
        )
        yield f"# {schedule.name}"
        yield f"{expression} {command.replace('%', chr(92) + '%')}"
