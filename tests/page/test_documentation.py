"""What docs/page.md says of the page is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from chaos.cli.ui import command
from tests.page.served import Served

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "page.md").read_text(encoding="utf-8")


def test_the_extra_that_is_named_holds_what_the_page_needs() -> None:
    (extra,) = re.findall(r"pip install 'chaos-queue\[(.*)\]'", PAGE)
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = project["optional-dependencies"][extra]
    assert {requirement.partition(">")[0] for requirement in needed} == {"starlette", "uvicorn"}


def test_the_port_is_the_one_that_is_told() -> None:
    (port,) = (option for option in command.params if option.name == "port")
    assert f"http://127.0.0.1:{port.default}/?token=" in PAGE


def test_the_buttons_and_pages_are_called_as_they_are_told(ui: Served) -> None:
    shown = ui.ask("/").text
    for button in re.findall(r"\*\*(.*?)\*\*", PAGE):
        assert f">{button}</button>" in shown
    for name in re.findall(r"(?<!\*)\*([A-Z][a-z]+)\*(?!\*)", PAGE):
        assert re.search(rf'<a href="/{name.lower()}"\s*>{name}</a>', shown), name
