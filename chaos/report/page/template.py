"""The template of the page, with its style and its script, which stand beside it as files."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from chaos.processes.logs import CONTROLS

_UNSEEN: Final = re.compile(f"[{CONTROLS}]")


def render(page: Mapping[str, Any]) -> str:
    """The page as HTML.

    Everything that is put into the template is escaped, and told by its number where it would not be seen or would turn
    the text around it. Should that ever fail, the page's own policy lets no script run but the one that belongs to it.
    """
    environment = Environment(
        loader=PackageLoader("chaos.report", "page"),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = own_style(), _own("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.jinja").render(
        **page, style=Markup(style), script=Markup(script), script_digest=Markup(digest)
    )


def _visible(value: Any) -> Any:
    """A text from outside with every character that controls a terminal, or the direction of writing, as `<U+202E>`."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", value)


def own_style() -> str:
    """The style of every page that is made here and beside."""
    return _own("report.css")


def _own(name: str) -> str:
    """A file of this package, as it is."""
    return (files("chaos.report.page") / name).read_text(encoding="utf-8")
