"""What a form of the page sent."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from chaos.page.refusal import Refused

_TYPE: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 20


async def form_of(request: Request) -> Mapping[str, str]:
    """Its fields; those that were left empty are not there.

    Raises:
        Refused: It is no form.
    """
    if request.headers.get("content-type", "").partition(";")[0] != _TYPE:
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"a form is due, as {_TYPE}")
    try:
        return dict(parse_qsl((await request.body()).decode(), max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"the form can't be read: {error}") from error
