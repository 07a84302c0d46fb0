"""`http`: what does a page say, with which status, and how fast?"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from chaos.experiment.answers import AnswerSpec, Kind
from chaos.experiment.endpoints import Endpoint, endpoint_of_url
from chaos.experiment.environment import EnvironmentText
from chaos.experiment.targets import Cast
from chaos.experiment.units import DURATION, Quantity, wrong
from chaos.probes.fetching import Page, fetch
from chaos.probes.json_path import parse_path, value_at
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene
from chaos.probes.whom import Within


def _is_path(text: str) -> str:
    try:
        parse_path(text)
    except ValueError as error:
        raise wrong(str(error)) from None
    return text


class HttpSpec(AnswerSpec):
    """The status of a page, its body or one value of it, or how long it takes."""

    url: EnvironmentText = Field(
        description="the page to ask for", examples=["http://127.0.0.1:8080/health", "${env:HEALTH_URL}"]
    )
    headers: dict[str, EnvironmentText] = Field({}, description="headers to send")
    what: Literal["status", "body", "latency"] = Field(
        "status", description="the status code, the body, or how long an answer below 400 takes"
    )
    json_: Annotated[str, AfterValidator(_is_path)] | None = Field(
        None,
        alias="json",
        description="where the answer stands in a body of JSON",
        examples=["$.jobs.pending"],
    )
    within_s: Within = Field(1.0, alias="within", description="how long an answer is waited for")

    @property
    def kind(self) -> Kind:
        """A number, or what the body says."""
        return Kind.ANY if self.what == "body" else Kind.NUMBER

    @property
    def quantity(self) -> Quantity | None:
        """A duration, of a latency."""
        return DURATION if self.what == "latency" else None

    @model_validator(mode="after")
    def _looks_into_the_body(self) -> Self:
        if self.json_ is not None and self.what != "body":
            raise wrong("this looks into the body; write `what: body` beside it", key="json")
        return self


class Http(Probe[HttpSpec]):
    """Sends one GET over a connection of its own. It follows no redirection, and uses no proxy."""

    spec_model = HttpSpec
    summary = "the status of a page, its body or a value in it, or how long it takes"
    example = '{probe: http, url: "http://127.0.0.1:8080/health", what: body, json: $.status, equals: ok}'

    @property
    def subject(self) -> str:
        """What of which page."""
        return f"{self.spec.json_ or self.spec.what} of {self.spec.url.text}"

    @property
    def within_s(self) -> float:
        """It gives up by itself."""
        return self.spec.within_s + 1.0

    def problems(self, cast: Cast) -> Iterable[tuple[str, str]]:  # noqa: ARG002 - it asks nobody of it
        """A URL that is none."""
        return url_problems(self.spec.url)

    def destinations(self) -> Iterable[tuple[str, Endpoint]]:
        """Where the URL leads."""
        return [("url", endpoint_of_url(self.spec.url.expand()))]

    async def ask(self, scene: ProbeScene) -> Answer | None:  # noqa: ARG002 - it looks elsewhere
        """What the page says now."""
        headers = {name: text.expand() for name, text in self.spec.headers.items()}
        page = await fetch(self.spec.url.expand(), self.spec.within_s, headers)
        if self.spec.what == "status":
            return float(page.status)
        if self.spec.what == "body":
            return page.body if self.spec.json_ is None else _value(page, self.spec.json_)
        if page.status >= 400:
            raise NoAnswer(f"it answers with the status {page.status}")
        return page.took_s


def url_problems(url: EnvironmentText) -> Iterable[tuple[str, str]]:
    """What is wrong with a URL, once its variables are filled in."""
    try:
        endpoint_of_url(url.expand())
    except ValueError as error:
        yield "url", str(error)


def _value(page: Page, path: str) -> Answer:
    try:
        value = value_at(page.body, parse_path(path))
    except ValueError as error:
        raise NoAnswer(f"{error} (status {page.status})") from None
    match value:
        case bool() | str():
            return value
        case int() | float() if abs(value) <= sys.float_info.max:
            return float(value)
        case int() | float():
            raise NoAnswer(f"there is no finite number at {path}")
    kinds = {list: "a list", dict: "an object", type(None): "null"}
    raise NoAnswer(f"there is {kinds[type(value)]} at {path}; text, a number or a truth value is due")
