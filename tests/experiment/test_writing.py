from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.experiment.environment import EnvironmentText
from chaos.experiment.model import (
    AtJobs,
    AtTime,
    Backoff,
    Bound,
    Experiment,
    FaultSpec,
    Guarantee,
    HypothesisSpec,
    Job,
    Load,
    Recovery,
    SystemSpec,
    Verify,
    Window,
    Workers,
)
from chaos.experiment.reading import load_saved
from chaos.experiment.targets import Target
from chaos.experiment.tolerances import Change
from chaos.experiment.units import DURATION, Amount
from chaos.experiment.writing import digest_as_run, dump_experiment
from tests.experiment.specs import (
    KILL,
    VOCABULARY,
    AnythingSpec,
    Files,
    KillSpec,
    ReadySpec,
    ReferenceSpec,
    ServerSpec,
    ThroughputSpec,
    WordsSpec,
)

_durations = st.floats(0.001, 86_400)
_shares = st.floats(1e-9, 1)
_texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(lambda text: "${" not in text)
_systems: st.SearchStrategy[SystemSpec] = st.builds(ReferenceSpec, name=st.just("reference")) | st.builds(
    ServerSpec,
    name=st.just("server"),
    database_url=st.none() | _texts.map(EnvironmentText),
    cache_bytes=st.none() | st.integers(0, 2**40),
    quota=st.just("none") | st.integers(),
    weight=st.floats(allow_nan=False, allow_infinity=False).filter(
        lambda x: len(f"{x:f}") < 30 and abs(x) > 1e-6
    ),
)
_changes: st.SearchStrategy[Change | float] = st.floats(1e-9, 1000) | st.builds(
    Change, rise=st.floats(1e-9, 1000), fall=st.none() | _shares
)
_rates = st.floats(1e-9, 1e7)
_hold = st.lists(st.sampled_from(Window), min_size=1, unique=True).map(tuple)
_values = (
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(1e-6, 1e6).filter(lambda number: number != int(number))
    | _texts
)
_amounts = st.integers(-(10**9), 10**9).map(Amount) | st.floats(0.001, 1e6).map(Amount)
_hypotheses: st.SearchStrategy[HypothesisSpec] = st.one_of(
    st.builds(ThroughputSpec, probe=st.just("throughput"), at_least=_rates, hold=_hold),
    st.builds(
        ThroughputSpec,
        probe=st.just("throughput"),
        between=st.tuples(st.floats(1e-9, 1), st.floats(1, 1e7)),
        one_of=st.none() | st.lists(_rates, min_size=1, max_size=3).map(tuple),
        change=_changes,
        hold=st.just((Window.DURING, Window.AFTER)),
    ),
    st.builds(
        WordsSpec,
        probe=st.just("words"),
        one_of=st.lists(_texts, min_size=1, max_size=3).map(tuple),
        matches=st.none() | _texts.map(re.escape),
    ),
    st.builds(
        AnythingSpec,
        probe=st.just("anything"),
        equals=_values,
        one_of=st.none() | st.lists(_values, min_size=1, max_size=3).map(tuple),
        at_least=st.none() | _amounts,
    ),
    st.builds(
        AnythingSpec,
        probe=st.just("anything"),
        quantity_=st.just("duration"),
        at_most=_durations.map(lambda seconds: Amount(seconds, DURATION)),
    ),
)
_conditions: st.SearchStrategy[HypothesisSpec] = st.builds(
    ThroughputSpec, probe=st.just("throughput"), at_most=st.floats(1e-9, 1e7), over_s=_durations
) | st.builds(ReadySpec, probe=st.just("ready"), target=_texts, equals=st.booleans())
_moments: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"at": st.builds(AtTime, seconds=_durations) | st.builds(AtJobs, share=_shares)}),
    st.fixed_dictionaries({"after": st.just("first")}),
    st.fixed_dictionaries({"when": _conditions}),
    st.just({}),
)
_repetitions = st.fixed_dictionaries(
    {"every_s": st.floats(0.1, 86_400)}, optional={"spread": _shares, "times": st.integers(1, 10_000)}
)
_targets = st.builds(Target, st.just("workers"), share=_shares) | st.builds(
    Target, st.just("workers"), count=st.none() | st.integers(1, 200)
)


@st.composite
def _faults(draw: st.DrawFn) -> FaultSpec:
    moment: dict[str, Any] = draw(_moments)
    again: dict[str, Any] = draw(_repetitions | st.just({}) if moment else _repetitions)
    rest = {"restart_after_s": draw(st.none() | _durations), "delay_s": draw(_durations)}
    return KillSpec(fault="kill", target=draw(_targets), **moment, **again, **rest)


_FIRST = KillSpec(fault="kill", name="first", target=Target("core"), at=AtTime(seconds=1.0))
_jobs = st.builds(
    Job,
    duration_s=_durations,
    failure_rate=_shares,
    payload_bytes=st.integers(128, 2**20),
    backoff=st.sampled_from(Backoff),
)
_experiments = st.builds(
    Experiment,
    title=_texts,
    description=st.none() | _texts,
    seed=st.none() | st.integers(0, 2**63 - 1),
    system=_systems,
    load=st.builds(
        Load,
        jobs=st.integers(1, 10**8),
        rate=st.just("max") | st.floats(1e-6, 1e7),
        workers=st.builds(Workers, count=st.integers(0, 200)),
        job=_jobs,
        enqueued_twice=_shares,
    ),
    steady_state=st.lists(_hypotheses, max_size=2).map(tuple),
    faults=st.lists(_faults(), max_size=2).map(lambda drawn: (_FIRST, *drawn)),
    stop_when=st.lists(_conditions, max_size=2).map(tuple),
    verify=st.builds(
        Verify,
        guarantee=st.sampled_from(Guarantee),
        redelivered=st.none() | st.builds(Bound, at_most=st.integers(0, 10**9)),
        recovery=st.builds(Recovery, ready_s=st.none() | _durations),
    ),
)


@settings(deadline=None)
@given(_experiments)
def test_what_is_written_reads_back_equal(experiment: Experiment) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "experiment.yaml"
        path.write_text(dump_experiment(experiment), encoding="utf-8")
        assert load_saved(path, VOCABULARY) == experiment


def test_defaults_are_filled_in_and_units_are_written(files: Files) -> None:
    written = dump_experiment(files.read(KILL))
    assert "rate: 400/s" in written
    assert "at: 40% of jobs" in written
    assert "restart-after: 500ms" in written
    assert "enqueued-twice: 2%" in written
    assert "guarantee: at-least-once" in written


def test_what_is_absent_stays_absent(files: Files) -> None:
    assert "null" not in dump_experiment(files.read(KILL))


def test_a_change_made_by_a_program_is_written(files: Files) -> None:
    experiment = files.read(KILL).model_copy(update={"seed": 7})
    assert "seed: 7" in dump_experiment(experiment)


def test_the_digest_as_run_knows_neither_the_seed_nor_the_system(files: Files) -> None:
    experiment = files.read(KILL)
    other = experiment.model_copy(update={"seed": 7, "system": ServerSpec(name="server")})
    longer = experiment.model_copy(update={"load": experiment.load.model_copy(update={"jobs": 9_000})})
    assert digest_as_run(other) == digest_as_run(experiment)
    assert digest_as_run(longer) != digest_as_run(experiment)
