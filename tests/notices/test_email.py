"""Notices to real mail servers: open and encrypted, with and without a login, willing and not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from chaos.notices.delivery import ATTEMPTS, Delivery, deliver
from chaos.notices.email import Email, EmailSpec
from tests.notices.conftest import NOTICE, SOON_S, silent

CERTIFICATE = Path(__file__).parent / "localhost.pem"
"""Signed by itself, with its key; it is for these tests alone."""
LOGIN = {"user": "${env:MAIL_USER}", "password": "${env:MAIL_PASSWORD}"}
STARTTLS = LOGIN | {"security": "starttls"}


class Mailbox(Message):
    """Keeps every message.

    Attributes:
        messages: What came.
        refused: Receivers that are not taken, each with the answer.
    """

    def __init__(self, **refused: str) -> None:
        super().__init__()
        self.messages: list[Any] = []
        self.refused = refused

    def handle_message(self, message: Any) -> None:
        self.messages.append(message)

    async def handle_RCPT(  # noqa: N802 - so it is called by the library
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if (answer := self.refused.get(address.partition("@")[0])) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"


class MailServer(Controller):
    """Takes mail on a port that is free."""

    def __init__(self, mailbox: Mailbox, **options: Any) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        super().__init__(mailbox, "127.0.0.1", self._listening.getsockname()[1], **options)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening, ssl=self.ssl_context)


@contextmanager
def served(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """The port of a mail server with this mailbox."""
    server = MailServer(mailbox, **options)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def _tell(port: int, *to: str, within_s: float = 30.0, keys: Mapping[str, str] = {}) -> Delivery:
    spec = {"notifier": "email", "host": "localhost", "port": port, "security": "none", "from": "c@x.org"}
    read = EmailSpec.model_validate({**spec, "to": to or ("team@x.org",), **keys})
    return deliver(Email(read, within_s), NOTICE, SOON_S)


@pytest.fixture
def certified() -> ssl.SSLContext:
    """What a server needs to show its certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.fixture
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate counts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.fixture
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_USER", "chaos")
    monkeypatch.setenv("MAIL_PASSWORD", "s3cret-mail")


def _who(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    assert isinstance(login, LoginPassword)
    return AuthResult(success=login == LoginPassword(b"chaos", b"s3cret-mail"), handled=False)


def test_a_message_has_the_title_as_its_subject_and_all_the_reasons() -> None:
    mailbox = Mailbox()
    with served(mailbox) as port:
        assert _tell(port) == Delivery(1, None)
    (message,) = mailbox.messages
    assert (message["Subject"], message["To"]) == ("nightly failed", "team@x.org")
    assert "loss: 6 jobs <&>" in message.get_payload()


@pytest.mark.usefixtures("_trusted", "_password")
def test_over_a_connection_that_becomes_secret_it_logs_in(certified: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    guarded = {"require_starttls": True, "auth_required": True, "authenticator": _who}
    with served(mailbox, tls_context=certified, **guarded) as port:
        assert _tell(port, keys=STARTTLS) == Delivery(1, None)
    assert len(mailbox.messages) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.usefixtures("_trusted", "_password")
def test_over_a_connection_that_is_secret_from_the_start_it_logs_in(certified: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    guarded = {"auth_required": True, "auth_require_tls": False, "authenticator": _who}
    with served(mailbox, ssl_context=certified, **guarded) as port:
        assert _tell(port, keys=LOGIN | {"security": "tls"}) == Delivery(1, None)
    assert len(mailbox.messages) == 1


@pytest.mark.usefixtures("_trusted", "_password")
def test_a_login_that_is_refused_is_not_tried_again_and_gives_no_password_away(
    certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "wr0ng-mail")
    mailbox = Mailbox()
    with served(mailbox, tls_context=certified, auth_required=True, authenticator=_who) as port:
        delivery = _tell(port, keys=STARTTLS)
    assert (delivery.attempts, mailbox.messages) == (1, [])
    assert delivery.problem is not None
    assert delivery.problem.startswith("CannotTell: the mail server answers 535")
    assert "wr0ng" not in delivery.problem


@pytest.mark.usefixtures("_password")
def test_a_server_whose_certificate_nobody_vouches_for_is_told_nothing(certified: ssl.SSLContext) -> None:
    asked: list[object] = []

    def ask(*login: object) -> AuthResult:
        asked.append(login)
        return AuthResult(success=True)

    with served(Mailbox(), tls_context=certified, authenticator=ask) as port:
        delivery = _tell(port, keys=STARTTLS)
    assert "CERTIFICATE_VERIFY_FAILED" in (delivery.problem or "")
    assert asked == []


@pytest.mark.usefixtures("_password")
def test_a_server_that_can_keep_nothing_secret_is_given_no_password() -> None:
    mailbox = Mailbox()
    with served(mailbox) as port:
        delivery = _tell(port, keys=STARTTLS)
    assert (delivery.attempts, mailbox.messages) == (1, [])
    assert "the mail server can't do what is asked of it: STARTTLS" in (delivery.problem or "")


def test_where_some_receivers_are_refused_the_others_are_told_once_and_the_refused_are_named() -> None:
    mailbox = Mailbox(gone="550 no such mailbox")
    with served(mailbox) as port:
        delivery = _tell(port, "team@x.org", "gone@x.org")
    assert len(mailbox.messages) == 1
    assert delivery == Delivery(1, "CannotTell: told, but not gone@x.org: 550 no such mailbox")


@pytest.mark.parametrize(("answer", "attempts"), [("550 no such mailbox", 1), ("450 try later", ATTEMPTS)])
def test_where_every_receiver_is_refused_the_answer_says_whether_to_try_again(
    answer: str, attempts: int
) -> None:
    with served(Mailbox(gone=answer)) as port:
        delivery = _tell(port, "gone@x.org")
    assert delivery.attempts == attempts
    assert f"no receiver is taken: gone@x.org: {answer}" in (delivery.problem or "")


def test_a_server_that_says_nothing_is_given_up_each_time() -> None:
    with silent() as port:
        delivery = _tell(port, within_s=0.05)
    assert delivery.attempts == ATTEMPTS


def test_a_server_that_says_a_byte_now_and_then_is_given_up_each_time() -> None:
    leaving = threading.Event()

    def drip() -> None:
        while not leaving.is_set():
            try:
                connection, _ = server.accept()
            except OSError:  # it is closed
                return
            threading.Thread(target=dribble, args=(connection,), daemon=True).start()

    def dribble(connection: socket.socket) -> None:
        with connection:
            try:
                while not leaving.wait(0.02):
                    connection.sendall(b"2")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, daemon=True).start()
        try:
            delivery = _tell(server.getsockname()[1], within_s=0.1)
        finally:
            leaving.set()
    assert delivery == Delivery(ATTEMPTS, "NotTold: it took more than 0.1 s")


def test_a_server_that_is_not_there_is_tried_again_and_given_up() -> None:
    delivery = _tell(1)
    assert delivery.attempts == ATTEMPTS
    assert "the mail server can't be used" in (delivery.problem or "")
