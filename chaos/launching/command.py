"""What `chaos run` is asked to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunCommand:
    """The arguments of `chaos run` that say what is run.

    Attributes:
        experiments: The files; they are run one after the other.
        system: The system to put under test instead of the files'.
        profile: The profile of the experiments.
        settings: Overrides such as `load.jobs=10000`.
    """

    experiments: tuple[str, ...]
    system: str | None = None
    profile: str | None = None
    settings: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """What `chaos` is called with."""
        return [
            "run",
            *self.experiments,
            *(("--system", self.system) if self.system else ()),
            *(("--profile", self.profile) if self.profile else ()),
            *(word for setting in self.settings for word in ("--set", setting)),
        ]
