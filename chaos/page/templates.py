"""The templates of the page. Everything that is put into them is escaped."""

from __future__ import annotations

import functools
from datetime import datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from chaos.experiment.units import DURATION
from chaos.guardian.halting import halted
from chaos.report.page.axis import amount


def page(template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> HTMLResponse:
    """A page made from a template; each also says whether runs are halted."""
    made = _environment().get_template(f"{template}.html.jinja").render(halt=halted(), **values)
    return HTMLResponse(made, status)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("chaos.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["amount"] = lambda value: "–" if value is None else amount(value)
    environment.filters["moment"] = _moment
    environment.filters["length_of_time"] = DURATION.write
    return environment


def _moment(moment: datetime | None, zone: str) -> str:
    """A moment as the clock of a zone shows it; a dash where there is none."""
    return "–" if moment is None else f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S %Z}"
