"""Work that is given up after a while."""

from __future__ import annotations

import threading
from collections.abc import Callable


def do_within(limit_s: float, work: Callable[[], None]) -> None:
    """Do this, and go on without it after so long: a limit of a socket alone counts from byte to byte.

    It is done in a thread of its own, which ends with the process if not before. What it raises in time is raised.

    Raises:
        TimeoutError: It took longer.
    """
    failures: list[Exception] = []

    def try_it() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - it is raised in the thread that waits
            failures.append(error)

    doing = threading.Thread(target=try_it, daemon=True)
    doing.start()
    doing.join(limit_s)
    if doing.is_alive():
        raise TimeoutError(f"it took more than {limit_s:g} s")
    for error in failures:
        raise error
