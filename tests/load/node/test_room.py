"""Room for so many enqueues at a time, and the sleep until one is due: what keeps a producer going after an outage."""

from __future__ import annotations

from tests.load.node.conftest import Ask


def test_those_who_wait_enter_in_the_order_in_which_they_came(ask: Ask) -> None:
    came = [["enter", who] for who in ("a", "b", "c", "d")]
    assert ask("room", 2, *came) == ["a entered", "b entered"]
    assert ask("room", 2, *came, ["leave"], ["leave"]) == [f"{who} entered" for who in ("a", "b", "c", "d")]


def test_who_gives_up_takes_no_place_from_those_behind(ask: Ask) -> None:
    came = [["enter", "a"], ["enter", "b", 0.001], ["enter", "c"], ["wait", "", 0.01]]
    assert ask("room", 1, *came) == ["a entered", "b gave up"]
    assert ask("room", 1, *came, ["leave"]) == ["a entered", "b gave up", "c entered"]


def test_a_place_that_nobody_waits_for_any_more_is_free_again(ask: Ask) -> None:
    given_up = [["enter", "a"], ["enter", "b", 0.001], ["wait", "", 0.01], ["leave"]]
    assert ask("room", 1, *given_up, ["enter", "c"], ["enter", "d"]) == [
        "a entered",
        "b gave up",
        "c entered",
    ]


def test_a_sleep_is_never_shorter_than_it_should_be(ask: Ask) -> None:
    assert all(ask("sleep", duration_s) >= 0 for duration_s in (0, 0.0004, 0.0011, 0.005, 0.0129))
