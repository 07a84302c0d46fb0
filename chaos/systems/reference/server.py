"""The process: its arguments and signals, how its parts are put together, how it starts and how it stops.

It starts by taking its directory for itself, so that two queues never serve one database. On SIGTERM or SIGINT it takes
no more calls, finishes those under way, and exits with 0. SIGKILL does no harm at any time.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

import grpc.aio

from chaos.cron import Missed
from chaos.systems.reference.jobs import Moment
from chaos.systems.reference.log import log, log_to_stderr
from chaos.systems.reference.queue import Queue
from chaos.systems.reference.reader import Reader
from chaos.systems.reference.service import Service
from chaos.systems.reference.store import Store, StoreUnusable
from chaos.systems.reference.subscriptions import Subscriptions
from chaos.systems.reference.timetable import Timetable
from chaos.systems.reference.writer import Writer

_GRACE_S: Final = 0.5
"""How long calls under way may take to end when the server stops."""

_CHANNEL_OPTIONS: Final = (
    ("grpc.so_reuseport", 0),  # a port that is taken is an error, not something to share
    ("grpc.keepalive_time_ms", 10_000),  # notice clients that vanished without a word
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_ping_strikes", 0),  # and let them ask as often as they like
)


class CannotServe(Exception):
    """The queue can't start; the message says why and what to do."""


def main() -> int:
    """Run the queue until it is told to stop. Returns the exit status: 0 stopped, 1 its own mistake, 2 can't start."""
    arguments = _parser().parse_args()
    log_to_stderr()
    try:
        rules = _rules(arguments.defect)
        return asyncio.run(_serve(arguments.listen, arguments.data, rules, Missed(arguments.missed)))
    except (CannotServe, StoreUnusable) as error:
        log.error("%s", error)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chaos.systems.reference", description=__doc__)
    parser.add_argument("--listen", required=True, metavar="HOST:PORT", help="the address to serve")
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="where the jobs are kept")
    parser.add_argument(
        "--missed",
        choices=list(Missed),
        default=Missed.ONCE,
        help="what becomes of due times that pass while it is down",
    )
    parser.add_argument("--defect", metavar="NAME", help="a mistake to make on purpose, see defects.py")
    return parser


class Rules(NamedTuple):
    """What the queue goes by: the correct rules, unless a defect has others."""

    queue: type[Queue] = Queue
    timetable: type[Timetable] = Timetable
    subscriptions: type[Subscriptions] = Subscriptions


def _rules(name: str | None) -> Rules:
    if name is None:
        return Rules()
    from chaos.systems.reference.defects import (
        DEFECTS,
    )  # only here: it knows the checks, a correct queue need not

    if name not in DEFECTS:
        raise CannotServe(f"no defect is called {name!r}; there are {', '.join(sorted(DEFECTS))}")
    defect = DEFECTS[name]
    return Rules(defect.queue, defect.timetable, defect.subscriptions)


async def _serve(address: str, directory: Path, rules: Rules, missed: Missed) -> int:
    stopped = _on_signals()
    ownership = _take(directory)
    path = directory / "queue.db"
    moment = Moment.current()
    rules.queue.prepare(path)
    store = Store.open(path, moment)
    queue = rules.queue(store, moment, rules.timetable(store.schedules, moment, missed))
    reader, lister = Reader(path), Reader(path)
    subscriptions = rules.subscriptions()
    writer = Writer(queue, subscriptions.completed)
    service = Service(queue, writer, reader, lister, subscriptions)
    server = await _listen(address, service)
    _settle_memory()
    log.info("listening on %s", address)

    writing = asyncio.create_task(writer.run())
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({writing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    log.info("stopping")
    service.close()
    await server.stop(_GRACE_S)
    writer.close()
    stopping.cancel()
    try:
        await writing
    except Exception:  # noqa: BLE001  whatever it was, it ends the process and is in the log
        log.exception("the queue made a mistake of its own and stops")
        return 1
    finally:
        for part in (lister, reader, store, ownership):
            part.close()
    log.info("stopped")
    return 0


def _on_signals() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped


def _take(directory: Path) -> sqlite3.Connection:
    """Own the directory for as long as this process lives, by a lock that SQLite has on every operating system."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        ownership = sqlite3.connect(directory / "owner.db", isolation_level=None, timeout=1.0)
        ownership.execute("BEGIN EXCLUSIVE")
    except OSError as error:
        raise CannotServe(f"{directory} can't be made: {error.strerror}") from error
    except sqlite3.Error as error:
        raise CannotServe(
            f"{directory} can't be taken: {error}. Another queue may be serving from it"
        ) from error
    return ownership


async def _listen(address: str, service: Service) -> grpc.aio.Server:
    server = grpc.aio.server(options=_CHANNEL_OPTIONS)
    server.add_generic_rpc_handlers((service.handler(),))
    try:
        server.add_insecure_port(address)
    except RuntimeError as error:
        raise CannotServe(f"{address} can't be listened on: is the port already taken?") from error
    await server.start()
    return server


def _settle_memory() -> None:
    """What is loaded now stays: the collector need not look at it again, and should look less often at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
