"""`prometheus`: what does a metric say, on its own page or by a query of a Prometheus server?"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterable
from typing import Any, Self

from pydantic import Field, model_validator

from chaos.experiment.answers import NumberSpec
from chaos.experiment.endpoints import Endpoint, endpoint_of_url
from chaos.experiment.environment import EnvironmentText
from chaos.experiment.targets import Cast
from chaos.experiment.units import wrong
from chaos.probes.exposition import samples_of
from chaos.probes.fetching import Page, fetch
from chaos.probes.http import url_problems
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene
from chaos.probes.whom import Within


class PrometheusSpec(NumberSpec[float]):
    """One sample of a metric on a plain page, or the one number that a query of a server gives."""

    url: EnvironmentText = Field(
        description="the page of metrics, or the server if a `query` is asked",
        examples=["http://127.0.0.1:9090/metrics", "http://127.0.0.1:9090"],
    )
    headers: dict[str, EnvironmentText] = Field({}, description="headers to send")
    metric: str | None = Field(
        None,
        pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$",
        description="the name of a sample on a plain page",
        examples=["reseolio_queue_oldest_job_seconds"],
    )
    labels: dict[str, str] = Field({}, description="labels that the sample has; it may have more")
    query: str | None = Field(
        None, min_length=1, description="PromQL for a server instead", examples=["sum(rate(jobs_total[1m]))"]
    )
    within_s: Within = Field(1.0, alias="within", description="how long an answer is waited for")

    @model_validator(mode="after")
    def _asks_one(self) -> Self:
        if (self.metric is None) == (self.query is None):
            raise wrong("give `metric`, for a plain page, or `query`, for a server; one of the two")
        if self.query is not None and self.labels:
            raise wrong('a query names its labels itself: `jobs_total{queue="a"}`', key="labels")
        return self


class Prometheus(Probe[PrometheusSpec]):
    """Asks for one number; where several samples fit, it says so and gives none of them."""

    spec_model = PrometheusSpec
    summary = "a metric on a plain page, or a query of a Prometheus server"
    example = (
        '{probe: prometheus, url: "http://127.0.0.1:9090/metrics", metric: jobs_waiting, labels: {queue: mail}, '
        "at-most: 500}"
    )

    @property
    def subject(self) -> str:
        """The metric with its labels, or the query."""
        if self.spec.query is not None:
            return self.spec.query
        labels = ",".join(f'{name}="{value}"' for name, value in self.spec.labels.items())
        return f"{self.spec.metric}{{{labels}}}" if labels else str(self.spec.metric)

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
        """The one number."""
        headers = {name: text.expand() for name, text in self.spec.headers.items()}
        url = self.spec.url.expand()
        if self.spec.query is not None:
            url = f"{url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': self.spec.query})}"
        page = await fetch(url, self.spec.within_s, headers)
        return self._on_page(page) if self.spec.metric is not None else _by_server(page)

    def _on_page(self, page: Page) -> float:
        if page.status != 200:
            raise NoAnswer(f"the page answers with the status {page.status}")
        try:
            found = [
                sample.value
                for sample in samples_of(page.body, str(self.spec.metric))
                if self.spec.labels.items() <= sample.labels.items()
            ]
        except ValueError as error:
            raise NoAnswer(str(error)) from None
        if len(found) != 1:
            few = "no sample fits" if not found else f"{len(found)} samples fit; name more of their labels"
            raise NoAnswer(few)
        return found[0]


def _by_server(page: Page) -> float:
    """The number in an answer of the HTTP API: a scalar, or a vector of one sample."""
    try:
        answer: dict[str, Any] = json.loads(page.body)
        if answer["status"] != "success":
            raise NoAnswer(f"the server refuses the query: {answer.get('error', 'without a reason')}")
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        if kind == "scalar":
            return float(result[1])
        if kind != "vector":
            raise NoAnswer(f"the query gives a {kind}; an instant vector of one sample, or a scalar, is due")
        if len(result) != 1:
            many = (
                "no sample" if not result else f"{len(result)} samples; aggregate them, with `sum(…)` for one"
            )
            raise NoAnswer(f"the query gives {many}")
        return float(result[0]["value"][1])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise NoAnswer(f"this is no answer of a Prometheus server (status {page.status})") from None
