"""A signal cuts short what is under way, and nothing that comes after it."""

import asyncio
import os
import signal

import pytest

from chaos.runner.interruption import Interruption

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_work_and_is_named(number: signal.Signals) -> None:
    async def main() -> str | None:
        with Interruption() as interruption:
            asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
            await interruption.cut_short(_for_ever())
            return interruption.signal_name

    assert asyncio.run(main()) == number.name


def test_a_second_signal_does_not_break_off_the_leaving() -> None:
    async def main() -> list[str]:
        left = []
        with Interruption() as interruption:
            asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
            await interruption.cut_short(_for_ever())
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0)
            left.append("in good order")
        return left

    assert asyncio.run(main()) == ["in good order"]


def test_a_signal_before_the_work_begins_cuts_it_short_too() -> None:
    async def main() -> str | None:
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGTERM)
            while interruption.signal_name is None:  # noqa: ASYNC110 - set by the signal alone
                await asyncio.sleep(0)
            await interruption.cut_short(_for_ever())
            return interruption.signal_name

    assert asyncio.run(main()) == "SIGTERM"


def test_the_handlers_are_what_they_were_afterwards() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]

    async def main() -> None:
        with Interruption() as interruption:
            await interruption.cut_short(asyncio.sleep(0))

    asyncio.run(main())
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_work_that_ends_by_itself_is_not_interrupted() -> None:
    async def main() -> str | None:
        with Interruption() as interruption:
            await interruption.cut_short(asyncio.sleep(0))
            return interruption.signal_name

    assert asyncio.run(main()) is None


async def _for_ever() -> None:
    await asyncio.Event().wait()
