from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chaos.registry import BrokenPartError, Registry, UnknownNameError

Install = Callable[[str, dict[str, str]], None]


def accept_text(part: Any) -> str:
    if not isinstance(part, str):
        raise TypeError(f"{part!r} is no text")
    return part


def registry() -> Registry[str]:
    return Registry(
        kind="word", group="chaos.test_words", builtins={"first": "string:digits"}, accept=accept_text
    )


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a distribution that registers words: its name, and its entry points."""

    def install(distribution: str, words: dict[str, str]) -> None:
        info = tmp_path / f"{distribution}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {reference}" for name, reference in words.items())
        (info / "entry_points.txt").write_text(f"[chaos.test_words]\n{lines}\n")

    monkeypatch.syspath_prepend(str(tmp_path))
    return install


def test_a_built_in_part_is_found_by_its_name() -> None:
    assert registry().named("first") == "0123456789"
    assert "first" in registry()


def test_an_unknown_name_is_told_with_the_nearest(install: Install) -> None:
    install("letters", {"second": "string:ascii_letters"})
    with pytest.raises(UnknownNameError, match=r"no word is called 'secnd'\. Did you mean 'second'"):
        registry().named("secnd")
    with pytest.raises(UnknownNameError, match="There are: first, second"):
        registry().named("entirely different")


def test_others_register_by_entry_point(install: Install) -> None:
    install("letters", {"second": "string:ascii_lowercase"})
    words = registry()
    assert words.names() == ("first", "second")
    assert words.available() == {"first": "0123456789", "second": "abcdefghijklmnopqrstuvwxyz"}
    assert words.broken() == {}


def test_a_plugin_that_can_not_be_imported_is_named_and_takes_no_other_with_it(
    install: Install, tmp_path: Path
) -> None:
    (tmp_path / "words_that_explode.py").write_text("raise RuntimeError('bang')")
    install("bad-words", {"bad": "words_that_explode:word", "absent": "string:nowhere"})
    words = registry()
    assert list(words.available()) == ["first"]
    with pytest.raises(
        BrokenPartError, match=r"the word 'bad' .*registered by bad-words\).*RuntimeError: bang"
    ):
        words.named("bad")
    assert set(words.broken()) == {"bad", "absent"}


def test_a_plugin_that_is_something_else_is_refused(install: Install) -> None:
    install("numbers", {"number": "math:pi"})
    with pytest.raises(BrokenPartError, match=r"is no word: 3.14.* is no text. Mend or uninstall numbers"):
        registry().named("number")


def test_a_plugin_can_not_take_the_name_of_a_built_in_part(install: Install) -> None:
    install("impostor", {"first": "string:ascii_letters"})
    words = registry()
    assert words.named("first") == "0123456789"
    assert "chaos-queue and impostor" in words.broken()["first"]


def test_two_plugins_of_one_name_are_told(install: Install) -> None:
    install("one", {"same": "string:octdigits"})
    install("two", {"same": "string:hexdigits"})
    words = registry()
    assert words.named("same") in ("01234567", "0123456789abcdefABCDEF")
    assert "one and two" in words.broken()["same"]


def test_nothing_is_imported_before_it_is_asked_for(install: Install, tmp_path: Path) -> None:
    (tmp_path / "lazy_words.py").write_text("word = 'lazy'")
    install("lazy", {"lazy": "lazy_words:word"})
    words = registry()
    assert words.named("first") == "0123456789"
    assert "lazy" in words.names()
    assert "lazy_words" not in sys.modules
    assert words.named("lazy") == "lazy"
