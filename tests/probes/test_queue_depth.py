from __future__ import annotations

import pytest

from tests.probes.scene import Scene, answer, probe, silence


@pytest.mark.parametrize(("jobs", "held"), [(0, False), (4, False), (5, True), (9, True), (10, False)])
async def test_it_holds_while_the_jobs_not_finished_lie_within_the_bounds(jobs: int, held: bool) -> None:
    asked = probe("queue-depth", at_least=5, at_most=9)
    found = await answer(asked, Scene(depth=jobs))
    assert found == jobs
    assert asked.judge(found).held is held


async def test_the_system_may_be_asked_instead_of_the_ledger_and_may_be_silent() -> None:
    asked = probe("queue-depth", by="system", at_most=9)
    assert await answer(asked, Scene(depth=5, system_depth=7)) == 7
    assert await silence(asked, Scene(depth=5, system_depth=None)) == "the system did not answer"


def test_it_is_named_after_its_bounds_and_after_whom_it_asks() -> None:
    assert probe("queue-depth", at_least=1, at_most=500).name == "queue depth at least 1 and at most 500"
    assert probe("queue-depth", by="system", at_most=5).name == "queue depth by the system at most 5"
