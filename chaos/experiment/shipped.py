"""Where what ships beside the code is: inside an installed wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

import chaos


def shipped_experiments() -> Path:
    """The directory of the shipped experiments, with the schema that they refer to.

    Raises:
        FileNotFoundError: This installation has none.
    """
    return shipped("experiments")


def shipped(name: str) -> Path:
    """A directory that ships: `experiments`, `toxiproxy`.

    Raises:
        FileNotFoundError: This installation has none.
    """
    package = Path(chaos.__file__).parent
    for candidate in (package / "shipped" / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"no {name} are shipped beside {package}; install the package again")
