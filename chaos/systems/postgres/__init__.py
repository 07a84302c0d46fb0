"""PostgreSQL, for systems that keep their jobs in it: a server of the run's own, or a database on an existing one."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final

from chaos.experiment.environment import EnvironmentText
from chaos.parts.missing import Missing
from chaos.systems.postgres.cluster import GROUP, NAME, Cluster
from chaos.systems.postgres.existing import ExistingServer, unusable
from chaos.systems.postgres.locate import EXTRA, NEEDED_FOR, ServerNotFoundError, find_server

__all__ = ["GROUP", "NAME", "Cluster", "ExistingServer", "database", "missing"]

_CLIENT: Final = "pg8000"


def missing(existing: EnvironmentText | None) -> list[Missing]:
    """What this machine lacks to keep jobs in PostgreSQL.

    Args:
        existing: The server to use, if it is not to be one of the run's own.
    """
    if importlib.util.find_spec(_CLIENT) is None:
        return [Missing(f"the client {_CLIENT}, which asks the server, is not installed", NEEDED_FOR, EXTRA)]
    if existing is not None:
        reason = unusable(existing)
        return [] if reason is None else [Missing(*reason)]
    try:
        find_server()
    except ServerNotFoundError as error:
        return [Missing(error.reason, NEEDED_FOR, error.mend)]
    return []


def database(existing: EnvironmentText | None, directory: Path) -> Cluster | ExistingServer:
    """The database of one run.

    Args:
        existing: The server to make it in; None: one of the run's own.
        directory: The directory that is the system's own in this run.

    Raises:
        ServerNotFoundError: There is no server to start.
    """
    if existing is None:
        return Cluster(find_server(), directory)
    return ExistingServer(existing)
