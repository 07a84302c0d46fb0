"""What producers and workers are written in: how each is started, what that needs, and what its logs tell."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from chaos.clock import clock_name
from chaos.experiment.model import Runtime
from chaos.load.node.locate import NEEDED_FOR, NodeNotFoundError, find_node
from chaos.load.node.sdk import PACKAGE, cached_sdk, pinned_version
from chaos.monitor.log_rules import LogRule, Tone
from chaos.parts.missing import Missing
from chaos.processes.own_program import own_program


class Role(StrEnum):
    """What a process of the load does."""

    PRODUCER = "producer"
    WORKER = "worker"
    OPERATOR = "operator"
    READER = "reader"


class LoadRuntime(Protocol):
    """What processes of the load are written in. Whatever it is, each reads its plan and writes its ledger alike.

    Attributes:
        log_rules: The kinds of lines in their logs that are worth counting.
    """

    log_rules: tuple[LogRule, ...]

    def missing(self) -> list[Missing]:
        """What this machine lacks for it; empty if nothing."""
        ...

    def command(self, role: Role) -> tuple[str, ...]:
        """Program and arguments of a process. Nothing may be missing."""
        ...


class PythonRuntime:
    """The toolkit's own client of the wire contract."""

    log_rules: tuple[LogRule, ...] = ()

    def missing(self) -> list[Missing]:
        """Nothing: the toolkit runs on it."""
        return []

    def command(self, role: Role) -> tuple[str, ...]:
        """A module of this Python."""
        return own_program(f"chaos.load.{role}")


class NodeRuntime:
    """Scripts around the published Node.js SDK of Reseolio."""

    log_rules: tuple[LogRule, ...] = (
        LogRule("worker-deaf", Tone.BAD, "this worker gets no more jobs"),
        LogRule("stream-reopened", Tone.NEUTRAL, "the SDK opens another one"),
        LogRule("subscription-reopened", Tone.NEUTRAL, "Subscription stream ended"),
    )

    def missing(self) -> list[Missing]:
        """Node.js, or the SDK."""
        try:
            find_node()
        except NodeNotFoundError as error:
            return [Missing(error.reason, NEEDED_FOR, error.mend)]
        if cached_sdk() is None:
            what = f"the SDK {PACKAGE} {pinned_version()} is not in the cache"
            return [Missing(what, NEEDED_FOR, "chaos setup node")]
        return []

    def command(self, role: Role) -> tuple[str, ...]:
        """A script of ours, which is told where the SDK is, and the name of the machine's clock."""
        script = Path(__file__).parent / "node" / f"{role}.mjs"
        return (str(find_node().path), str(script), str(cached_sdk()), clock_name())


RUNTIMES: Final[Mapping[Runtime, LoadRuntime]] = {
    Runtime.PYTHON: PythonRuntime(),
    Runtime.NODE: NodeRuntime(),
}
