"""Packages of npm: fetched by npm itself where it is there, because it knows the user's registry and logins.

Without npm the package comes over HTTPS, from the registry that npm's own settings name. Which one is the
user's choice: no registry is written down here.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.parts.errors import PartError

REGISTRY_VARIABLE = "CHAOS_NPM_REGISTRY"
_NPM_WITHIN_S = 180.0
_PACKAGE_BYTES_AT_MOST = 256 * 1024 * 1024


@dataclass(frozen=True)
class Package:
    """One version of an npm package, pinned by what its registry calls its integrity (`sha512-…`)."""

    name: str
    version: str
    integrity: str


@dataclass(frozen=True)
class Tarball:
    """A package as it was fetched and verified, and where it came from, in words."""

    path: Path
    source: str


def fetch(package: Package, into: Path) -> Tarball:
    """Get a package's tarball and verify it.

    Raises:
        PartError: It can't be had, or is not what was pinned.
    """
    tarball = _fetch_unverified(package, into)
    verify(tarball.path, package)
    return tarball


def verify(path: Path, package: Package) -> None:
    """Compare a tarball with its pin.

    Raises:
        PartError: They differ.
    """
    algorithm, _, expected = package.integrity.partition("-")
    with path.open("rb") as file:
        found = base64.b64encode(hashlib.file_digest(file, algorithm).digest()).decode()
    if found != expected:
        raise PartError(
            f"what came as {package.name}@{package.version} ({path.stat().st_size:,} bytes) is not that: "
            f"its integrity is {algorithm}-{found}, and {package.integrity} is pinned. Nothing was unpacked. "
            f"Try again; if it stays so, the registry or something on the way alters packages"
        )


def unpack_file(tarball: Path, member: str, to: Path) -> None:
    """Write one file of a tarball, and nothing else of it.

    Raises:
        PartError: The tarball has no such file.
    """
    import tarfile

    try:
        with tarfile.open(tarball, "r:gz") as archive:
            source = archive.extractfile(member)
            if source is None:
                raise PartError(f"{member} in {tarball.name} is no file")
            with source, to.open("wb") as file:
                shutil.copyfileobj(source, file)
    except (KeyError, tarfile.TarError, EOFError) as error:
        raise PartError(f"{tarball.name} has no {member}: {error}") from error


def install_locked(npm: Sequence[str], directory: Path) -> None:
    """Install what the lock file in a directory pins, into its `node_modules`; npm verifies each package.

    Args:
        npm: The command that runs npm.
        directory: Where `package.json` and `package-lock.json` are.

    Raises:
        PartError: It can't be had, or is not what is pinned.
    """
    try:
        _run_npm(npm, ("ci", "--no-audit", "--no-fund"), directory)
    except PartError as error:
        advice = f"look at the registry that npm is set to, or name one with {REGISTRY_VARIABLE}"
        raise PartError(f"{error}; {advice}") from error


def configured_registry() -> str | None:
    """The registry that the user's settings name, if any: `CHAOS_NPM_REGISTRY`, then npm's own order."""
    if value := os.environ.get(REGISTRY_VARIABLE) or _npm_setting("registry"):
        return value
    user = _npm_setting("userconfig")
    for path in (Path.cwd() / ".npmrc", Path(user) if user else Path.home() / ".npmrc"):
        if value := _registry_in(path):
            return value
    return None


def _fetch_unverified(package: Package, into: Path) -> Tarball:
    npm, registry = shutil.which("npm"), configured_registry()
    refusal = "npm is not installed"
    if npm is not None:
        try:
            return _npm_pack(npm, package, into)
        except PartError as error:
            refusal = str(error)
    if registry is None:
        raise PartError(
            f"{package.name}@{package.version} can't be fetched: {refusal}, and no registry is configured to "
            f"fetch it without npm. Install npm, or name a registry with {REGISTRY_VARIABLE}=https://…"
        )
    from chaos.parts.download import check_url, download

    check_url(registry)
    path = into / "package.tgz"
    url = f"{registry.rstrip('/')}/{package.name}/-/{package.name}-{package.version}.tgz"
    try:
        download(url, path, at_most_bytes=_PACKAGE_BYTES_AT_MOST)
    except PartError as error:
        raise PartError(f"{error} (and {refusal})") from error
    return Tarball(path, f"{package.name}@{package.version} from {registry}")


def _npm_pack(npm: str, package: Package, into: Path) -> Tarball:
    what = f"{package.name}@{package.version}"
    _run_npm((npm,), ("pack", what), into)
    tarballs = sorted(into.glob("*.tgz"))
    if len(tarballs) != 1:
        raise PartError(f"`npm pack {what}` left {len(tarballs)} packages")
    return Tarball(tarballs[0], f"{what} by npm")


def _run_npm(npm: Sequence[str], arguments: Sequence[str], cwd: Path) -> None:
    """Run npm there, with no script of any package.

    Raises:
        PartError: It can't be run, takes too long, or ends badly; says what it said first.
    """
    import subprocess

    what = f"npm {' '.join(arguments)}"
    command = [*npm, *arguments, "--loglevel=error", "--ignore-scripts"]
    if chosen := os.environ.get(REGISTRY_VARIABLE) or _registry_in(Path.cwd() / ".npmrc"):
        command += ["--registry", chosen]
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_NPM_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PartError(f"`{what}` did not end within {_NPM_WITHIN_S:g} s") from error
    except OSError as error:
        raise PartError(f"{npm[0]} can't be run: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise PartError(f"`{what}` ended with {done.returncode} ({'; '.join(said[:2]) or 'it said nothing'})")


def _npm_setting(name: str) -> str | None:
    """A setting of npm from the environment, in either of the spellings that npm takes."""
    lower = f"npm_config_{name}"
    return os.environ.get(lower) or os.environ.get(lower.upper())


def _registry_in(path: Path) -> str | None:
    """The `registry` of an .npmrc, `${NAME}` replaced from the environment as npm does."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = None
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if separator and key.strip() == "registry":
            found = value.strip().strip("\"'")
    if not found:
        return None
    return re.sub(r"\$\{(\w+)\}", lambda name: os.environ.get(name[1], name[0]), found)
