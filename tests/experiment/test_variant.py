"""In what way a system is set up and spoken to, where that is not as by default."""

from __future__ import annotations

from chaos.experiment.model import Experiment, Load, Runtime, SystemSpec, Workers
from chaos.experiment.variant import Variant, as_options, in_words, system_in_words
from chaos.systems.reseolio.system import ReseolioSpec

TWO_CORES: Variant = {"system.storage": "postgres", "system.cores": "2"}


def variant_of(system: SystemSpec, load: Load | None = None) -> Variant:
    return Experiment(title="x", system=system, load=load or Load(jobs=1, rate=1.0)).variant


def test_what_is_as_by_default_is_no_part_of_it() -> None:
    assert variant_of(ReseolioSpec(name="reseolio", storage="sqlite", cores=1)) == {}


def test_it_tells_how_the_system_is_set_up_and_what_speaks_to_it() -> None:
    two_cores = ReseolioSpec(name="reseolio", storage="postgres", cores=2)
    node = Load(jobs=1, rate=1.0, workers=Workers(runtime=Runtime.NODE), producer_runtime=Runtime.NODE)
    runtimes = {"load.workers.runtime": "node", "load.producer-runtime": "node"}
    assert variant_of(two_cores, node) == {**TWO_CORES, **runtimes}


def test_where_the_program_lies_is_a_matter_of_the_machine() -> None:
    spec = ReseolioSpec.model_validate({"name": "reseolio", "bin": "/home/me/core"})
    assert variant_of(spec) == {}


def test_a_database_server_that_was_there_before_is_another_one_than_that_of_a_run() -> None:
    url = "${env:DATABASE_URL}"
    spec = ReseolioSpec.model_validate({"name": "reseolio", "storage": "postgres", "database-url": url})
    assert variant_of(spec) == {"system.storage": "postgres", "system.database-url": url}


def test_it_can_be_read_and_be_put_into_a_command() -> None:
    assert in_words({**TWO_CORES, "load.workers.runtime": "node"}) == (
        "storage=postgres, cores=2, workers.runtime=node"
    )
    assert list(as_options(TWO_CORES)) == ["--set", "system.storage=postgres", "--set", "system.cores=2"]
    assert system_in_words("reseolio", TWO_CORES) == "reseolio (storage=postgres, cores=2)"
    assert system_in_words("reseolio", {}) == "reseolio"
    assert system_in_words("reseolio", None) == "reseolio (its variant is not told)"
