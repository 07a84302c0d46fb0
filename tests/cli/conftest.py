"""Commands that act on runs are tested with the runs of tests.guardian."""

from tests.guardian.conftest import directory, run, state

__all__ = ["directory", "run", "state"]
