from __future__ import annotations

import asyncio

import pytest

from chaos.probes.queue_depth import QueueDepth, QueueDepthSpec


class Depth:
    """A scene in which this many jobs are not finished."""

    window_started_ns = 0

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def queue_depth(self) -> int:
        return self.jobs

    def completions_between(self, start_ns: int, end_ns: int) -> int:
        raise AssertionError((start_ns, end_ns))

    async def is_ready(self, component: str) -> bool:
        raise AssertionError(component)


def probe(at_least: int | None = None, at_most: int | None = None, name: str | None = None) -> QueueDepth:
    return QueueDepth(QueueDepthSpec(probe="queue-depth", at_least=at_least, at_most=at_most, name=name))


@pytest.mark.parametrize(("jobs", "held"), [(0, False), (4, False), (5, True), (9, True), (10, False)])
def test_it_holds_while_the_jobs_not_finished_lie_within_the_bounds(jobs: int, held: bool) -> None:
    asked = probe(at_least=5, at_most=9)
    answer = asyncio.run(asked.ask(Depth(jobs)))
    assert answer == jobs
    assert asked.judge(answer).held is held


def test_the_worst_answer_is_the_deepest_queue_or_the_emptiest_where_one_is_due() -> None:
    assert probe(at_most=9).worst([3.0, 20.0, 7.0]) == 20.0
    assert probe(at_least=5).worst([3.0, 20.0, 7.0]) == 3.0


def test_it_is_called_by_its_words_unless_it_has_a_name() -> None:
    assert probe(at_least=1, at_most=500).name == "queue depth at least 1 and at most 500"
    assert probe(at_most=5, name="nearly empty").name == "nearly empty"
