"""A PostgreSQL server of the run's own: durable, on loopback alone, and gone with the run."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chaos.databases.postgres import DatabaseUrl, answers
from chaos.guardian.deeds.remove_path import RemovePath
from chaos.guardian.deeds.shared_memory import RemoveSharedMemory
from chaos.processes.errors import StartFailedError
from chaos.processes.logs import log_excerpt
from chaos.processes.ports import LOOPBACK, free_port
from chaos.processes.process import start_process
from chaos.processes.threads import in_thread
from chaos.systems.postgres.asking import speaks_postgres
from chaos.systems.postgres.locate import Server
from chaos.systems.protocol import ComponentSpec, SystemUnavailable

NAME: Final = "postgres"
"""What a database server is called among the components."""

GROUP: Final = "databases"

_USER: Final = "chaos"
_DATABASE: Final = "postgres"
_ANSWERS_WITHIN_S: Final = 1.0
_MADE_WITHIN_S: Final = 60.0
_READY_WITHIN_S: Final = 60.0

_SETTINGS: Final[Mapping[str, str]] = {
    # An answered commit outlives whatever is killed.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Nobody but this machine reaches it, and only with its password.
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    # Shared memory lies in the data directory, and goes with it.
    "dynamic_shared_memory_type": "mmap",
}


class Cluster:
    """The data directory of a server, its address and its password, chosen at once; nothing is made before it is due.

    Args:
        server: The programs.
        directory: Where the data directory will be; it belongs to the run.
    """

    def __init__(self, server: Server, directory: Path) -> None:
        self._server = server
        self._directory = directory.absolute()
        self._home = self._directory / NAME
        self._data = self._home / "data"
        self._password = secrets.token_hex(16)
        self._port = free_port()

    @property
    def url(self) -> DatabaseUrl:
        """The database that is there once the server is."""
        return DatabaseUrl(LOOPBACK, self._port, _USER, self._password, _DATABASE)

    def component(self) -> ComponentSpec:
        """The server, ready to be started.

        Raises:
            SystemUnavailable: The user that it has to run as can't get to its directory.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        self._let_pass()
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        return ComponentSpec(
            name=NAME,
            command=self._server.as_its_user(
                self._server.postgres, "-D", str(self._data), "-p", str(self._port), *settings
            ),
            is_ready=lambda: in_thread(answers, self.url, _ANSWERS_WITHIN_S),
            ready_within_s=_READY_WITHIN_S,
            address=self.url.address,
            group=GROUP,
            ask=speaks_postgres,
            make=self._make,
            undo=(
                RemoveSharedMemory(str(self._data / "postmaster.pid")),
                RemovePath.of(self._home, self._directory),
            ),
            cwd=self._directory,
            data=self._data,
        )

    def _let_pass(self) -> None:
        """Let the user that it runs as get to its directory: through those of the run's own, and only these.

        Raises:
            SystemUnavailable: One above them is in the way.
        """
        account = self._server.account
        if account is None or account.can_enter(self._directory):
            return
        with contextlib.suppress(OSError):
            for own in (self._directory.parent, self._directory):
                account.let_pass(own)
        if not account.can_enter(self._directory):
            raise SystemUnavailable(
                f"PostgreSQL refuses root, and the user {account.name}, who is to run it instead, can't get to "
                f"{self._directory}: keep runs where others may pass, with --runs DIR or CHAOS_RUNS=DIR"
            )

    async def _make(self) -> None:
        """Make the data directory, whose only user has a password.

        Raises:
            StartFailedError: initdb failed; says what it said.
        """
        account, log_path = self._server.account, self._home / "initdb.log"
        password_file = self._home / "password"
        self._home.mkdir(mode=0o700)
        password_file.touch(mode=0o600)
        password_file.write_text(self._password, encoding="ascii")
        if account is not None:
            for path in (password_file, self._home):
                account.give(path)
        process = await start_process(
            self._server.as_its_user(
                *(self._server.initdb, "-D", str(self._data), "--username", _USER),
                *("--auth", "scram-sha-256", "--pwfile", str(password_file)),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ),
            log_path=log_path,
            cwd=self._directory,
        )
        try:
            status = await process.exited_within(_MADE_WITHIN_S)
        finally:
            await process.stop(grace_s=0.0)
            password_file.unlink()
        if status is None or status.code != 0:
            how = f"did not end within {_MADE_WITHIN_S:g} s" if status is None else f"ended with {status}"
            raise StartFailedError(
                f"initdb of PostgreSQL {self._server.version} {how}{log_excerpt(log_path)}"
            )
