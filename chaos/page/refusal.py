"""Requests that are refused."""

from __future__ import annotations

from http import HTTPStatus


class Refused(Exception):
    """A request can't be answered as asked; the message says why, and what to do.

    Attributes:
        status: The HTTP status that fits.
    """

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
