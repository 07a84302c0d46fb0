"""Whom a probe asks over the network: a component of the run, or an address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, model_validator

from chaos.experiment.base import Model
from chaos.experiment.endpoints import Endpoint, endpoint_of_address
from chaos.experiment.environment import EnvironmentText
from chaos.experiment.targets import Cast
from chaos.experiment.units import DURATION, Duration, wrong
from chaos.probes.protocol import NoAnswer, ProbeScene

Within = Annotated[Duration, DURATION.within("1ms", "1min")]
"""How long an answer is waited for."""


class WhomSpec(Model):
    """The keys of a probe that asks somebody over the network."""

    target: str | None = Field(None, description="the component to ask, past every proxy")
    address: EnvironmentText | None = Field(
        None, description="the address to ask instead", examples=["127.0.0.1:5432", "${env:ADDRESS}"]
    )
    within_s: Within = Field(1.0, alias="within", description="how long an answer is waited for")

    @model_validator(mode="after")
    def _asks_one(self) -> Self:
        if (self.target is None) == (self.address is None):
            raise wrong("give `target`, a component of the run, or `address`; one of the two")
        return self

    @property
    def whom(self) -> str:
        """Whom, for people."""
        return self.target or (self.address.text if self.address else "")


def problems(spec: WhomSpec, cast: Cast) -> Iterable[tuple[str, str]]:
    """Why this can't be asked with this cast, with the key that it is about."""
    if spec.address is not None:
        try:
            endpoint_of_address(spec.address.expand())
        except ValueError as error:
            yield "address", str(error)
    elif spec.target is not None and spec.target not in {server for _, server in cast.links}:
        yield "target", f"{spec.target} serves nobody, so it can't be reached; look at it with `process`"


def destinations(spec: WhomSpec) -> Iterable[tuple[str, Endpoint]]:
    """Where an address leads, with its key."""
    if spec.address is not None:
        yield "address", endpoint_of_address(spec.address.expand())


def endpoint(spec: WhomSpec, scene: ProbeScene) -> Endpoint:
    """Where to connect to.

    Raises:
        NoAnswer: The component serves nobody.
    """
    address = scene.address(spec.target) if spec.target is not None else None
    if spec.address is not None:
        address = spec.address.expand()
    if address is None:
        raise NoAnswer(f"{spec.target} serves nobody")
    return endpoint_of_address(address)
