"""An export whose library is not installed is refused by name, with what installs it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from chaos.exports.opening import open_otlp, open_prometheus
from chaos.exports.protocol import ExportRefused


@pytest.mark.parametrize(
    ("opens", "argument", "library", "extra"),
    [
        (open_prometheus, "127.0.0.1:0", "prometheus_client", "prometheus"),
        (open_otlp, "http://127.0.0.1:1", "opentelemetry", "otel"),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, opens: Callable[..., object], argument: str, library: str, extra: str
) -> None:
    for module in [name for name in sys.modules if name.split(".")[0] == library]:
        monkeypatch.delitem(sys.modules, module)
    for module in ("chaos.exports.prometheus", "chaos.exports.otlp"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ExportRefused, match=rf"needs {library}.*: pip install 'chaos-queue\[{extra}\]'"):
        opens(argument, beyond_loopback=False)
