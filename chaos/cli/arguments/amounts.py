"""Amounts on the command line, with their units as in an experiment: `30d`, `10%`. Used as `callback=` of an option."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chaos.experiment.units import Quantity


def duration_s(_ctx: click.Context, _option: click.Parameter, text: str) -> float:
    """A duration, in seconds; text that is none is refused, with the units that there are."""
    from chaos.experiment.units import DURATION

    return _read(DURATION, text)


def share(_ctx: click.Context, _option: click.Parameter, text: str) -> float:
    """A share of 1; text that is none is refused, with its unit."""
    from chaos.experiment.units import SHARE

    return _read(SHARE, text)


def _read(quantity: Quantity, text: str) -> float:
    from pydantic_core import PydanticCustomError

    try:
        return quantity.read(text)
    except PydanticCustomError as error:
        raise click.BadParameter(error.message()) from error
