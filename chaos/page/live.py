"""What goes on now, for every browser that looks: the runs under way, what was started, whether runs are halted.

Runs are found by the registry of runs, whoever started them, and followed by their directories.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Any, Final

from chaos.guardian.runs import registered
from chaos.page.followed_run import FollowedRun
from chaos.page.listeners import Listeners, as_event
from chaos.page.picture import Picture
from chaos.run_directory import RunDirectory

_LOOKS_EVERY_S: Final = 0.15
_SHOWN_AFTER_THE_END: Final = 3


class Live:
    """Follows every run of this user, and tells browsers.

    Args:
        aside: What else is shown beside the runs, by name: each is asked at every look.
    """

    def __init__(self, aside: Mapping[str, Callable[[], Any]]) -> None:
        self._aside = aside
        self._around = Picture()
        self._runs: dict[str, FollowedRun] = {}
        self._listeners = Listeners()

    def listen(self) -> AsyncIterator[str]:
        """Server-sent events: `picture`, all there is, and then a `news` for each change."""
        return self._listeners.listen()

    def directory_of(self, run: str) -> RunDirectory | None:
        """The directory of a run that is or was followed; None: it is unknown here."""
        followed = self._runs.get(run)
        return None if followed is None else followed.directory

    async def follow(self) -> None:
        """Look around a few times a second, until this is cancelled."""
        while True:
            await asyncio.to_thread(self._look)
            self._tell()
            await asyncio.sleep(_LOOKS_EVERY_S)

    def close(self) -> None:
        """Send every browser away."""
        self._listeners.close()

    def _look(self) -> None:
        runs, problems = registered()
        for run in runs:
            if run.name not in self._runs:
                self._runs[run.name] = FollowedRun(run)
        for followed in self._runs.values():
            followed.look()
        self._forget({run.name for run in runs})
        self._around.put("shown", list(self._runs))
        self._around.put("problems", problems)
        for name, ask in self._aside.items():
            self._around.put(name, ask())

    def _forget(self, registered_names: Collection[str]) -> None:
        """Of runs that are over only the last few are shown, and those of which something may be left."""
        over = [name for name, run in self._runs.items() if run.over and name not in registered_names]
        for name in over[:-_SHOWN_AFTER_THE_END]:
            del self._runs[name]

    def _tell(self) -> None:
        """Those who look get what is new, those who came just now get everything."""
        around = self._around.news()
        runs = {name: news for name, run in self._runs.items() if (news := run.picture.news()) is not None}
        if around is not None or runs:
            self._listeners.tell(as_event("news", {"around": around, "runs": runs}))
        if self._listeners.somebody_is_new:
            pictures = {name: run.picture.whole() for name, run in self._runs.items()}
            self._listeners.welcome(as_event("picture", {"around": self._around.whole(), "runs": pictures}))
