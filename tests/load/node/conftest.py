"""What the tests of Node.js producers and workers need: this machine may have no Node.js, or no way to the SDK."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chaos.experiment.model import Runtime
from chaos.load.runtimes import RUNTIMES

Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def node() -> str:
    """The Node.js of this machine, with the SDK in the cache; a test is skipped without them, and told why."""
    if lacking := RUNTIMES[Runtime.NODE].missing():
        pytest.skip(str(lacking[0]))
    from chaos.load.node.locate import find_node

    return str(find_node().path)


@pytest.fixture(scope="module")
def ask(node: str) -> Iterator[Ask]:
    """Asks the scripts: what, and with which arguments."""
    command = [node, str(Path(__file__).parent / "asked.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None

        def answer(*question: Any) -> Any:
            print(json.dumps(question), file=asked.stdin, flush=True)
            return json.loads(asked.stdout.readline()) if asked.stdout else None

        yield answer
        asked.stdin.close()
