"""`sql`: what does a read-only query of the store answer?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field

from chaos.experiment.answers import AnswerSpec
from chaos.experiment.environment import EnvironmentText
from chaos.experiment.targets import Cast
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene
from chaos.probes.store import READ_WITHIN_S, store_of
from chaos.systems.store import Store, StoreSilent


class SqlSpec(AnswerSpec):
    """What a query of one row with one value answers."""

    query: str = Field(
        min_length=1,
        description="the query; it can only read, and answers with one value",
        examples=["SELECT count(*) FROM jobs"],
    )
    database: EnvironmentText | None = Field(
        None,
        description="a SQLite file to ask instead of the system's own store",
        examples=["orders.db", "${env:ORDERS_DB}"],
    )


class Sql(Probe[SqlSpec]):
    """Asks in a short transaction that can't write, and is given up once its time is over."""

    spec_model = SqlSpec
    summary = "what a read-only query of the system's store, or of a SQLite file, answers"
    example = '{probe: sql, query: "SELECT coalesce(max(attempt), 0) FROM jobs", at-most: 5}'

    @property
    def subject(self) -> str:
        """The query."""
        return f"sql `{self.spec.query}`"

    def problems(self, cast: Cast) -> Iterable[tuple[str, str]]:  # noqa: ARG002 - it asks nobody of it
        """A database that it can't open."""
        if self.spec.database is not None and "://" in self.spec.database.expand():
            yield (
                "database",
                "only a SQLite file can be named here, by its path; leave the key out for the system's own store",
            )

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """The one value."""
        try:
            return await asyncio.to_thread(self._store(scene).query, self.spec.query, READ_WITHIN_S)
        except StoreSilent as error:
            raise NoAnswer(str(error)) from error

    def _store(self, scene: ProbeScene) -> Store:
        if self.spec.database is None:
            return store_of(scene)
        from chaos.systems.sqlite_store import SqliteStore

        return SqliteStore(Path(self.spec.database.expand()))
