from __future__ import annotations

import asyncio
from typing import cast

import pytest

from chaos.experiment.model import Window
from chaos.ledger.events import Event, ProbeSampled
from chaos.probes.protocol import ProbeScene
from chaos.runner import windows
from chaos.runner.conditions import until_one_holds
from chaos.runner.windows import SteadyState, Windows
from tests.runner.probes import Numbers, Said

NOTHING_TO_SEE = cast(ProbeScene, None)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "SAMPLE_EVERY_S", 0.01)


def samples(*probes: Numbers | Said, times: int = 3, then: Window | None = None) -> list[ProbeSampled]:
    """What is recorded until the first was asked so often in the baseline, and then again, now answering 13.3."""
    return asyncio.run(_samples(probes, times, then))


async def _samples(probes: tuple[Numbers | Said, ...], times: int, then: Window | None) -> list[ProbeSampled]:
    recorded: list[Event] = []
    load = Windows(recorded.append)
    load.enter(Window.BASELINE)
    watching = asyncio.create_task(SteadyState(probes, load, NOTHING_TO_SEE, recorded.append).watch())
    async with asyncio.timeout(10):
        await _asked(probes[0], times)
        if then is not None:
            load.enter(then)
            if isinstance(probes[0], Numbers):
                probes[0].from_now_on = 13.3
            await _asked(probes[0], probes[0].asked + times)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return [event for event in recorded if isinstance(event, ProbeSampled)]


async def _asked(probe: Numbers | Said, times: int) -> None:
    while probe.asked <= times:  # noqa: ASYNC110 - a probe tells nobody
        await asyncio.sleep(0.002)


def test_a_probe_that_takes_long_does_not_keep_others_from_being_asked() -> None:
    slow = Numbers(1.0, takes_s=60.0, within_s=60.0, at_most=5, name="slow")
    quick = Numbers(1.0, at_most=5, name="quick")
    assert len(samples(quick, slow, times=20)) >= 20


def test_a_probe_that_does_not_answer_in_time_is_given_up_and_asked_again() -> None:
    stuck = Numbers(1.0, takes_s=60.0, within_s=0.02, at_most=5)
    for sample in samples(stuck):
        assert (sample.value, sample.held, sample.note) == (None, False, "no answer within 0.02 s")


def test_what_can_not_be_answered_is_not_held_and_says_why() -> None:
    first, second, *_ = samples(Numbers(None, 1.0, at_most=5))
    assert (first.value, first.held, first.note) == (None, False, "nobody is there")
    assert (second.value, second.held) == (1.0, True)


def test_a_change_counts_from_what_was_answered_in_the_baseline_though_it_holds_later() -> None:
    changed = Numbers(10.0, 12.0, 11.0, change=0.2, hold=("after",))
    *recorded, last = samples(changed, times=3, then=Window.AFTER)
    baseline = [sample for sample in recorded if sample.window is Window.BASELINE]
    assert {(sample.held, sample.note) for sample in baseline} == {(True, "to compare later answers with")}
    assert (last.window, last.value, last.held) == (Window.AFTER, 13.3, False)
    assert last.note == "the baseline is 11"


def test_the_baseline_does_not_hold_where_what_is_compared_with_it_was_never_answered() -> None:
    async def failures(probe: Numbers) -> list[str]:
        load = Windows(lambda _: None)
        load.enter(Window.BASELINE)
        return await SteadyState([probe], load, NOTHING_TO_SEE, lambda _: None).baseline_failures()

    assert asyncio.run(failures(Numbers(5.0, change=0.2, hold=("after",)))) == []
    silent = Numbers(None, change=0.2, hold=("after",), name="silent")
    assert asyncio.run(failures(silent)) == ["silent: did not hold in 1 of 1 samples"]


def test_what_had_no_answer_in_a_window_yet_is_asked_once_more_at_its_end() -> None:
    probe = Numbers(1.0, at_most=5, hold=("after",))
    recorded: list[Event] = []

    async def end_the_load_in(*entered: Window) -> None:
        load = Windows(recorded.append)
        steady_state = SteadyState([probe], load, NOTHING_TO_SEE, recorded.append)
        for window in entered:
            load.enter(window)
            await steady_state.ask_the_unasked()
            await steady_state.ask_the_unasked()

    asyncio.run(end_the_load_in(Window.BASELINE, Window.AFTER))
    samples = [event.window for event in recorded if isinstance(event, ProbeSampled)]
    assert samples == [Window.AFTER]


def test_what_stands_in_the_ledger_of_a_long_answer_is_its_beginning_without_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("A_TOKEN", "s3cret" * 20)
    said = Said("x" * 950 + "s3cret" * 20 + "y" * 5000)
    sample = samples(said)[0]
    assert sample.value == "x" * 950 + "***" + "y" * 47
    assert sample.held


def test_a_condition_that_takes_long_does_not_keep_another_from_being_seen() -> None:
    slow = Numbers(1.0, takes_s=60.0, within_s=60.0, at_most=5, name="slow")
    quick = Numbers(None, 9.0, 3.0, at_most=5, name="quick")

    async def which() -> str:
        async with asyncio.timeout(10):
            return await until_one_holds([slow, quick], NOTHING_TO_SEE)

    assert asyncio.run(which()) == "quick (answer: 3)"
