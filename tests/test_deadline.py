"""Work that is given up after a while."""

from __future__ import annotations

import threading

import pytest

from chaos.deadline import do_within


def test_work_that_comes_to_its_end_is_done() -> None:
    done: list[str] = []
    do_within(30.0, lambda: done.append("it"))
    assert done == ["it"]


def test_what_it_raises_is_raised() -> None:
    def work() -> None:
        raise OSError("the other end is gone")

    with pytest.raises(OSError, match="the other end is gone"):
        do_within(30.0, work)


def test_work_that_takes_too_long_is_given_up() -> None:
    end = threading.Event()
    with pytest.raises(TimeoutError, match=r"it took more than 0\.05 s"):
        do_within(0.05, lambda: _wait_for(end))
    end.set()


def _wait_for(end: threading.Event) -> None:
    end.wait(30.0)
