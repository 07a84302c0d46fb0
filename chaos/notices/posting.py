"""Sending JSON to a web server, in a bounded time."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping

from chaos.notices.protocol import CannotTell, NotTold

_TRY_AGAIN = (408, 425, 429)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn the POST into a GET, and carry the headers to a server that nobody named."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def post_json(url: str, body: str, headers: Mapping[str, str], within_s: float) -> None:
    """Send JSON.

    Args:
        url: Where to.
        body: The JSON.
        headers: Beside the content's type.
        within_s: How long the server may say nothing.

    Raises:
        CannotTell: It is no URL of a web server, or the server refuses it for good.
        NotTold: The server can't be reached, or asks for another attempt.
    """
    if not url.startswith(("http://", "https://")):
        raise CannotTell("the URL begins with neither http:// nor https://")
    try:
        request = urllib.request.Request(
            url, body.encode(), {"Content-Type": "application/json", **headers}, method="POST"
        )
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=within_s):
            pass
    except urllib.error.HTTPError as error:
        kind = NotTold if error.code >= 500 or error.code in _TRY_AGAIN else CannotTell
        raise kind(f"the server answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise NotTold(f"the server can't be reached: {error.reason}") from error
    except OSError as error:
        raise NotTold(f"the server can't be reached: {error}") from error
    except ValueError as error:
        raise CannotTell("the URL or a header can't be used as it is") from error
