"""Opening the exports that a command asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.exports.place import listening_place, sending_place
from chaos.exports.protocol import ExportRefused

if TYPE_CHECKING:
    from chaos.exports.otlp import OtlpExport
    from chaos.exports.prometheus import PrometheusPage


def open_prometheus(text: str, *, beyond_loopback: bool) -> PrometheusPage:
    """A page for Prometheus to scrape.

    Args:
        text: Where it listens: `HOST:PORT`.
        beyond_loopback: Whether that may be reached from other machines.

    Raises:
        ExportRefused: What it needs is not installed, or it can't listen there.
    """
    place = listening_place(text, beyond_loopback=beyond_loopback)
    try:
        from chaos.exports.prometheus import PrometheusPage
    except ModuleNotFoundError as error:
        raise _missing("--prometheus", "prometheus", error) from error
    return PrometheusPage(place)


def open_otlp(url: str, *, beyond_loopback: bool) -> OtlpExport:
    """Spans and metrics to an OpenTelemetry collector.

    Args:
        url: The collector's base URL.
        beyond_loopback: Whether it may be on another machine.

    Raises:
        ExportRefused: What it needs is not installed, or nothing listens there.
    """
    place = sending_place(url, beyond_loopback=beyond_loopback)
    try:
        from chaos.exports.otlp import OtlpExport
    except ModuleNotFoundError as error:
        raise _missing("--otlp", "otel", error) from error
    return OtlpExport(url, place)


def _missing(option: str, extra: str, error: ModuleNotFoundError) -> ExportRefused:
    return ExportRefused(
        f"{option} needs {error.name}, which is not installed: pip install 'chaos-queue[{extra}]'"
    )
