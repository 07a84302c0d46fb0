from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from chaos.clock import now_ns
from tests.probes.scene import Scene, answer, probe, silence


@given(st.lists(st.floats(0, 60), min_size=1, max_size=50), st.integers(1, 100))
def test_its_share_of_the_jobs_took_no_longer(took_s: list[float], percent: int) -> None:
    asked = probe("latency", quantile=f"{percent}%", at_most="1s")
    found = asyncio.run(answer(asked, Scene(latencies=took_s)))
    assert isinstance(found, float)
    assert sum(each <= found for each in took_s) >= percent / 100 * len(took_s) - 1e-9
    assert sum(each < found for each in took_s) < percent / 100 * len(took_s) + 1e-9


async def test_it_says_nothing_while_the_window_is_young_and_why_it_can_not_where_no_job_was_completed() -> (
    None
):
    asked = probe("latency", at_most="500ms")
    assert await answer(asked, Scene(latencies=[1.0], window_started_ns=now_ns())) is None
    assert await silence(asked, Scene()) == "no job was completed in the last 5s"
    assert asked.name == "99% latency at most 500ms"
