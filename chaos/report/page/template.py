"""The template of the page, with its style and its script, which stand beside it as files."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(page: Mapping[str, Any]) -> str:
    """The page as HTML.

    Everything that is put into the template is escaped. Should that ever fail, the page's own policy lets no script run
    but the one that belongs to it.
    """
    environment = Environment(
        loader=PackageLoader("chaos.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = own_style(), _own("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.jinja").render(
        **page, style=Markup(style), script=Markup(script), script_digest=Markup(digest)
    )


def own_style() -> str:
    """The style of every page that is made here and beside."""
    return _own("report.css")


def _own(name: str) -> str:
    """A file of this package, as it is."""
    return (files("chaos.report.page") / name).read_text(encoding="utf-8")
