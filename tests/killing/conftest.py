"""Every case is run by `make test-kill`, a fixed part of them with all other tests; the slowest clean-up is told."""

from __future__ import annotations

import pytest

from tests.killing.aftermath import CLEAN_UPS_S
from tests.proxies.conftest import toxiproxy

__all__ = ["toxiproxy"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "kill: kills a run by force; only a fixed part of these runs without `-m kill`"
    )
    config.addinivalue_line("markers", "sample: a case of the fixed part")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "kill" in config.option.markexpr:
        return
    left_out = [
        item for item in items if item.get_closest_marker("kill") and not item.get_closest_marker("sample")
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CLEAN_UPS_S:
        slowest = max(CLEAN_UPS_S)
        terminalreporter.write_line(
            f"{len(CLEAN_UPS_S)} runs killed; all was gone {slowest:.2f} s later at most"
        )
