"""Notices as JSON to a web server."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from chaos.experiment.environment import EnvironmentText
from chaos.notices.notice import Notice
from chaos.notices.posting import post_json
from chaos.notices.protocol import Notifier, NotifierSpec, filled_in


class WebhookSpec(NotifierSpec):
    """An entry with `notifier: webhook`."""

    url: EnvironmentText = Field(description="where to: `https://…`, or `${env:NAME}` where it is secret")
    headers: Mapping[str, EnvironmentText] = Field(
        default={}, description="headers of the request, such as `{Authorization: 'Bearer ${env:TOKEN}'}`"
    )


class Webhook(Notifier[WebhookSpec]):
    """A POST of the notice as JSON: event, schedule, due, outcome, title, reasons, runs."""

    spec_model = WebhookSpec

    def tell(self, notice: Notice) -> None:
        headers = {name: filled_in(value) for name, value in self.spec.headers.items()}
        post_json(filled_in(self.spec.url), notice.to_json(), headers, self.within_s)
