"""What a probe of a test may look at, and how it is asked as in an experiment file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chaos.monitor.samples import ResourceSample
from chaos.probes.protocol import Answer, NoAnswer, Probe
from chaos.probes.registry import probe_named
from chaos.processes.process import Process
from chaos.systems.store import Store


@dataclass
class Scene:
    """A scene with these parts, in a window that began at time 0."""

    addresses: dict[str, str] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    latencies: Sequence[float] = ()
    depth: int = 0
    system_depth: int | None = None
    kept: Store | None = None
    usages: dict[str, ResourceSample] = field(default_factory=dict)
    logged: dict[tuple[str, str], int] = field(default_factory=dict)
    window_started_ns: int = 0

    def completions_between(self, start_ns: int, end_ns: int) -> int:
        raise AssertionError((start_ns, end_ns))

    def latencies_between(self, start_ns: int, end_ns: int) -> Sequence[float]:
        assert self.window_started_ns <= start_ns < end_ns
        return self.latencies

    def queue_depth(self) -> int:
        return self.depth

    async def queue_depth_by_system(self) -> int | None:
        return self.system_depth

    async def is_ready(self, component: str) -> bool:
        raise AssertionError(component)

    def address(self, component: str) -> str | None:
        return self.addresses[component]

    def process(self, component: str) -> Process:
        return self.processes[component]

    def usage(self, component: str) -> ResourceSample | None:
        return self.usages.get(component)

    def log_lines(self, component: str, rule: str) -> int:
        return self.logged[component, rule]

    def store(self) -> Store | None:
        return self.kept


def probe(name: str, **options: Any) -> Probe[Any]:
    """A probe with these options, by the keys of a file."""
    kind = probe_named(name)
    options = {key.replace("_", "-"): value for key, value in options.items()}
    return kind(kind.spec_model.model_validate({"probe": name, **options}))


async def answer(asked: Probe[Any], scene: Scene | None = None) -> Answer | None:
    """What it answers."""
    return await asked.ask(scene or Scene())


async def silence(asked: Probe[Any], scene: Scene | None = None) -> str:
    """Why it does not answer."""
    try:
        found = await asked.ask(scene or Scene())
    except NoAnswer as error:
        return str(error)
    raise AssertionError(f"it answered {found!r}")
