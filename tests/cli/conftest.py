"""Commands that act on runs are tested with the runs of tests.guardian, and with the kept runs of tests.history."""

from tests.guardian.conftest import directory, run, state
from tests.history.conftest import keep, runs

__all__ = ["directory", "keep", "run", "runs", "state"]
