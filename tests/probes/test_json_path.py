from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.probes.json_path import Path, parse_path, value_at, written

_names = st.text(
    st.characters(codec="utf-8", exclude_characters="'\\", categories=["L", "N", "P", "Zs"]), max_size=6
)
_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=12,
)


def every_value(document: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, document
    if isinstance(document, dict):
        for name, value in document.items():
            yield from every_value(value, (*path, name))
    if isinstance(document, list):
        for index, value in enumerate(document):
            yield from every_value(value, (*path, index))


@given(_documents)
def test_every_value_of_a_document_is_found_at_its_path(document: Any) -> None:
    text = json.dumps(document)
    for path, value in every_value(document):
        assert parse_path(written(path)) == path
        assert value_at(text, path) == value


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("$", ()),
        ("$.jobs.pending", ("jobs", "pending")),
        ("$['a b'][0]", ("a b", 0)),
        ('$["it\'s"][ -1 ]', ("it's", -1)),
        ("$.größe", ("größe",)),
    ],
)
def test_names_and_indexes_can_be_written_in_all_their_ways(text: str, path: Path) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("jobs", "a path begins with `$`"),
        ("$..jobs", "`..` descends everywhere, and one answer is due"),
        ("$.jobs[*]", "`*` takes every entry"),
        ("$.*", "`*` takes every entry"),
        ("$.jobs[?@.state=='dead']", "`?` filters"),
        ("$.jobs[0:2]", "a slice takes several entries"),
        ("$.jobs[0,2]", "`,` takes several entries"),
        ("$.jobs[01]", "`[01]` can't be read"),
        ("$jobs", "`jobs` can't be read"),
        ("$.", "`.` can't be read"),
    ],
)
def test_what_may_lead_to_several_values_or_can_not_be_read_is_refused_by_name(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".*") as caught:
        parse_path(text)
    assert str(caught.value).startswith(why)


@pytest.mark.parametrize(
    ("body", "path", "why"),
    [
        ("<html>", "$.a", "the body is no JSON"),
        ('{"a": {}}', "$.a.b.c", "there is nothing at $['a']['b']"),
        ('{"a": [1]}', "$.a[1]", "there is nothing at $['a'][1]"),
        ('{"a": [1]}', "$.a.x", "there is nothing at $['a']['x']"),
        ('{"0": 1}', "$[0]", "there is nothing at $[0]"),
        ('"text"', "$[0]", "there is nothing at $[0]"),
    ],
)
def test_where_nothing_is_that_is_said(body: str, path: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".*") as caught:
        value_at(body, parse_path(path))
    assert str(caught.value) == why
