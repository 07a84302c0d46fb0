from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chaos.experiment.yaml_reader import MOST_BYTES, Unreadable, read_file, read_text


def said_of(text: str) -> str:
    """What is said of text that can't be read."""
    with pytest.raises(Unreadable) as caught:
        read_text(text, "f")
    return str(caught.value)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("5", 5),
        ("-5", -5),
        ("0.25", 0.25),
        *(
            (text, text)
            for text in [
                "off",
                "yes",
                "True",
                "~",
                "010",
                "1e6",
                "1:30",
                "0x1f",
                "1_000",
                ".5",
                "2020-01-01",
                "+1",
            ]
        ),
        ("'5'", "5"),
        ('"true"', "true"),
    ],
)
def test_only_plain_words_and_decimal_numbers_are_resolved(scalar: str, value: Any) -> None:
    read = read_text(f"key: {scalar}", "f").value["key"]
    assert read == value
    assert type(read) is type(value)


def test_every_key_and_value_has_its_place() -> None:
    document = read_text("load:\n  jobs: 5\nfaults:\n  - {at: 2s}\n", "f")
    assert str(document.key_places["load", "jobs"]) == "f:2:3"
    assert str(document.places["load", "jobs"]) == "f:2:9"
    assert str(document.places["faults", 0, "at"]) == "f:4:10"


def test_a_duplicate_key_is_told_with_both_places() -> None:
    document = read_text("a: 1\nb: 2\na: 3\n", "f")
    assert [str(problem) for problem in document.problems] == [
        "f:3:1: a: this key stands twice; it is already on line 1, column 1"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("every: */5 * * * *", "f:1:8: text that begins with `*` needs quotes: '*…'"),
        ("every: * * * * *", "f:1:8: text that begins with `*` needs quotes: '*…'"),
        (
            "a: *b",
            "f:1:4: `*b` refers to `&b`, which does not stand before it; put text that begins with `*` in quotes",
        ),
        (
            "a: &a [*a]",
            "f:1:8: `*a` refers to `&a`, which does not stand before it; put text that begins with `*` in quotes",
        ),
        ("a:\n\tb: 1", "f:2:1: a tab can't stand here; indent with spaces"),
        (
            "a: b: c",
            "f:1:5: no key can stand here: check the indentation, and put text that holds `: ` in quotes",
        ),
        ("a: {b: ${env:C}}", "f:1:9: `${env:NAME}` needs quotes inside of `{…}` or `[…]`"),
        ("a: 'b", "f:1:4: this quote is never closed"),
        ("a: @b", "f:1:4: text that begins with `@` needs quotes"),
        (
            "a: 1\n---\nb: 2",
            "f:2:1: a second document begins here; write each experiment in a file of its own",
        ),
        ("", "f:1:1: this file is empty"),
        ("# nothing", "f:1:1: this file is empty"),
        ("a: \x07", "f:1:4: the character U+0007 can't stand in YAML"),
        ('a: "\\UFFFFFFFF"', "f:1:5: this escape names no character"),
        ('a: "\\ud800"', "f:1:4: this holds half of a character (a surrogate escape)"),
        ("[" * 100, "f:1:34: this is nested more than 32 deep"),
    ],
)
def test_what_is_no_yaml_is_told_in_words_about_the_file(text: str, said: str) -> None:
    assert said_of(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: !!python/object:os.system x", "are not part of the language; leave it away"),
        ("a: !secret x", "tags such as `!secret` are not part of the language; leave it away"),
        ("<<: {a: 1}", "merge keys (`<<`) are not part of the language; write the keys out"),
        ("? [a]\n: b", "a key is a word, not a list or a mapping"),
        (f"a: {'9' * 41}", "this number has more than 40 characters"),
    ],
)
def test_what_the_language_leaves_out_is_refused(text: str, said: str) -> None:
    (problem,) = read_text(text, "f").problems
    assert said in problem.message


def test_an_alias_stands_for_what_its_anchor_names() -> None:
    document = read_text("a: &job {duration: 5ms}\nb: *job\n", "f")
    assert document.value["b"] == {"duration": "5ms"}
    assert str(document.places["b", "duration"]) == "f:1:20"


def test_aliases_that_multiply_are_bounded() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "more than 10000 values" in said_of("\n".join(layers))


def test_a_file_that_is_not_utf8_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("a: 1\nb: é".encode("latin-1"))
    with pytest.raises(Unreadable, match=r"latin.yaml:2:4: this is not UTF-8"):
        read_file(path)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert read_file(path).value == {"a": 1}


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"a" * (MOST_BYTES + 1))
    with pytest.raises(Unreadable, match="larger than 256 KiB"):
        read_file(path)


def test_no_file_and_no_plain_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="there is no such file"):
        read_file(tmp_path / "none.yaml")
    with pytest.raises(Unreadable, match="this is a directory"):
        read_file(tmp_path)


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=60)
    | st.text("ab:-,[]{}&*!|>'\"%@# \n\t\\0", max_size=60)
)
@example('"\\U00110000"')
@example("? ? a")
@example("!!")
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        problems = read_text(text, "f").problems
    except Unreadable as unreadable:
        problems = [unreadable.problem]
    assert all(problem.line is not None for problem in problems)
