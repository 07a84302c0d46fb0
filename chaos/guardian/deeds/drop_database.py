"""Drops the database that a run made on a server which was there before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.databases.postgres import DatabaseError, DatabaseUrl, drop_database
from chaos.experiment.environment import EnvironmentText, UnsetVariable
from chaos.guardian.deed import Deed, NotUndone

_WITHIN_S = 10.0


@dataclass(frozen=True)
class DropDatabase(Deed):
    """Drops a database, whoever uses it.

    Attributes:
        url: The server, as the experiment names it: by a variable, so that its password is not on the disk.
        database: The database's name.
    """

    kind: ClassVar[str] = "drop-database"

    url: str
    database: str

    def carry_out(self) -> None:
        """Drop it, if it is there. A busy server may take 10 s.

        Raises:
            NotUndone: The server did not do it, or the variable with its URL is not set here.
        """
        url = EnvironmentText(self.url)
        try:
            drop_database(DatabaseUrl.parse(url.expand()), self.database, _WITHIN_S)
        except (DatabaseError, UnsetVariable, ValueError) as error:
            raise NotUndone(
                f"the database {self.database} may be left on {self.url} ({error}); mend that, "
                f'or drop it there by hand: DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)'
            ) from error

    def __str__(self) -> str:
        return f"drop the database {self.database} on {self.url}"
