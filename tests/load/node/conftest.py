"""What the tests of Node.js producers and workers need: this machine may have no Node.js, or no way to the SDK."""

from __future__ import annotations

import pytest

from chaos.experiment.model import Runtime
from chaos.load.runtimes import RUNTIMES


@pytest.fixture(scope="session")
def node() -> str:
    """The Node.js of this machine, with the SDK in the cache; a test is skipped without them, and told why."""
    if lacking := RUNTIMES[Runtime.NODE].missing():
        pytest.skip(str(lacking[0]))
    from chaos.load.node.locate import find_node

    return str(find_node().path)
