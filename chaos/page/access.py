"""Who may use the page: whoever was given its URL, from the page itself, under this machine's own name.

another Host      refused: a foreign name that was made to lead here (DNS rebinding)
another Origin    refused: a foreign site that sends something here
no token          refused, whatever is asked for; the token comes once, in the URL, and stays as a cookie
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chaos.page.refusal import Refused

_TOKEN: Final = "token"
_OWN_NAMES: Final = frozenset({"127.0.0.1", "localhost"})
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind} 'self'" for kind in ("script-src", "style-src", "connect-src", "img-src", "form-action")),
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Access:
    """Lets requests through to an application, or refuses them; and gives every answer its policies.

    Args:
        app: The application.
        port: Where the page listens. Browsers keep cookies by host alone, so it is a part of the cookie's name.

    Attributes:
        url: Where to begin, with the token.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._token = secrets.token_urlsafe(32)
        self._cookie = f"chaos-page-{port}"
        self.url = f"http://127.0.0.1:{port}/?{_TOKEN}={self._token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_policies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._answer(Request(scope))(scope, receive, send_with_policies)

    def _answer(self, request: Request) -> ASGIApp:
        try:
            _check_names(request)
            if _TOKEN in request.query_params:
                self._check_token(request.query_params[_TOKEN])
                return self._entrance()
            self._check_token(request.cookies.get(self._cookie, ""))
        except Refused as refused:
            return PlainTextResponse(f"{refused}\n", refused.status)
        return self._app

    def _check_token(self, given: str) -> None:
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            raise Refused(HTTPStatus.FORBIDDEN, "open the page by the URL that `chaos ui` printed")

    def _entrance(self) -> Response:
        """Keep the token as a cookie, and go on to where it is not in the URL.

        The page itself goes on, not a redirect: a browser that came by a link from elsewhere keeps strict cookies back
        for as long as it is only sent on.
        """
        response = Response(headers={"Refresh": "0; url=/"}, media_type="text/html")
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
        return response


def _check_names(request: Request) -> None:
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    if host.partition(":")[0] not in _OWN_NAMES:
        raise Refused(HTTPStatus.FORBIDDEN, f"this page is not {host!r}: open it as 127.0.0.1 or localhost")
    if origin is None and request.method not in _SAFE_METHODS:
        raise Refused(HTTPStatus.FORBIDDEN, "a request that changes something must say its Origin")
    if origin is not None and origin != f"http://{host}":
        raise Refused(HTTPStatus.FORBIDDEN, f"nothing is taken from {origin!r}, only from this page itself")
