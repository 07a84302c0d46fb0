"""Notices to real web servers: they get there, are tried again, and are given up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from chaos.experiment.environment import EnvironmentText
from chaos.notices.delivery import ATTEMPTS, deliver
from chaos.notices.notice import Notice
from chaos.notices.slack import Slack, SlackSpec
from chaos.notices.webhook import Webhook, WebhookSpec
from tests.notices.conftest import NOTICE, SOON_S, silent


class Server:
    """A web server that answers what it is told to, and keeps what it is sent.

    Attributes:
        answers: The codes of the next answers; after them 200.
        bodies: What was posted.
        tokens: The `Authorization` of each.
    """

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.bodies: list[Any] = []
        self.tokens: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.tokens.append(self.headers["Authorization"])
                outer.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def _webhook(url: str, token: str = "Bearer ${env:HOOK_TOKEN}") -> Webhook:
    headers = {"Authorization": EnvironmentText(token)}
    return Webhook(WebhookSpec(notifier="webhook", url=EnvironmentText(url), headers=headers))


def test_a_webhook_gets_the_notice_as_json_with_its_secret(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "s3cret-token")
    delivery = deliver(_webhook(server.url), NOTICE, SOON_S)
    assert (delivery.attempts, delivery.problem) == (1, None)
    assert server.tokens == ["Bearer s3cret-token"]
    assert Notice.from_json(json.dumps(server.bodies[0])) == NOTICE


def test_a_server_in_trouble_is_tried_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "s3cret-token")
    server.answers = [503, 429]
    assert deliver(_webhook(server.url), NOTICE, SOON_S).attempts == 3


def test_a_server_that_stays_in_trouble_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "s3cret-token")
    server.answers = [500] * (ATTEMPTS + 1)
    delivery = deliver(_webhook(server.url), NOTICE, SOON_S)
    assert delivery.attempts == len(server.bodies) == ATTEMPTS
    assert "the server answers 500" in (delivery.problem or "")


@pytest.mark.parametrize("code", [404, 302])
def test_a_refusal_and_a_redirect_are_final(
    server: Server, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "s3cret-token")
    server.answers = [code]
    delivery = deliver(_webhook(server.url), NOTICE, SOON_S)
    assert (delivery.attempts, len(server.bodies)) == (1, 1)
    assert f"answers {code}" in (delivery.problem or "")


def test_a_variable_that_is_not_set_is_named_and_nothing_is_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK_TOKEN", raising=False)
    delivery = deliver(_webhook(server.url), NOTICE, SOON_S)
    assert delivery.problem == "CannotTell: the environment variable HOOK_TOKEN is not set"
    assert server.bodies == []


def test_a_server_that_says_nothing_is_given_up_each_time() -> None:
    with silent() as port:
        webhook = WebhookSpec(notifier="webhook", url=EnvironmentText(f"http://127.0.0.1:{port}/hook"))
        delivery = deliver(Webhook(webhook, within_s=0.05), NOTICE, SOON_S)
    assert delivery.attempts == ATTEMPTS
    assert delivery.problem is not None


def test_slack_gets_text_in_which_nothing_has_a_meaning(server: Server) -> None:
    slack = Slack(SlackSpec(notifier="slack", url=EnvironmentText(server.url)))
    assert deliver(slack, NOTICE, SOON_S).problem is None
    assert server.bodies == [{"text": "nightly failed\n- loss: 6 jobs &lt;&amp;&gt;"}]
