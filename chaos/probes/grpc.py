"""`grpc`: how does a core answer a question of the wire contract, and how fast?"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from chaos.experiment.answers import AnswerSpec, Kind
from chaos.experiment.endpoints import Endpoint
from chaos.experiment.targets import Cast
from chaos.experiment.units import DURATION, Quantity, wrong
from chaos.experiment.wording import listed, quoted
from chaos.probes import whom
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene

Asking = Literal["ListJobs", "GetJob", "ListSchedules", "GetSchedule"]
"""The methods that change nothing: a probe only asks."""

_CODES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
"""As gRPC numbers them; written out, because gRPC takes its time to import and an experiment is also only read."""


class GrpcSpec(AnswerSpec, whom.WhomSpec):
    """The status code (`OK`, `UNAVAILABLE`, …) that a method answers with, or how long a good answer takes."""

    method: Asking = Field("ListJobs", description="what is asked: a method that changes nothing")
    request: dict[str, JsonValue] = Field(
        {"limit": 1}, description="its request, by the names of its fields in the contract"
    )
    what: Literal["code", "latency"] = Field(
        "code",
        description="the status code, or how long an answer with the code OK takes, connecting included",
    )

    @property
    def kind(self) -> Kind:
        """A word or a number."""
        return Kind.WORD if self.what == "code" else Kind.NUMBER

    @property
    def quantity(self) -> Quantity | None:
        """A duration."""
        return DURATION if self.what == "latency" else None

    @model_validator(mode="after")
    def _codes_are_there(self) -> Self:
        for key, words in (("equals", [self.equals]), ("one-of", self.one_of or ())):
            for word in words:
                if self.what == "code" and word is not None and word not in _CODES:
                    raise wrong(
                        f"{quoted(word)} is no status code of gRPC; there are {listed(_CODES, 'and')}", key
                    )
        return self

    @model_validator(mode="after")
    def _request_fits(self) -> Self:
        from google.protobuf.json_format import ParseError

        try:
            self.message()
        except ParseError as error:
            raise wrong(f"no request of {self.method}: {error}", key="request") from error
        return self

    def message(self) -> Any:
        """The request."""
        from google.protobuf.json_format import ParseDict

        return ParseDict(self.request, _method(self.method).request())


class Grpc(Probe[GrpcSpec]):
    """Asks over a connection of its own, each time a new one."""

    spec_model = GrpcSpec
    summary = "how a core answers a question of the wire contract: its status code, or how long it takes"
    example = "{probe: grpc, target: core, method: ListJobs, what: latency, at-most: 200ms}"

    @property
    def subject(self) -> str:
        """The method, and whom it is asked of."""
        return f"{self.spec.method} {self.spec.what} of {self.spec.whom}"

    @property
    def within_s(self) -> float:
        """The call itself has a deadline."""
        return self.spec.within_s + 1.0

    def problems(self, cast: Cast) -> Iterable[tuple[str, str]]:
        """Whom it can't reach."""
        return whom.problems(self.spec, cast)

    def destinations(self) -> Iterable[tuple[str, Endpoint]]:
        """The address it names."""
        return whom.destinations(self.spec)

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """The code, or how long the answer took, in seconds."""
        import grpc.aio

        method = _method(self.spec.method)
        address = str(whom.endpoint(self.spec, scene))
        options = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))
        started = time.monotonic()
        async with grpc.aio.insecure_channel(address, options=options) as channel:
            call = channel.unary_unary(
                method.path,
                request_serializer=method.request.SerializeToString,
                response_deserializer=method.response.FromString,
            )
            try:
                await call(self.spec.message(), timeout=self.spec.within_s)
            except grpc.aio.AioRpcError as error:
                if self.spec.what == "code":
                    return error.code().name
                raise NoAnswer(f"{error.code().name}: {error.details()}") from error
            took_s = time.monotonic() - started
        return "OK" if self.spec.what == "code" else took_s


def _method(name: str) -> Any:
    from chaos.wire.methods import METHODS

    return next(method for method in METHODS if method.name == name)
