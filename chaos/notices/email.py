"""Notices by e-mail."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal, Self

from pydantic import Field, model_validator

from chaos.experiment.environment import EnvironmentText
from chaos.experiment.units import wrong
from chaos.notices.notice import Notice
from chaos.notices.protocol import CannotTell, Notifier, NotifierSpec, NotTold, filled_in

_PERMANENT = range(500, 600)


class EmailSpec(NotifierSpec):
    """An entry with `notifier: email`."""

    host: str = Field(description="the mail server")
    port: int = Field(default=587, ge=1, le=65535, description="its port")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the connection is kept secret; `none` only where nobody listens"
    )
    user: EnvironmentText | None = Field(default=None, description="who logs in; without it nobody does")
    password: EnvironmentText | None = Field(default=None, description="the password, as `${env:NAME}`")
    from_: str = Field(description="the sender's address")
    to: tuple[str, ...] = Field(min_length=1, description="the receivers' addresses")

    @model_validator(mode="after")
    def _keeps_its_password(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise wrong("`user` and `password` belong together: write both or none")
        if self.password is not None and self.security == "none":
            raise wrong("a password is sent with `security: starttls` or `tls` alone", "security")
        return self


class Email(Notifier[EmailSpec]):
    """A message in plain text; its subject is the notice's title."""

    spec_model = EmailSpec

    def tell(self, notice: Notice) -> None:
        try:
            with self._connected() as server:
                if self.spec.user is not None and self.spec.password is not None:
                    server.login(filled_in(self.spec.user), filled_in(self.spec.password))
                refused = server.send_message(self._message(notice))
        except smtplib.SMTPRecipientsRefused as error:
            final = all(code in _PERMANENT for code, _ in error.recipients.values())
            kind = CannotTell if final else NotTold
            raise kind(f"no receiver is taken: {_refusals(error.recipients)}") from error
        except smtplib.SMTPResponseException as error:
            kind = CannotTell if error.smtp_code in _PERMANENT else NotTold
            raise kind(f"the mail server answers {error.smtp_code} {error.smtp_error!r}") from error
        except smtplib.SMTPNotSupportedError as error:
            raise CannotTell(f"the mail server can't do what is asked of it: {error}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotTold(f"the mail server can't be used: {type(error).__name__}: {error}") from error
        if refused:  # another attempt would tell the others twice
            raise CannotTell(f"told, but not {_refusals(refused)}")

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        host, port = self.spec.host, self.spec.port
        if self.spec.security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=self.within_s, context=context)
        server = smtplib.SMTP(host, port, timeout=self.within_s)
        if self.spec.security == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(notice.title.split())
        message["From"] = self.spec.from_
        message["To"] = ", ".join(self.spec.to)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain="chaos.invalid")
        message.set_content(notice.text)
        return message


def _refusals(recipients: Mapping[str, tuple[int, bytes]]) -> str:
    """Who was not taken, and why."""
    return "; ".join(
        f"{address}: {code} {why.decode(errors='replace')}" for address, (code, why) in recipients.items()
    )
