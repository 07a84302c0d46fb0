"""Where the experiments that ship are: inside an installed wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

import chaos


def shipped_experiments() -> Path:
    """The directory of the shipped experiments, with the schema that they refer to.

    Raises:
        FileNotFoundError: This installation has none.
    """
    package = Path(chaos.__file__).parent
    for candidate in (package / "shipped" / "experiments", package.parent / "experiments"):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"no experiments are shipped beside {package}; install the package again")
