"""The queue as a system under test: prepared, started by its component's command, asked."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from pydantic import ValidationError

from chaos.experiment.model import SystemSpec
from chaos.systems.reference.defects import DEFECTS
from chaos.systems.reference.system import ReferenceSpec, ReferenceSystem
from chaos.systems.registry import system_named
from tests.systems.reference.served import WITHIN_S


async def becomes_ready(system: ReferenceSystem) -> bool:
    [core] = system.prepare()
    assert not await core.is_ready()
    child = subprocess.Popen(core.command, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        async with asyncio.timeout(WITHIN_S):
            while not await core.is_ready():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return core.address in system.addresses
    finally:
        child.kill()
        child.wait()


def test_its_component_is_ready_once_it_runs(tmp_path: Path) -> None:
    assert asyncio.run(becomes_ready(ReferenceSystem(ReferenceSpec(name="reference"), tmp_path / "core")))


def test_making_it_starts_and_writes_nothing(tmp_path: Path) -> None:
    system = ReferenceSystem(ReferenceSpec(name="reference"), tmp_path / "core")
    assert not list(tmp_path.iterdir())
    assert [core.name for core in system.prepare()] == list(
        ReferenceSystem.component_groups(system._spec)["cores"]
    )


def test_a_defect_reaches_the_command(tmp_path: Path) -> None:
    [core] = ReferenceSystem(ReferenceSpec(name="reference", defect="marked-dead"), tmp_path).prepare()
    assert core.command[-2:] == ("--defect", "marked-dead")


def test_with_a_defect_it_is_another_version(tmp_path: Path) -> None:
    sound = ReferenceSystem(ReferenceSpec(name="reference"), tmp_path).describe().version
    planted = ReferenceSystem(ReferenceSpec(name="reference", defect="marked-dead"), tmp_path)
    assert planted.describe().version == f"{sound}+marked-dead"


def test_a_defect_that_does_not_exist_is_refused() -> None:
    with pytest.raises(
        ValidationError, match="no defect is called 'coffee-spilled'; there are ack-forgotten"
    ):
        ReferenceSpec(name="reference", defect="coffee-spilled")


def test_the_spec_of_another_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="ReferenceSpec"):
        ReferenceSystem(SystemSpec(name="another"), tmp_path)


def test_it_is_found_by_its_name() -> None:
    assert system_named("reference") is ReferenceSystem


def test_defects_are_documented() -> None:
    assert all(name == defect.name and defect.sentence for name, defect in DEFECTS.items())


def test_several_cores_are_refused_with_what_can_have_them() -> None:
    with pytest.raises(
        ValidationError, match=r"2 cores can't share; take one, or the system `reseolio` with `storage: p"
    ):
        ReferenceSpec.model_validate({"name": "reference", "cores": 2})
