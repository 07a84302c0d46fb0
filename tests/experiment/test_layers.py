"""Files that extend each other, and profiles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from chaos.experiment.layers import profile_names, read_layers
from chaos.experiment.model import Experiment
from chaos.experiment.problems import InvalidExperiment
from chaos.experiment.reading import load_saved, read_experiment, read_with_places
from chaos.experiment.schema import json_schema
from chaos.experiment.writing import dump_experiment
from chaos.experiment.yaml_reader import Unreadable, read_text
from tests.experiment.specs import KILL, SMALLEST, VOCABULARY

FULL = """\
extends: base.yaml
title: More of it
load: {jobs: 9000}
profiles:
  full:
    load: {jobs: 1000000, workers: {count: 10}}
    verify: {drain: {at-most: 2h}}
"""


class Directory:
    """Experiments beside each other, the first of them asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, **texts: str) -> Path:
        for name, text in texts.items():
            (self.path / f"{name}.yaml").write_text(text, encoding="utf-8")
        return self.path / f"{next(iter(texts))}.yaml"

    def read(self, profile: str | None = None, **texts: str) -> Experiment:
        return read_experiment(self.write(**texts), VOCABULARY, profile=profile)

    def problems(self, profile: str | None = None, **texts: str) -> list[str]:
        with pytest.raises(InvalidExperiment) as caught:
            self.read(profile, **texts)
        return [str(problem).replace(f"{self.path}/", "") for problem in caught.value.problems]


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path)


def test_a_file_says_only_what_is_different_from_the_one_that_it_extends(directory: Directory) -> None:
    read = directory.read(mine="extends: base.yaml\nload: {jobs: 7000}\n", base=KILL)
    assert (read.title, read.load.jobs, read.load.rate) == ("Killing the core", 7000, 400.0)
    assert [fault.fault for fault in read.faults] == ["kill"]


def test_lists_are_replaced_and_not_added_to(directory: Directory) -> None:
    read = directory.read(mine="extends: base.yaml\nfaults: []\nsteady-state: []\n", base=KILL)
    assert (read.faults, read.steady_state) == ((), ())


def test_a_profile_is_laid_over_the_file_and_what_it_extends(directory: Directory) -> None:
    texts = {"mine": FULL, "base": KILL}
    assert directory.read(**texts).load.jobs == 9000
    full = directory.read("full", **texts)
    assert (full.load.jobs, full.load.rate, full.load.workers.count) == (1_000_000, 400.0, 10)
    assert full.verify.drain.at_most_s == 7200


def test_a_profile_of_the_extended_file_is_added_to(directory: Directory) -> None:
    base = f"{SMALLEST}profiles:\n  full: {{load: {{jobs: 10, rate: 5/s}}}}\n  long: {{}}\n"
    mine = "extends: base.yaml\nprofiles:\n  full: {load: {jobs: 20}}\n"
    read = directory.read("full", mine=mine, base=base)
    assert (read.load.jobs, read.load.rate) == (20, 5.0)
    assert profile_names(directory.path / "mine.yaml") == ("full", "long")


def test_files_are_found_beside_the_one_that_names_them(directory: Directory) -> None:
    inner = directory.path / "inner"
    inner.mkdir()
    (inner / "base.yaml").write_text("extends: ../top.yaml\ntitle: inner\n", encoding="utf-8")
    read = directory.read(mine="extends: inner/base.yaml\nload: {jobs: 1}\n", top=SMALLEST)
    assert (read.title, read.load.jobs, read.load.rate) == ("inner", 1, 400.0)


@pytest.mark.parametrize(
    ("system", "weight"),
    [("{weight: 3}", 3.0), ("{name: server, weight: 3}", 3.0), ("server", 1.0), ("{name: server}", 2.0)],
)
def test_a_system_keeps_its_options_unless_it_is_named_anew(
    system: str, weight: float, directory: Directory
) -> None:
    base = SMALLEST.replace("system: reference", "system: {name: server, weight: 2}")
    read = directory.read(mine=f"extends: base.yaml\nsystem: {system}\n", base=base)
    assert read.system.weight == weight  # type: ignore[attr-defined]


def test_another_system_leaves_the_options_of_the_first_behind(directory: Directory) -> None:
    base = SMALLEST.replace("system: reference", "system: {name: server, weight: 2}")
    read = directory.read(mine="extends: base.yaml\nsystem: {name: reference}\n", base=base)
    assert read.system.name == "reference"


def test_options_can_be_added_to_a_system_that_is_only_named(directory: Directory) -> None:
    base = SMALLEST.replace("system: reference", "system: server")
    read = directory.read(mine="extends: base.yaml\nsystem: {name: server, weight: 4}\n", base=base)
    assert read.system.weight == 4.0  # type: ignore[attr-defined]


def test_a_problem_names_the_file_that_it_comes_from(directory: Directory) -> None:
    base = KILL.replace("rate: 400/s", "rate: 400").replace("target: core", "target: cor")
    mine = "extends: base.yaml\nload:\n  jobs: none\nprofiles:\n  full:\n    load: {jbs: 3}\n"
    assert directory.problems(mine=mine, base=base) == [
        "base.yaml:3:26: load.rate: `400` has no unit; a rate is a number with one of /s, /min, /h, such as `5/s`, "
        "or the word `max`",
        "mine.yaml:3:9: load.jobs: a whole number is due here, not the text `none`",
    ]
    assert "mine.yaml:6:12: load.jbs: unknown key (did you mean `jobs`?)" in directory.problems(
        "full", mine=mine, base=base
    )


def test_what_can_not_come_true_is_told_at_the_layer_that_made_it_so(directory: Directory) -> None:
    found = directory.problems(mine="extends: base.yaml\nload: {jobs: 400}\n", base=KILL)
    assert found
    assert all(problem.startswith("base.yaml:7:37: faults[0].at: only ") for problem in found)


def test_what_is_missing_is_missing_in_the_file_that_was_asked_for(directory: Directory) -> None:
    found = directory.problems(
        mine="extends: base.yaml\n", base="system: reference\nload: {jobs: 1, rate: 1/s}\n"
    )
    assert found == ["mine.yaml:1:1: title: `title` is missing"]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            {"mine": "extends: bas.yaml\n"},
            "mine.yaml:1:10: extends: bas.yaml: there is no such file",
        ),
        (
            {"mine": "extends: base.yaml\n", "base": "extends: gone.yaml\n"},
            "base.yaml:1:10: extends: gone.yaml: there is no such file",
        ),
        (
            {"mine": "extends: base.yaml\n", "base": "extends: mine.yaml\n"},
            "base.yaml:1:10: extends: `mine.yaml` extends this file itself, if by way of others",
        ),
        (
            {"mine": "extends: mine.yaml\n"},
            "mine.yaml:1:10: extends: `mine.yaml` extends this file itself, if by way of others",
        ),
        (
            {"mine": "extends: [a]\n"},
            'mine.yaml:1:10: extends: the path of a file is due here, and `["a"]` stands here',
        ),
        ({"mine": "extends: base.yaml\n", "base": "title: {\n"}, "base.yaml:2:1:"),
        (
            {"mine": f"extend: base.yaml\n{SMALLEST}"},
            "mine.yaml:1:1: extend: unknown key (did you mean `extends`?)",
        ),
        ({"mine": f"{SMALLEST}profiles: [full]\n"}, "mine.yaml:4:11: profiles: profiles are written as"),
        ({"mine": f"{SMALLEST}profiles: {{full: 3}}\n"}, "mine.yaml:4:11: profiles: profiles are written as"),
        (
            {"mine": f"{SMALLEST}profiles: {{full: {{extends: a.yaml}}}}\n"},
            "mine.yaml:4:19: extends: `extends` stands at the top of a file, not in a profile",
        ),
    ],
)
def test_what_makes_no_layers_is_refused_at_its_place(
    texts: dict[str, str], said: str, directory: Directory
) -> None:
    (problem,) = directory.problems(**texts)
    assert problem.startswith(said)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("ful", "--profile ful: mine.yaml has no profile named `ful` (did you mean `full`?)"),
        ("night", "--profile night: mine.yaml has no profile named `night`; it has `full`"),
    ],
)
def test_an_unknown_profile_names_the_nearest(profile: str, said: str, directory: Directory) -> None:
    assert directory.problems(profile, mine=FULL, base=KILL) == [said]


def test_a_file_without_profiles_says_so(directory: Directory) -> None:
    assert directory.problems("full", mine=SMALLEST) == [
        "--profile full: mine.yaml has no profile named `full`; it has nothing"
    ]


def test_overrides_come_last(directory: Directory) -> None:
    path = directory.write(mine=FULL, base=KILL)
    read = read_experiment(path, VOCABULARY, ["load.jobs=5000"], profile="full")
    assert read.load.jobs == 5000


def test_what_is_saved_is_the_merged_experiment(directory: Directory) -> None:
    full = directory.read("full", mine=FULL, base=KILL)
    saved = directory.write(saved=dump_experiment(full))
    assert load_saved(saved, VOCABULARY) == full


def test_the_digest_covers_every_file_that_was_read(directory: Directory) -> None:
    def digest(**texts: str) -> str:
        return read_with_places(directory.write(**texts), VOCABULARY).sha256

    first = digest(mine=FULL, base=KILL)
    assert first == digest(mine=FULL, base=KILL)
    assert first != digest(mine=FULL, base=f"{KILL}# changed\n")
    assert first != digest(mine=f"{FULL}# changed\n", base=KILL)


def test_the_schema_lets_a_layer_say_only_what_is_different() -> None:
    validator = Draft202012Validator(json_schema(VOCABULARY))
    validator.validate(read_text(FULL, "f").value)
    validator.validate(read_text(f"{SMALLEST}profiles: {{full: {{load: {{jobs: 3}}}}}}\n", "f").value)
    for wrong in (
        FULL.replace("extends: base.yaml\n", ""),
        FULL.replace("jobs: 1000000", "jobs: many"),
        FULL.replace("    verify:", "    verfy:"),
        SMALLEST.replace("jobs: 5000, ", ""),
    ):
        assert not validator.is_valid(read_text(wrong, "f").value)


KEYS = st.sampled_from(["title", "load", "verify", "a"])
TREES: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(KEYS, TREES, max_size=4)


def laid_over(below: Any, above: Any) -> Any:
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {
        **below,
        **{key: laid_over(below[key], value) if key in below else value for key, value in above.items()},
    }


@given(MAPPINGS, MAPPINGS)
def test_every_value_that_is_left_has_the_place_of_the_file_that_says_it(
    tmp_path_factory: pytest.TempPathFactory, below: dict[str, Any], above: dict[str, Any]
) -> None:
    directory = tmp_path_factory.mktemp("layers")
    (directory / "below.yaml").write_text(yaml.safe_dump(below), encoding="utf-8")
    (directory / "above.yaml").write_text(
        yaml.safe_dump({"extends": "below.yaml", **above}), encoding="utf-8"
    )
    document = read_layers(directory / "above.yaml")
    assert document.value == laid_over(below, above)
    for path, place in document.places.items():
        value: Any = document.value
        said_above: Any = above
        for part in path:
            value = value[part]
            said_above = said_above[part] if _has(said_above, part) else None
        if not isinstance(value, dict):
            assert Path(place.file).stem == (
                "above" if said_above == value and said_above is not None else "below"
            )


def _has(holder: Any, part: Any) -> bool:
    return part in holder if isinstance(holder, dict) else isinstance(holder, list) and part < len(holder)


def test_a_file_that_can_not_be_read_has_no_profiles(tmp_path: Path) -> None:
    assert profile_names(tmp_path / "gone.yaml") == ()
    with pytest.raises(Unreadable):
        read_layers(tmp_path / "gone.yaml")
