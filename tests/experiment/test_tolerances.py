from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.experiment.hypothesis_spec import HypothesisSpec
from chaos.experiment.tolerances import Answer, Tolerance, number_in
from tests.experiment.specs import AnythingSpec, Files, ThroughputSpec, WordsSpec

_numbers = st.floats(-1e9, 1e9)


def held(spec: HypothesisSpec, answer: Answer, *baseline: Answer) -> bool:
    return spec.tolerance.judge(answer, baseline).held


def anything(**tolerance: object) -> AnythingSpec:
    return AnythingSpec.model_validate({"probe": "anything", **tolerance})


@given(st.lists(_numbers, min_size=2, max_size=2).map(sorted), _numbers)
def test_a_number_between_two_is_at_least_the_first_and_at_most_the_second(
    ends: list[float], answer: float
) -> None:
    low, high = ends
    expected = low <= answer <= high
    assert held(anything(between=[low, high]), answer) is expected
    assert held(anything(at_least=low, at_most=high), answer) is expected


@given(_numbers)
def test_a_number_is_the_same_as_the_text_that_says_it(number: float) -> None:
    assert held(anything(equals=number), repr(number))
    assert number_in(f" {number!r}\n") == number


@pytest.mark.parametrize("text", ["", "one", "1 2", "nan", "inf", "1_000", "0x10", "1,5", "٣"])
def test_other_text_is_no_number_and_is_within_no_bounds(text: str) -> None:
    judgement = anything(at_least=-1e300).tolerance.judge(text)
    assert not judgement.held
    assert "is no number" in judgement.note


@given(
    st.lists(st.floats(0.001, 1e6), min_size=1, max_size=9),
    st.floats(0, 2),
    st.floats(0, 1),
    st.floats(0, 4e6),
)
def test_a_change_counts_from_the_median_of_the_baseline(
    baseline: list[float], rise: float, fall: float, answer: float
) -> None:
    median = statistics.median(baseline)
    spec = anything(change={"rise": rise, "fall": fall}, hold=["after"])
    assert held(spec, answer, *baseline) is (
        median - fall * abs(median) <= answer <= median + rise * abs(median)
    )


@given(st.floats(0.001, 1e6), st.floats(0, 2), st.floats(0, 4e6))
def test_a_change_without_a_side_is_meant_either_way(before: float, change: float, answer: float) -> None:
    either = anything(change=change, hold=["after"])
    both = anything(change={"rise": change, "fall": change}, hold=["after"])
    assert held(either, answer, before) is held(both, answer, before)


def test_without_a_baseline_or_with_one_of_nothing_no_change_is_well() -> None:
    spec = anything(change=0.5, hold=["after"])
    assert "no number to compare with" in spec.tolerance.judge(1.0).note
    assert "no change of it can be told" in spec.tolerance.judge(1.0, [0.0, 0.0]).note
    assert held(spec, 0.0, 0.0)


def test_all_that_is_given_must_hold() -> None:
    spec = anything(at_least=5, one_of=[1, 5, 9], matches="^5")
    assert [held(spec, answer) for answer in (1.0, 5.0, 9.0)] == [False, True, False]


def test_a_truth_value_is_no_number_and_no_text() -> None:
    assert held(anything(equals=True), True)
    assert not held(anything(equals=True), 1.0)
    assert not held(anything(equals=1), True)
    assert not held(anything(equals="true"), True)
    assert held(anything(matches="^true$"), True)


def test_words_are_compared_whole_and_patterns_found_anywhere() -> None:
    spec = WordsSpec(probe="words", one_of=("running", "stopped"), matches="^r")
    assert [held(spec, word) for word in ("running", "stopped", "runn")] == [True, False, False]
    assert held(anything(equals="5"), "5")
    assert not held(anything(equals="5"), 5.0)
    assert held(anything(matches="20[0-9]"), 204.0)


@pytest.mark.parametrize(
    ("tolerance", "answers", "worst"),
    [
        ({"at_most": 9}, [3.0, 20.0, 7.0], 20.0),
        ({"at_least": 5}, [3.0, 20.0, 7.0], 3.0),
        ({"between": [5, 9]}, [3.0, 20.0, 7.0], 20.0),
        ({"between": [5, 9]}, [1.0, 11.0, 7.0], 1.0),
        ({"change": {"rise": 0.1}, "hold": ["after"]}, [3.0, 20.0], 20.0),
        ({"change": {"fall": 0.1}, "hold": ["after"]}, [3.0, 20.0], 3.0),
        ({"equals": "ok"}, ["no", "never"], "no"),
    ],
)
def test_the_worst_answer_is_the_one_furthest_out(
    tolerance: dict[str, object], answers: list[Answer], worst: Answer
) -> None:
    assert anything(**tolerance).tolerance.worst(answers) == worst


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (ThroughputSpec(probe="throughput", at_least=5.0, at_most=9.0), "at least 5/s and at most 9/s"),
        (anything(between=["20ms", "1s"], quantity="duration"), "between 20ms and 1s"),
        (anything(one_of=[200, 204]), "one of 200, 204"),
        (anything(equals=True), "equals true"),
        (anything(matches="^a+$"), "matches `^a+$`"),
        (anything(change=0.2, hold=["after"]), "at most 20% from the baseline"),
        (
            anything(change={"rise": 3.0, "fall": 0.1}, hold=["after"]),
            "at most 300% above and 10% below the baseline",
        ),
    ],
)
def test_a_tolerance_reads_as_words(spec: HypothesisSpec, words: str) -> None:
    assert str(spec.tolerance) == words


def test_no_tolerance_takes_every_answer() -> None:
    assert Tolerance({}, {}).judge("anything").held


EXPERIMENT = (
    "title: x\nsystem: reference\nload: {{jobs: 5000, rate: 400/s}}\nsteady-state:\n  - {{probe: {}}}\n"
)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (
            "anything",
            "5:5: steady-state[0]: there is nothing to hold; give `equals`, `at-least`, `at-most`, ",
        ),
        (
            "anything, between: [9, 5]",
            "5:32: steady-state[0].between: the first of the two is more than the second",
        ),
        ("anything, between: [5]", "5:23: steady-state[0].between: its entry number 2 is missing"),
        (
            "anything, at-least: 9, at-most: 5",
            "5:33: steady-state[0].at-least: at-least is more than at-most",
        ),
        ("anything, one-of: []", "5:31: steady-state[0].one-of: at least one entry is due here"),
        ("anything, matches: '('", "5:32: steady-state[0].matches: `(` is no regular expression: "),
        (
            "anything, at-most: 20ms",
            "5:32: steady-state[0].at-most: `20ms` does not fit: the answer is a plain number",
        ),
        (
            "anything, quantity: duration, at-most: 20",
            "5:52: steady-state[0].at-most: `20` does not fit: the answer is a duration, a number with one of us, ms",
        ),
        (
            "anything, at-most: often",
            "5:32: steady-state[0].at-most: `often` is no number, and no number with a unit",
        ),
        (
            "anything, kind: WORD, at-most: 5",
            "5:44: steady-state[0].at-most: `at-most` does not fit: the answer is a ",
        ),
        (
            "anything, kind: WORD, equals: 5",
            "5:43: steady-state[0].equals: `5` does not fit: the answer is a word",
        ),
        (
            "anything, kind: NUMBER, equals: true",
            "5:45: steady-state[0].equals: `true` does not fit: the answer",
        ),
        (
            "anything, kind: NUMBER, matches: a",
            "5:46: steady-state[0].matches: `matches` does not fit: the answer",
        ),
        (
            "throughput, between: [5, 9]",
            "5:35: steady-state[0].between[0]: `5` has no unit; a rate is a number with ",
        ),
        ("throughput, change: 20, hold: [after]", "`20` has no unit; a change is a number with the unit %"),
        ("throughput, change: {}, hold: [after]", "a change is bounded by `rise`, by `fall`, or by both"),
        (
            "throughput, change: 20%",
            "5:5: steady-state[0]: a change counts from the baseline, so it can't hold in the ",
        ),
        (
            "throughput, change: 20%, hold: [baseline]",
            "5:44: steady-state[0].hold: a change counts from the baseline, so it can't hold in the baseline; write",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(files: Files, entry: str, problem: str) -> None:
    found = files.problems(EXPERIMENT.format(entry))
    assert any(problem in line for line in found), found


def test_a_condition_has_no_baseline_to_count_a_change_from(files: Files) -> None:
    text = "title: x\nsystem: reference\nload: {jobs: 5000, rate: 400/s}\nstop-when: {probe: throughput, change: 20%}\n"
    assert any("no baseline that a change could count from" in line for line in files.problems(text))


def test_a_baseline_must_be_long_enough_for_what_is_compared_with_it(files: Files) -> None:
    text = EXPERIMENT.format("throughput, change: 20%, hold: [after], over: 3s")
    faults = "faults: [{fault: kill, target: core, at: 1s, restart-after: 1s}]\n"
    assert any("only 1s is left before the first fault" in line for line in files.problems(text + faults))
