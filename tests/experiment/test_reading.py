from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chaos.experiment.model import AtJobs, AtTime, Guarantee, Window
from chaos.experiment.problems import InvalidExperiment
from chaos.experiment.reading import read_experiment
from tests.experiment.specs import KILL, SMALLEST, VOCABULARY, Files, KillSpec, ServerSpec


def test_an_experiment_becomes_typed_values(files: Files) -> None:
    experiment = files.read(
        """
        title: Killing the core
        system: {name: server, storage: postgres, cache: 1MiB}
        load:
          jobs: 5000
          rate: 400/s
          workers: {count: 3}
          job: {duration: 20ms, failure-rate: 5%, payload: 1KiB}
        steady-state:
          - {probe: throughput, at-least: 200/s, hold: [baseline, after]}
        faults:
          - {fault: kill, target: core, at: 40% of jobs, restart-after: 500ms}
          - {fault: kill, target: core, at: 2s, restart-after: 1s}
        verify:
          guarantee: exactly-once
          redelivered: {at-most: 50}
          recovery: {ready: 5s}
        """
    )
    assert experiment.system == ServerSpec(name="server", storage="postgres", cache_bytes=2**20)
    assert experiment.load.rate == 400.0
    assert experiment.load.workers.concurrency == 8
    assert experiment.load.job.payload_bytes == 1024
    assert experiment.steady_state[0].hold == (Window.BASELINE, Window.AFTER)
    first, second = experiment.faults
    assert isinstance(first, KillSpec)
    assert (first.at, first.restart_after_s) == (AtJobs(share=0.4), 0.5)
    assert second.at == AtTime(seconds=2.0)
    assert experiment.verify.guarantee is Guarantee.EXACTLY_ONCE
    assert {name: bound.at_most for name, bound in experiment.verify.bounds.items()} == {"redelivered": 50}
    assert experiment.verify.recovery.ready_s == 5.0


def test_a_system_may_be_named_alone(files: Files) -> None:
    assert files.read(SMALLEST).system.name == "reference"


def test_a_rate_may_be_max(files: Files) -> None:
    assert files.read(SMALLEST.replace("400/s", "max")).load.rate == "max"


def test_workers_may_be_none(files: Files) -> None:
    assert files.read(SMALLEST, ["load.workers.count=0"]).load.workers.count == 0


def test_every_problem_is_told_at_once_in_the_order_of_the_file(files: Files) -> None:
    assert files.problems(
        """\
        title: 5
        system: refernce
        load:
          job: 5000
          rate: 400
          workers: {count: -1, concurency: 8}
        steady-state:
          - {probe: throughput}
          - {probe: ready, equals: yes, hold: []}
        faults:
          - {fault: kil, target: core, at: 2s}
          - {fault: kill, target: core, at: 40%}
        verify:
          guarantee: at-least-onc
          redelivered: 50
        """
    ) == [
        "1:8: title: text is due here, not `5`; put it in quotes",
        "2:9: system: there is no system named `refernce` (did you mean `reference`?)",
        "3:1: load.jobs: `jobs` is missing",
        "4:8: load.job: a mapping is due here, not `5000`, such as `{key: value}`",
        "5:9: load.rate: `400` has no unit; a rate is a number with one of /s, /min, /h, such as `5/s`, "
        "or the word `max`",
        "6:20: load.workers.count: `-1` is out of bounds; the least is 0",
        "6:24: load.workers.concurency: unknown key (did you mean `concurrency`?)",
        "8:5: steady-state[0]: there is nothing to hold; "
        "give `equals`, `at-least`, `at-most`, `between`, `one-of` or `change`",
        "9:28: steady-state[1].equals: `true` or `false` is due here, not the text `yes`",
        "9:39: steady-state[1].hold: at least one entry is due here, not `[]`",
        "11:13: faults[0].fault: there is no fault named `kil` (did you mean `kill`?)",
        "12:37: faults[1].at: `40%` does not say of what; write it as `40% of jobs`",
        "14:14: verify.guarantee: `at-least-onc` is not one of `at-least-once`, `at-most-once` or `exactly-once` "
        "(did you mean `at-least-once`?)",
        "15:16: verify.redelivered: a mapping is due here, not `50`, such as `{key: value}`",
    ]


def test_a_misspelt_key_is_not_told_as_missing_too(files: Files) -> None:
    assert files.problems(SMALLEST.replace("jobs:", "jbos:")) == [
        "3:8: load.jbos: unknown key (did you mean `jobs`?)"
    ]


def test_a_key_in_the_wrong_place_is_told_where_it_belongs(files: Files) -> None:
    assert files.problems(SMALLEST + "timeout: 5s\n") == [
        "4:1: timeout: unknown key; `timeout` belongs in `load.job`"
    ]


def test_a_key_like_no_other_is_told_what_is_known(files: Files) -> None:
    (problem,) = files.problems(SMALLEST + "verify: {evidence: {zzz: 5%}}\n")
    assert problem == "4:21: verify.evidence.zzz: unknown key; known here: `acknowledged`"


def test_a_duplicate_key_does_not_hide_other_problems(files: Files) -> None:
    assert len(files.problems(SMALLEST + "title: again\nseed: -1\n")) == 2


def test_numbers_and_text_are_not_taken_for_each_other(files: Files) -> None:
    assert files.read(SMALLEST.replace("The smallest experiment", "010")).title == "010"
    assert files.problems(SMALLEST.replace("5000", "'5000'")) == [
        "3:14: load.jobs: a whole number is due here, not the text `5000`"
    ]
    assert files.problems(SMALLEST.replace("5000", "5000.0")) == [
        "3:14: load.jobs: a whole number is due here, not `5000.0`"
    ]
    assert files.problems(SMALLEST.replace("5000", "true")) == [
        "3:14: load.jobs: a whole number is due here, not `true`"
    ]


def test_a_section_left_empty_is_told(files: Files) -> None:
    assert files.problems(SMALLEST + "faults:\n") == [
        "4:8: faults: a list is due here, and nothing stands here"
    ]


def test_a_file_that_is_no_mapping_is_told(files: Files) -> None:
    (problem,) = files.problems("- title: x\n")
    assert problem.startswith("1:1: an experiment is written as keys with values: `title:`, `system:`")


def test_a_value_of_several_kinds_is_told_all_of_them(files: Files) -> None:
    (problem,) = files.problems(SMALLEST, ["system={name: server, quota: 1.5}"])
    assert problem.endswith(
        "system.quota: a whole number is due here, not `1.5`; or `1.5` is not one of `none`"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("load.rate=0/s", "`0/s` enqueues nothing; write a rate above 0, or the word `max`"),
        ("load.job.timeout=0s", "`0s` is too little; the least is 1ms"),
        ("load.job.payload=64B", "`64B` is too little; the least is 128B"),
        ("load.job.payload=5MiB", "`5MiB` is too much; the most is 3MiB"),
        ("load.job.initial-delay=9s", "initial-delay (9s) is longer than max-delay (2s)"),
        ("load={jobs: 9, rate: max, burst: 3}", "all jobs arrive at once, so there are no bursts"),
        ("load={jobs: 9, rate: 9/s, workflow: {steps: 3}}", "take a multiple of 4"),
        ("load={jobs: 8, rate: 9/s, workflow: {steps: 3}}", "take 2 workers or more"),
        (
            "load={jobs: 8, rate: 9/s, workflow: {steps: 3}, workers: {count: 2}, retry-dead: true}",
            "take neither `cancel` nor `retry-dead`",
        ),
        (
            "load={jobs: 8, rate: 9/s, workflow: {steps: 3}, workers: {count: 2}, "
            'schedules: {count: 1, crons: ["* * * * *"]}}',
            "a load has workflows or schedules",
        ),
        (
            "load={jobs: 8, rate: 9/s, workflow: {steps: 3}, workers: {count: 2, runtime: node}}",
            "workers of the runtime node enqueue no steps",
        ),
        ("steady-state=[{probe: ready, hold: [after, after]}]", "a window stands twice in this list"),
        ("steady-state=[{probe: throughput, at-least: 5/s, at-most: 4/s}]", "at-least is more than at-most"),
    ],
)
def test_what_makes_no_sense_is_refused(files: Files, change: str, said: str) -> None:
    (problem,) = files.problems(SMALLEST, [change])
    assert said in problem


def test_two_faults_do_not_share_a_name(files: Files) -> None:
    fault = "{fault: lossy, target: core, at: 2s, name: it}"
    (problem,) = files.problems(SMALLEST + f"faults:\n  - {fault}\n  - {fault}\n")
    assert problem == "6:48: faults[1].name: the name `it` is taken by an entry above"


def test_messages_are_fit_for_a_terminal(files: Files) -> None:
    (problem,) = files.problems(SMALLEST + f'"\\e[31m{"x" * 200}": 1\n')
    assert problem.isprintable()


_YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_KEYS = ["title", "system", "load", "steady-state", "faults", "verify", "seed", "description"]
_TREES = st.dictionaries(
    st.sampled_from(_KEYS),
    _YAML
    | st.fixed_dictionaries({"name": st.sampled_from(["reference", "server"])}, optional={"quota": _YAML})
    | st.fixed_dictionaries({"jobs": _YAML, "rate": _YAML}, optional={"workers": _YAML, "job": _YAML})
    | st.lists(st.fixed_dictionaries({"fault": st.just("kill"), "at": _YAML, "target": _YAML}), max_size=2)
    | st.lists(
        st.fixed_dictionaries({"probe": st.just("ready"), "hold": _YAML, "equals": _YAML}), max_size=2
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=200) | _TREES.map(lambda tree: json.dumps(tree, ensure_ascii=False)))
@example("title: [\n")
@example('{"faults": [[{}]], "steady-state": {"a": 1}, "system": {"name": []}}')
def test_any_text_is_an_experiment_or_has_problems_with_places(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        read_experiment(path, VOCABULARY)
    except InvalidExperiment as invalid:
        problems = invalid.problems
    else:
        return
    assert problems
    for problem in problems:
        assert problem.line is not None
        assert problem.column is not None
        assert str(problem).isprintable()


def test_the_kill_experiment_is_fine(files: Files) -> None:
    assert len(files.read(KILL).faults) == 1
