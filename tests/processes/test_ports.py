from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from chaos.processes.ports import LOOPBACK, free_port, release_port

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="ports are only held on Linux")


def listening(port: int) -> socket.socket:
    """A server's socket, made as servers do."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((LOOPBACK, port))
    server.listen()
    return server


def released(*ports: int) -> None:
    for port in ports:
        release_port(port)


def test_no_port_is_handed_out_twice() -> None:
    ports = [free_port() for _ in range(100)]
    released(*ports)
    again = [free_port() for _ in range(100)]
    released(*again)
    assert len({*ports, *again}) == 200


def test_a_server_can_listen_on_it_and_come_back() -> None:
    port = free_port()
    for _ in range(3):
        with listening(port) as server, socket.create_connection((LOOPBACK, port)) as client:
            accepted, _ = server.accept()
            with accepted:
                client.sendall(b"x")
                assert accepted.recv(1) == b"x"
    released(port)


@linux_only
def test_while_it_is_held_nobody_else_is_given_it() -> None:
    port = free_port()
    with pytest.raises(OSError, match="in use"), socket.socket() as other:
        other.bind((LOOPBACK, port))
    released(port)
    with socket.socket() as other:
        other.bind((LOOPBACK, port))


@linux_only
def test_a_client_of_a_dead_port_never_connects_to_itself() -> None:
    port = free_port()
    for _ in range(3000):
        with socket.socket() as client:
            assert client.connect_ex((LOOPBACK, port)) != 0
    released(port)


@linux_only
def test_two_processes_are_given_different_ports() -> None:
    code = "from chaos.processes.ports import free_port; print([free_port() for _ in range(200)]); input()"
    others = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    seen: list[int] = []
    for other in others:
        assert other.stdout is not None
        seen += [int(port) for port in other.stdout.readline().strip("[]\n").split(",")]
    for other in others:
        other.communicate("\n")
    assert len(seen) == len(set(seen)) == 600
