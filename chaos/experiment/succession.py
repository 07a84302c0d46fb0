"""What the faults of an experiment are called, and which comes after which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaos.experiment.fault_spec import FaultSpec
from chaos.experiment.wording import KeyPath, listed, nearest, quoted

Misplaced = tuple[KeyPath, str, str | None]
"""A key path, what is wrong there, and the name that was most likely meant."""


def fault_names(faults: Sequence[FaultSpec]) -> list[str]:
    """What each fault is called in a run: its `name`, or its kind, with `-2`, `-3`, … where that is taken."""
    taken = {fault.name for fault in faults if fault.name is not None}
    names = []
    for fault in faults:
        name, number = fault.name or fault.fault, 1
        while fault.name is None and name in taken:
            number += 1
            name = f"{fault.fault}-{number}"
        taken.add(name)
        names.append(name)
    return names


def misplaced(faults: Sequence[FaultSpec]) -> Iterator[Misplaced]:
    """What is wrong with the `after` of these faults: names that no fault has, and circles."""
    names = fault_names(faults)
    for index, fault in enumerate(faults):
        if fault.after is not None and fault.after not in names:
            others = [name for name in names if name != names[index]]
            meant = nearest(fault.after, others)
            known = "" if meant else f"; the others here are {listed(others, 'and')}"
            yield ("faults", index, "after"), f"no fault is called {quoted(fault.after)}{known}", meant
    for circle in _circles(_predecessors(faults)):
        path: KeyPath = ("faults", circle[0], "after")
        if len(circle) == 1:
            yield path, "this fault would wait for itself", None
        else:
            chain = " after ".join(f"`{names[index]}`" for index in (*circle, circle[0]))
            yield path, f"these faults would wait for each other for ever: {chain}", None


def in_order(faults: Sequence[FaultSpec]) -> list[tuple[int, int | None]]:
    """Every fault's index with that of the fault it comes after, which stands before it.

    There must be no circles.
    """
    predecessors = _predecessors(faults)
    ordered: dict[int, int | None] = {}
    for start in range(len(faults)):
        chain: list[int] = []
        index: int | None = start
        while index is not None and index not in ordered:
            chain.append(index)
            index = predecessors[index]
        ordered.update((index, predecessors[index]) for index in reversed(chain))
    return list(ordered.items())


def _predecessors(faults: Sequence[FaultSpec]) -> list[int | None]:
    """The index of the fault that each one comes after; None where it comes after none that is there."""
    indices = {name: index for index, name in enumerate(fault_names(faults))}
    return [None if fault.after is None else indices.get(fault.after) for fault in faults]


def _circles(predecessors: Sequence[int | None]) -> Iterator[list[int]]:
    """Each circle once, beginning with its first fault."""
    seen: set[int] = set()
    for start in range(len(predecessors)):
        chain: list[int] = []
        index: int | None = start
        while index is not None and index not in seen:
            seen.add(index)
            chain.append(index)
            index = predecessors[index]
        if index in chain:
            circle = chain[chain.index(index) :]
            first = circle.index(min(circle))
            yield circle[first:] + circle[:first]
