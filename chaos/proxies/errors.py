"""Why a proxy can't be had or changed."""

from __future__ import annotations


class ProxyError(Exception):
    """The Toxiproxy server refused, did not answer, or can't be used; the message says which one, and its own words."""
