"""Whom a fault is done to: `core`, `workers`, `one of workers`, `2 of workers`, `50% of workers`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from chaos.experiment.units import SHARE, wrong
from chaos.experiment.wording import nearest, quoted

Rank = Callable[[str], float]
"""Where a component stands in a draw; the lowest are chosen."""


LOAD: Final = ("producers", "workers")
"""The groups of the load; all others are of the system."""

CORES: Final = "cores"
"""The group of those components that producers and workers talk to."""


class NobodyChosen(LookupError):
    """A target names nobody that this run has; the message says whom it has."""


@dataclass(frozen=True)
class Cast:
    """Who takes part in a run.

    Attributes:
        groups: The names of the components of each group: `workers`, `producers`, `cores`, …
        links: Who connects to whom, as `(client, server)`.
        existing: Those that were there before the run: connections to them are changed, they themselves never.
    """

    groups: Mapping[str, tuple[str, ...]]
    links: tuple[tuple[str, str], ...] = ()
    existing: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every component."""
        return tuple(name for members in self.groups.values() for name in members)

    @property
    def load(self) -> tuple[str, ...]:
        """The producers and the workers, which are the toolkit's own; everybody else is of the system."""
        return tuple(name for group in LOAD for name in self.groups.get(group, ()))

    def load_on(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the load who are among these, or whose way leads to one of these, directly or through others.

        All of them, where something is named that is no component: the machine.
        """
        reached = set(names)
        if not reached <= set(self.names):
            return self.load
        while more := {client for client, server in self.links if server in reached} - reached:
            reached |= more
        return tuple(name for name in self.load if name in reached)

    @property
    def cores_of_load(self) -> Mapping[str, str]:
        """The core that each producer and worker talks to; nothing where there is no choice."""
        if len(self.groups.get(CORES, ())) < 2:
            return {}
        return {client: server for client, server in self.links if client in self.load}

    def members(self, name: str) -> tuple[str, ...]:
        """The members of a group, or the one component of this name.

        Raises:
            NobodyChosen: Nobody is called so.
        """
        if name in self.groups:
            return self.groups[name]
        if name in self.names:
            return (name,)
        meant = nearest(name, (*self.groups, *self.names))
        hint = f" (did you mean {quoted(meant)}?)" if meant else ""
        raise NobodyChosen(
            f"no component or group is called {quoted(name)}{hint}; this run has {self._in_words()}"
        )

    def _in_words(self) -> str:
        """`cores (core), workers (worker-1 … worker-3)`."""
        groups = []
        for group, members in self.groups.items():
            match members:
                case ():
                    groups.append(f"{group} (nobody)")
                case (only,):
                    groups.append(f"{group} ({only})")
                case (first, *_, last):
                    groups.append(f"{group} ({first} … {last})")
        return ", ".join(groups)


@dataclass(frozen=True)
class Target:
    """A component, or a part of a group.

    Attributes:
        of: The name of a component or a group.
        count: How many of the group; None: all, or the `share`.
        share: Which share of the group (0 to 1), rounded up; None: all, or the `count`.
    """

    of: str
    count: int | None = None
    share: float | None = None

    def choose(self, cast: Cast, rank: Rank) -> tuple[str, ...]:
        """The components meant, in the order of the cast.

        Args:
            cast: Who takes part in the run.
            rank: Draws a number for each member; those with the lowest are chosen.

        Raises:
            NobodyChosen: There is nobody of this name, or there are too few.
        """
        members = cast.members(self.of)
        number = len(members)
        if self.share is not None:
            number = min(len(members), max(1, math.ceil(self.share * len(members) - 1e-9)))
        elif self.count is not None:
            number = self.count
        if number > len(members):
            raise NobodyChosen(f"there are only {len(members)} of {self.of}, so {self} can't be chosen")
        if number == 0:
            raise NobodyChosen(f"{self} is nobody: this run has no {self.of}")
        chosen = set(sorted(members, key=rank)[:number])
        return tuple(member for member in members if member in chosen)

    def __str__(self) -> str:
        return write_target(self)


_SPELLED = (
    "a component or a group (`core`, `workers`), "
    "or a part of a group (`one of workers`, `2 of workers`, `50% of workers`)"
)
_NAME = r"[A-Za-z][A-Za-z0-9_.-]*"


def read_target(value: object) -> Target:
    """A target from what stands in a file.

    Raises:
        PydanticCustomError: It is none; the message says how to write one.
    """
    if isinstance(value, Target):
        return value
    parts = re.fullmatch(rf"(?:(\S+(?: ?%)?) of )?({_NAME})", value) if isinstance(value, str) else None
    if parts is None:
        raise wrong(f"{quoted(value)} names no target; write {_SPELLED}")
    how_many, of = parts[1], parts[2]
    if how_many is None or how_many == "all":
        return Target(of)
    if how_many == "one":
        return Target(of, count=1)
    if re.fullmatch(r"[1-9][0-9]{0,5}", how_many):
        return Target(of, count=int(how_many))
    if how_many.endswith("%"):
        share = SHARE.read(how_many)
        if share > 0:
            return Target(of, share=share)
    raise wrong(
        f"{quoted(how_many)} is no number of {of}; write `one`, `all`, a number or a share of more than 0 %"
    )


def write_target(target: Target) -> str:
    """A target as text that `read_target` turns back into it."""
    if target.share is not None:
        return f"{SHARE.write(target.share)} of {target.of}"
    if target.count is not None:
        return f"{'one' if target.count == 1 else target.count} of {target.of}"
    return target.of


TargetText = Annotated[
    Target,
    PlainValidator(read_target),
    PlainSerializer(write_target, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^(?:(?:one|all|[1-9][0-9]*|{SHARE.pattern}) of )?{_NAME}$",
            "examples": ["core", "one of workers", "50% of workers"],
        }
    ),
]
