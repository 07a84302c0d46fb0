"""Whom a fault of the network means, and what it says of a file that can't be meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chaos.chance import draw
from chaos.experiment.targets import Cast, NobodyChosen, Rank
from chaos.faults.bandwidth import BandwidthSpec, slower
from chaos.faults.network import cut_off
from chaos.faults.protocol import ProxiedLink
from chaos.faults.registry import fault_named
from chaos.ledger.calls import Calls
from tests.faults.conftest import fault_from

KINDS = (
    "latency",
    "bandwidth",
    "partition",
    "refuse",
    "reset-peer",
    "slow-close",
    "slicer",
    "limit-data",
    "disconnect",
    "swizzle",
)
WORKERS = tuple(f"worker-{number}" for number in range(1, 5))
CAST = Cast(
    {
        "cores": ("core", "core-2"),
        "databases": ("postgres",),
        "producers": ("producer-1",),
        "workers": WORKERS,
    },
    (
        ("producer-1", "core"),
        ("worker-1", "core"),
        ("worker-2", "core-2"),
        ("worker-3", "core"),
        ("worker-4", "core-2"),
        ("core", "postgres"),
        ("core-2", "postgres"),
    ),
)


def ranked(seed: int) -> Rank:
    return lambda component: draw(seed, component)


def chosen(between: str, seed: int = 1) -> tuple[str, ...]:
    return fault_from(f"{{fault: partition, between: {between}}}").choose(CAST, ranked(seed))


def test_both_ends_of_every_connection_between_two_sides_are_meant() -> None:
    assert chosen("[workers, cores]") == ("core", "core-2", *WORKERS)
    assert chosen("[core, postgres]") == ("core", "postgres")


def test_the_sides_may_come_in_either_order() -> None:
    assert chosen("[cores, 50% of workers]", 3) == chosen("[50% of workers, cores]", 3)


def test_only_those_who_connect_to_each_other_are_meant() -> None:
    assert chosen("[workers, core]") == ("core", "worker-1", "worker-3")
    assert chosen("[producers, cores]") == ("core", "producer-1")


@given(st.integers(0, 1000))
def test_a_part_of_one_side_always_has_a_connection_to_the_part_of_the_other(seed: int) -> None:
    core, worker = chosen("[one of workers, one of cores]", seed)
    assert (worker, core) in CAST.links


@given(st.integers(0, 1000))
def test_a_share_is_drawn_among_those_who_connect(seed: int) -> None:
    names = chosen("[50% of workers, core]", seed)
    assert names in {("core", "worker-1"), ("core", "worker-3")}


def test_everybody_who_may_be_chosen_has_a_proxy() -> None:
    fault = fault_from("{fault: partition, between: [one of workers, cores]}")
    assert list(fault.preparations(CAST)) == [ProxiedLink(*link) for link in CAST.links if link[0] in WORKERS]


def test_two_sides_that_nobody_connects_are_refused() -> None:
    with pytest.raises(
        NobodyChosen, match="nobody connects producers and workers; in this run connect producer-1 to"
    ):
        chosen("[producers, workers]")


def test_disconnecting_a_core_is_refused() -> None:
    fault = fault_from("{fault: disconnect, target: core}")
    assert fault.problems(CAST) == [
        "core is no worker and no producer; to cut the connections of a core, use `refuse`"
    ]


def test_swizzling_one_alone_is_refused() -> None:
    fault = fault_from("{fault: swizzle, target: one of workers}")
    assert fault.problems(CAST) == [
        "`one of workers` is one alone, and there is no order to return in; use `disconnect`"
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_fault_can_be_read_and_done(kind: str) -> None:
    fault = fault_named(kind)
    content = json.dumps(yaml.safe_load(fault.example))
    spec = fault.spec_model.model_validate_json(content, strict=True)
    assert fault(spec).problems(CAST) == []
    again = spec.model_dump_json(by_alias=True, exclude_unset=True)
    assert fault.spec_model.model_validate_json(again, strict=True) == spec


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("rate: 64", "has no unit; a bandwidth is a number with one of kB/s, MB/s"),
        ("rate: 64KiB/s", "did you mean `64kB/s`?"),
        ("rate: 0.5kB/s", "is not a whole number of kB/s"),
        ("rate: 0kB/s", "is too little; the least is 1kB/s"),
    ],
)
def test_a_bandwidth_that_toxiproxy_could_not_keep_is_refused(entry: str, message: str) -> None:
    content: dict[str, Any] = yaml.safe_load(
        f"{{fault: bandwidth, at: 1s, between: [workers, core], {entry}}}"
    )
    with pytest.raises(ValidationError, match=message.replace("?", r"\?")):
        BandwidthSpec.model_validate_json(json.dumps(content), strict=True)


def test_a_slice_that_could_be_empty_is_refused() -> None:
    with pytest.raises(ValidationError, match="must be less than size"):
        fault_from("{fault: slicer, between: [workers, core], size: 32B, variation: 32B}")


def test_delays_are_bounded_by_what_the_toxic_can_do() -> None:
    latency = fault_from(
        "{fault: latency, between: [workers, core], direction: both, latency: 100ms, jitter: 20ms}"
    )
    assert latency.delays_s(5.0) == pytest.approx(0.24)
    assert latency.delays_s(0.1) == pytest.approx(0.1)
    assert fault_from("{fault: bandwidth, between: [workers, core], rate: 4kB/s}").delays_s(5.0) == 5.0
    assert fault_from("{fault: partition, between: [workers, core]}").delays_s(5.0) == 0.0


def test_what_was_under_way_and_what_had_no_answer_could_be_redelivered() -> None:
    told = {"executions_in_flight": 3, "acks_in_flight": 1, "calls_unanswered_during": 2}
    assert cut_off(told) == {"redelivered": 6}
    assert cut_off({"enqueues_in_flight": 0, "calls_unanswered_during": 2}) == {}


def calls(answered: int, fast_ms: float | None, median_ms: float | None) -> Calls:
    return Calls(answered, fast_ms, median_ms, None, 0, 0, 0, 1.0)


@pytest.mark.parametrize(
    ("during", "beside_ms", "shown"),
    [
        (calls(20, 25.0, 60.0), 3.0, True),
        (calls(20, 25.0, 60.0), 20.0, False),  # what slows other connections down as well is the machine
        (calls(20, 25.0, 60.0), None, False),  # nothing to compare with
        (
            calls(20, 1.0, 60.0),
            3.0,
            False,
        ),  # a machine that stood still for a moment slows some down, not all
        (calls(4, 25.0, 60.0), 3.0, False),  # too few to tell
        (calls(0, None, None), 3.0, None),
    ],
)
def test_a_narrow_connection_slows_the_fast_calls_and_only_them(
    during: Calls, beside_ms: float | None, shown: bool | None
) -> None:
    assert slower(calls(100, 1.5, 2.0), during, beside_ms) is shown
