"""Exports that follow the runs of a command: opened from its options, closed whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chaos.exports.protocol import Export
    from chaos.report.watcher import Watcher
    from chaos.verdict.results import Results


@contextmanager
def exports_to(
    prometheus: str | None, otlp: str | None, *, beyond_loopback: bool
) -> Iterator[tuple[Export, ...]]:
    """The exports that are asked for; one that can't be made is refused by name before anything is started."""
    if prometheus is None and otlp is None:
        yield ()
        return
    from chaos.exports.opening import open_otlp, open_prometheus
    from chaos.exports.protocol import ExportRefused
    from chaos.secrets import redacted

    with ExitStack() as opened:
        exports: list[Export] = []
        try:
            if prometheus is not None:
                page = open_prometheus(prometheus, beyond_loopback=beyond_loopback)
                opened.callback(_close, page)
                exports.append(page)
                click.echo(f"metrics for Prometheus at {page.url}", err=True)
            if otlp is not None:
                sender = open_otlp(otlp, beyond_loopback=beyond_loopback)
                opened.callback(_close, sender)
                exports.append(sender)
        except ExportRefused as error:
            raise click.UsageError(redacted(str(error))) from error
        yield tuple(exports)


def told_to_all(watcher: Watcher, exports: tuple[Export, ...]) -> Watcher:
    """This watcher, and the exports beside it."""
    from chaos.report.watcher import Watchers

    return Watchers([watcher, *exports], _failed) if exports else watcher


def tell_verdict(exports: tuple[Export, ...], results: Results) -> None:
    """Each export hears the verdict; one that fails at that changes nothing about it."""
    for export in exports:
        try:
            export.judged(results)
        except Exception as error:  # noqa: BLE001 - whatever fails in an export, the run has its verdict
            _failed(export, error)


def _failed(watcher: Watcher, error: Exception) -> None:
    click.echo(f"{type(watcher).__name__} follows the run no more: {type(error).__name__}: {error}", err=True)


def _close(export: Export) -> None:
    try:
        export.close()
    except OSError as error:
        click.echo(f"{type(export).__name__}: {error}", err=True)
    except Exception as error:  # noqa: BLE001 - whatever fails in an export, the run has its verdict
        _failed(export, error)
