from __future__ import annotations

from chaos.experiment.keys import Key, keys_of_part
from chaos.experiment.model import FaultSpec, Load, TargetedSpec, Verify
from tests.experiment.specs import KillSpec, ServerSpec

KILL = {key.name: key for key in keys_of_part(KillSpec, but=("fault",))}


def test_every_key_is_there_but_those_left_out() -> None:
    assert list(KILL) == [
        "name", "at", "after", "when", "every", "spread", "times", "delay", "target", "signal", "restart-after",
    ]  # fmt: skip


def test_a_key_tells_whose_it_is() -> None:
    declared = {name: KILL[name].declared_by for name in ("at", "target", "signal")}
    assert declared == {"at": FaultSpec, "target": TargetedSpec, "signal": KillSpec}


def test_a_key_tells_whether_it_must_be_given_and_what_holds_without_it() -> None:
    assert (KILL["target"].due, KILL["target"].default) == (True, None)
    assert (KILL["delay"].due, KILL["delay"].default) == (False, "0s")
    assert (KILL["signal"].due, KILL["signal"].default) == (False, "SIGKILL")
    assert (KILL["every"].due, KILL["every"].default) == (False, None)


def _kinds(keys: dict[str, Key]) -> dict[str, str]:
    return {name: key.kind for name, key in keys.items()}


def test_a_key_tells_what_may_stand_there() -> None:
    kinds = _kinds(KILL)
    assert kinds["every"] == "a duration: a number with one of us, ms, s, min, h, d, such as `5s`"
    assert kinds["times"] == "a whole number from 1 to 10000"
    assert kinds["signal"] == "`SIGKILL` or `SIGTERM`"
    assert kinds["target"] == "text such as `core`, `one of workers` or `50% of workers`"
    assert kinds["when"].startswith("a condition, such as `throughput at-most 100/s`")
    assert kinds["name"] == "text"
    server = _kinds({key.name: key for key in keys_of_part(ServerSpec)})
    assert server["quota"] == "a whole number; or `none`"
    assert server["weight"] == "a number"
    assert server["cache"].startswith("a size: ")
    load = _kinds({key.name: key for key in keys_of_part(Load)})
    assert load["workers"] == "a mapping of `count`, `concurrency` and `runtime`"
    verify = _kinds({key.name: key for key in keys_of_part(Verify)})
    assert verify["guarantee"] == "`at-least-once`, `at-most-once` or `exactly-once`"
    assert verify["loss"] == "a whole number of at least 0"
