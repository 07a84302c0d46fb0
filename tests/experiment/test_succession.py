from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaos.experiment.model import AtTime, FaultSpec
from chaos.experiment.succession import fault_names, in_order, misplaced


def fault(kind: str, name: str | None = None, after: str | None = None) -> FaultSpec:
    return FaultSpec(fault=kind, name=name, after=after, at=None if after else AtTime(seconds=1.0))


def test_faults_without_a_name_are_called_by_their_kind_and_numbered() -> None:
    assert fault_names([fault("kill"), fault("pause"), fault("kill"), fault("kill")]) == [
        "kill",
        "pause",
        "kill-2",
        "kill-3",
    ]


def test_a_number_that_a_name_has_taken_is_left_out() -> None:
    assert fault_names([fault("kill"), fault("kill"), fault("pause", name="kill-2")]) == [
        "kill",
        "kill-3",
        "kill-2",
    ]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([None, "a-2", "b-3", "c"])), max_size=8).filter(
        lambda faults: len(names := [name for _, name in faults if name]) == len(set(names))
    )
)
def test_no_two_faults_are_called_the_same(faults: list[tuple[str, str | None]]) -> None:
    names = fault_names([fault(kind, name) for kind, name in faults])
    assert len(set(names)) == len(names)
    assert all(own is None or own == name for (_, own), name in zip(faults, names, strict=True))


@given(st.lists(st.none() | st.integers(0, 9), max_size=10))
def test_faults_can_be_put_in_order_exactly_if_nothing_is_misplaced(waits_for: list[int | None]) -> None:
    faults = [
        fault("x", name=str(own), after=None if other is None else str(other))
        for own, other in enumerate(waits_for)
    ]
    if list(misplaced(faults)):
        assert any(_never_comes(start, waits_for) for start in range(len(faults)))
        return
    seen: set[int] = set()
    for index, predecessor in in_order(faults):
        assert predecessor == waits_for[index]
        assert predecessor is None or predecessor in seen
        seen.add(index)
    assert seen == set(range(len(faults)))


def _never_comes(start: int, waits_for: list[int | None]) -> bool:
    index: int | None = start
    for _ in range(len(waits_for) + 1):
        if index is None:
            return False
        if index >= len(waits_for):
            return True
        index = waits_for[index]
    return True


def test_a_long_chain_needs_no_deep_stack() -> None:
    faults = [fault("x", name=str(n), after=str(n + 1)) for n in range(3000)] + [fault("x", name="3000")]
    assert not list(misplaced(faults))
    assert in_order(faults)[0] == (3000, None)
