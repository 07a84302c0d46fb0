"""Every browser is told the same, from the whole picture on; one that does not read is let go."""

from __future__ import annotations

from collections.abc import AsyncIterator

from chaos.page.listeners import Listeners, as_event


async def begun(listeners: Listeners) -> AsyncIterator[str]:
    """A browser that listens, once it was welcomed with the whole picture."""
    messages = listeners.listen()
    assert (await anext(messages)).startswith("retry: ")
    return messages


async def test_who_is_new_gets_the_whole_and_then_what_all_get() -> None:
    listeners = Listeners()
    first = await begun(listeners)
    assert listeners.somebody_is_new
    listeners.welcome("all of it")
    second = await begun(listeners)
    listeners.tell("news")
    listeners.welcome("all of it, and the news")
    assert not listeners.somebody_is_new
    listeners.tell("more")
    assert [await anext(first) for _ in range(3)] == ["all of it", "news", "more"]
    assert [await anext(second) for _ in range(2)] == ["all of it, and the news", "more"]


async def test_who_does_not_read_is_let_go_and_keeps_nobody_up() -> None:
    listeners = Listeners()
    slow = await begun(listeners)
    listeners.welcome("all of it")
    for number in range(1000):
        listeners.tell(str(number))
    assert [message async for message in slow] == []


async def test_everybody_is_sent_away_at_the_end() -> None:
    listeners = Listeners()
    messages = await begun(listeners)
    listeners.welcome("all of it")
    listeners.close()
    assert [message async for message in messages] == []


def test_a_message_is_one_event_whatever_it_holds() -> None:
    assert as_event("news", {"text": "a\n\nevent: b"}) == 'event: news\ndata: {"text":"a\\n\\nevent: b"}\n\n'
