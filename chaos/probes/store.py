"""`store`: what lies in the system's database: jobs by state, stuck ones, its size?"""

from __future__ import annotations

import asyncio

from pydantic import Field

from chaos.experiment.answers import AnswerSpec, Kind
from chaos.experiment.units import BYTES, Quantity
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene
from chaos.systems.store import Aspect, Store, StoreSilent


class StoreSpec(AnswerSpec):
    """How many jobs of a state the system's database holds, or how large it is, told past the system itself."""

    what: Aspect = Field(
        description="jobs that are pending, running, done or dead; those stuck, which run beyond their timeout; or the "
        "size of the database with its log"
    )

    @property
    def kind(self) -> Kind:
        """A number."""
        return Kind.NUMBER

    @property
    def quantity(self) -> Quantity | None:
        """Bytes, of a size."""
        return BYTES if self.what is Aspect.SIZE else None


class InStore(Probe[StoreSpec]):
    """Reads the database beside the system that writes it, without disturbing it."""

    spec_model = StoreSpec
    summary = "what the system's database holds: jobs by state, stuck ones, its size"
    example = "{probe: store, what: stuck, at-most: 0}"

    @property
    def subject(self) -> str:
        """What is asked of the store."""
        return f"store {self.spec.what}"

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """What the database holds now."""
        store = store_of(scene)
        try:
            return await asyncio.to_thread(store.ask, self.spec.what, READ_WITHIN_S)
        except StoreSilent as error:
            raise NoAnswer(str(error)) from error


READ_WITHIN_S = 1.5
"""How long a database is read for: less than a probe may take, so that no reading outlives its probe."""


def store_of(scene: ProbeScene) -> Store:
    """The system's store.

    Raises:
        NoAnswer: It can't be asked.
    """
    store = scene.store()
    if store is None:
        raise NoAnswer("this system does not say how its store can be asked")
    return store
