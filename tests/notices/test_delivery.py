"""Notices over real connections: they get there, are tried again, are given up, and give no secret away."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from chaos.experiment.environment import EnvironmentText
from chaos.notices.command import Command, CommandSpec
from chaos.notices.delivery import ATTEMPTS, deliver
from chaos.notices.email import Email, EmailSpec
from chaos.notices.notice import Event, Notice
from chaos.notices.slack import Slack, SlackSpec
from chaos.notices.webhook import Webhook, WebhookSpec
from chaos.secrets import learn

NOTICE = Notice(
    Event.FAILED, "nightly", "2026-11-24T03:30:00+00:00", "failed", "nightly failed", ("loss: 6 jobs <&>",)
)
SOON_S = 0.01


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


def test_slack_gets_text_in_which_nothing_has_a_meaning(server: Server) -> None:
    slack = Slack(SlackSpec(notifier="slack", url=EnvironmentText(server.url)))
    assert deliver(slack, NOTICE, SOON_S).problem is None
    assert server.bodies == [{"text": "nightly failed\n- loss: 6 jobs &lt;&amp;&gt;"}]


def test_a_secret_in_what_a_program_says_is_blotted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER_KEY", "s3cret-pager")
    learn("${env:PAGER_KEY}")
    command = Command(
        CommandSpec(notifier="command", command=("sh", "-c", "echo no: s3cret-pager >&2; exit 1"))
    )
    delivery = deliver(command, NOTICE, SOON_S)
    assert delivery.attempts == ATTEMPTS
    assert delivery.problem == "NotTold: sh exited with 1: no: ***"


class Mailbox(Message):
    """Keeps every message."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.messages.append(message)


def test_an_email_gets_to_a_mail_server() -> None:
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        values = {
            "notifier": "email",
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "from": "c@x.org",
        }
        email = Email(EmailSpec.model_validate({**values, "to": ("team@x.org",)}))
        assert deliver(email, NOTICE, SOON_S).problem is None
    finally:
        controller.stop()
    (message,) = mailbox.messages
    assert (message["Subject"], message["To"]) == ("nightly failed", "team@x.org")
    assert "loss: 6 jobs <&>" in message.get_payload()


def test_a_mail_server_that_is_not_there_is_tried_again_and_given_up() -> None:
    values = {"notifier": "email", "host": "127.0.0.1", "port": 1, "security": "none", "from": "c@x.org"}
    email = Email(EmailSpec.model_validate({**values, "to": ("team@x.org",)}))
    delivery = deliver(email, NOTICE, SOON_S)
    assert delivery.attempts == ATTEMPTS
    assert "the mail server can't be used" in (delivery.problem or "")
