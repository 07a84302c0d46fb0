from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from chaos.experiment.targets import Cast, NobodyChosen, Target, read_target, write_target

WORKERS = tuple(f"worker-{n}" for n in range(1, 6))
CAST = Cast(
    {"cores": ("core",), "producers": ("producer-1", "producer-2"), "workers": WORKERS, "databases": ()}
)


def by_number(name: str) -> float:
    """The highest number comes first."""
    return -int(name.rpartition("-")[2])


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("core", ("core",)),
        ("worker-3", ("worker-3",)),
        ("workers", WORKERS),
        ("all of workers", WORKERS),
        ("one of workers", ("worker-5",)),
        ("2 of workers", ("worker-4", "worker-5")),
        ("50% of workers", ("worker-3", "worker-4", "worker-5")),
        ("20% of workers", ("worker-5",)),
        ("0.1 % of workers", ("worker-5",)),
        ("100% of producers", ("producer-1", "producer-2")),
    ],
)
def test_a_target_chooses_by_the_draw_and_rounds_shares_up(text: str, chosen: tuple[str, ...]) -> None:
    assert read_target(text).choose(CAST, by_number if "core" not in text else lambda _: 0.0) == chosen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no target"),
        ("one", None),
        ("two of workers", "`two` is no number of workers; write `one`, `all`, a number or a share"),
        ("0 of workers", "`0` is no number of workers"),
        ("0% of workers", "`0%` is no number of workers"),
        ("101% of workers", "a share is at most 100%"),
        ("-1 of workers", "is no number of workers"),
        ("one of", "names no target"),
        ("workers, core", "names no target; write a component or a group"),
        ("1 of 2", "names no target"),
    ],
)
def test_what_names_no_target_is_told_how_to_write_one(text: str, said: str | None) -> None:
    if said is None:
        assert read_target(text) == Target("one")
        return
    with pytest.raises(PydanticCustomError, match=said.replace("(", r"\(")):
        read_target(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wrokers", "no component or group is called `wrokers` (did you mean `workers`?); this run has cores (core), "
         "producers (producer-1 … producer-2), workers (worker-1 … worker-5), databases (nobody)"),
        ("6 of workers", "there are only 5 of workers, so 6 of workers can't be chosen"),
        ("databases", "databases is nobody: this run has no databases"),
        ("50% of databases", "50% of databases is nobody"),
    ],
)  # fmt: skip
def test_a_target_that_names_nobody_is_told_whom_there_is(text: str, said: str) -> None:
    with pytest.raises(NobodyChosen) as nobody:
        read_target(text).choose(CAST, by_number)
    assert said in str(nobody.value)


@given(
    st.builds(Target, st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,8}", fullmatch=True))
    | st.builds(Target, st.just("workers"), count=st.integers(1, 999_999))
    | st.builds(Target, st.just("workers"), share=st.floats(1e-9, 1))
)
def test_what_is_written_reads_back(target: Target) -> None:
    assert read_target(write_target(target)) == target


@given(st.floats(1e-9, 1), st.integers(1, 300))
def test_a_share_chooses_at_least_one_and_never_more_than_it_says_and_one(share: float, number: int) -> None:
    cast = Cast({"workers": tuple(f"worker-{n}" for n in range(number))})
    chosen = Target("workers", share=share).choose(cast, lambda name: hash(name))
    assert max(1, share * number - 1e-6) <= len(chosen) < share * number + 1


TWO_CORES = Cast(
    {
        "cores": ("core", "core-2"),
        "databases": ("postgres",),
        "producers": ("producer-1",),
        "workers": ("worker-1", "worker-2", "worker-3"),
    },
    (
        ("producer-1", "core"),
        ("worker-1", "core"),
        ("worker-2", "core-2"),
        ("worker-3", "core"),
        ("core", "postgres"),
        ("core-2", "postgres"),
    ),
)


@pytest.mark.parametrize(
    ("names", "load"),
    [
        (["core"], ("producer-1", "worker-1", "worker-3")),
        (["core-2"], ("worker-2",)),
        (["postgres"], ("producer-1", "worker-1", "worker-2", "worker-3")),
        (["worker-3", "core-2"], ("worker-2", "worker-3")),
        (["machine"], ("producer-1", "worker-1", "worker-2", "worker-3")),
        ([], ()),
    ],
)
def test_the_load_on_a_component_are_those_whose_way_leads_to_it(
    names: list[str], load: tuple[str, ...]
) -> None:
    assert TWO_CORES.load_on(names) == load


def test_the_core_of_each_is_told_where_there_are_several() -> None:
    assert TWO_CORES.cores_of_load == {
        "producer-1": "core",
        "worker-1": "core",
        "worker-2": "core-2",
        "worker-3": "core",
    }
    assert CAST.cores_of_load == {}
