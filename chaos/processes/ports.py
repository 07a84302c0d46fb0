"""Ports on the loopback interface that nobody else takes while a run needs them."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections import OrderedDict

LOOPBACK = "127.0.0.1"

_RESERVATIONS_AT_MOST = 256
_reserved: OrderedDict[int, socket.socket] = OrderedDict()
_handed_out: set[int] = set()


def free_port() -> int:
    """A loopback port that is free, and not handed out before by this process.

    On Linux the port stays reserved while this process lives: it is kept bound with SO_REUSEADDR and never
    listens, so a server that sets SO_REUSEADDR, as nearly all do, can listen on it again and again, while the
    kernel gives it to nobody else, not even while the server is down: neither to another run that looks for a
    free port nor to a client's outgoing connection. (A client that keeps connecting to a dead port would
    otherwise sooner or later be given that very port as its own, connect to itself, and keep the server from
    coming back.) Elsewhere the port is only known to have been free a moment ago. A component that finds its
    port taken exits, and its log says why.

    Raises:
        OSError: No port is free.
    """
    while True:
        reservation = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            reservation.bind((LOOPBACK, 0))
            port: int = reservation.getsockname()[1]
            if port not in _handed_out:
                _handed_out.add(port)
                _keep(port, reservation)
                return port
        except BaseException:
            reservation.close()
            raise
        reservation.close()


def release_port(port: int) -> None:
    """Give up the reservation of a port; it is not handed out again by this process."""
    with contextlib.suppress(KeyError):
        _reserved.pop(port).close()


def _keep(port: int, reservation: socket.socket) -> None:
    if sys.platform != "linux":
        reservation.close()
        return
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _reserved[port] = reservation
    if len(_reserved) > _RESERVATIONS_AT_MOST:
        release_port(next(iter(_reserved)))
