"""A PostgreSQL server that was there before: a run makes one database of its own in it, and drops that again."""

from __future__ import annotations

import secrets
from dataclasses import replace

from chaos.databases.postgres import (
    LEAST_VERSION,
    DatabaseError,
    DatabaseUrl,
    answers,
    create_database,
    may_create_databases,
    version,
)
from chaos.experiment.endpoints import is_loopback
from chaos.experiment.environment import EnvironmentText
from chaos.guardian.deeds.drop_database import DropDatabase
from chaos.processes.errors import StartFailedError
from chaos.processes.threads import in_thread
from chaos.systems.postgres.asking import speaks_postgres
from chaos.systems.postgres.cluster import GROUP, NAME
from chaos.systems.protocol import ComponentSpec

_ANSWERS_WITHIN_S = 5.0


class ExistingServer:
    """A server that somebody else runs, and the database of this run in it.

    Args:
        text: Its URL, as the experiment has it: with its password left to the environment.
    """

    def __init__(self, text: EnvironmentText) -> None:
        self._text = text
        self._server = DatabaseUrl.parse(text.expand())
        self._database = f"chaos_{secrets.token_hex(8)}"

    @property
    def url(self) -> DatabaseUrl:
        """The run's own database, once it is made."""
        return replace(self._server, database=self._database)

    def component(self) -> ComponentSpec:
        """The server as a component that is never started, stopped or signalled."""
        return ComponentSpec(
            name=NAME,
            command=(),
            is_ready=lambda: in_thread(answers, self.url, _ANSWERS_WITHIN_S),
            address=self._server.address,
            group=GROUP,
            ask=speaks_postgres,
            make=self._make,
            undo=(DropDatabase(self._text.text, self._database),),
        )

    async def _make(self) -> None:
        """Make the database.

        Raises:
            StartFailedError: The server does not answer, or refuses.
        """
        try:
            await in_thread(create_database, self._server, self._database, _ANSWERS_WITHIN_S)
        except DatabaseError as error:
            raise StartFailedError(f"no database could be made: {error}") from error


def unusable(text: EnvironmentText) -> tuple[str, str, str] | None:
    """Why a server can't be used: what is wrong, what with, and what mends it; None if nothing is.

    Only a server of this machine is used, and asked: a run touches no other. It is asked before anything is made on it,
    so that one which is not there is no run that failed and may have left something.
    """
    needed_for = f"the server `{text.text}`"
    try:
        url = DatabaseUrl.parse(text.expand())
    except ValueError as error:
        return f"what `database-url` names is of no use: {error}", needed_for, "mend the variable"
    if not is_loopback(url.host):
        forward = f"forward a port of this machine to it: ssh -L 5432:localhost:{url.port} {url.host}"
        return f"{url.host} is not this machine, and a run touches nothing else", needed_for, forward
    try:
        found = version(url, _ANSWERS_WITHIN_S)
        if found < LEAST_VERSION:
            too_old = f"{url} is PostgreSQL {found}, and {LEAST_VERSION} is the oldest that can be used"
            return too_old, needed_for, "name a newer one"
        if not may_create_databases(url, _ANSWERS_WITHIN_S):
            return f"{url}: the user may not make databases", needed_for, f'ALTER ROLE "{url.user}" CREATEDB'
    except DatabaseError as error:
        return str(error), needed_for, "start that server, or mend the variable"
    return None
