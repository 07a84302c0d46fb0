"""The record says what was expected, what happened, who decided and what was noted, in HTML and in Markdown."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from chaos.gamedays.kept import KeptGameday
from chaos.gamedays.record import HTML, MARKDOWN, write_record
from tests.gamedays.conftest import HOSTILE, Begun


class _Page(HTMLParser):
    """The text of a page, and what of it could run or be fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.mischief: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.mischief += [name for name, _ in attrs if name.startswith("on") or name == "src"]
        self.mischief += [
            value or "" for name, value in attrs if name == "href" and not _leads_on(value or "")
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def _leads_on(target: str) -> bool:
    return re.fullmatch(r"#[a-z]+|\.\./\.\./[0-9A-Za-z-]+/report\.html", target) is not None


def test_the_page_tells_everything_and_nothing_in_it_runs(eventful: KeptGameday) -> None:
    write_record(eventful)
    page = _Page((eventful.path / HTML).read_text(encoding="utf-8"))
    for what in (
        "Day",
        "Purpose",
        "Ann",
        "Role",
        "Manual",
        "Do",
        "Run",
        "Expect",
        "why",
        "ann",
        "loss: 3 jobs",
    ):
        assert f"{what} {HOSTILE}" in page.text, what
    for what in ("note", "finding", "action", "carol", "enough"):
        assert f"{what} {HOSTILE}" in page.text, what
    assert page.mischief == []
    assert not page.tags & {"script", "img", "link", "iframe"}
    assert "default-src 'none'" in (eventful.path / HTML).read_text(encoding="utf-8")


def test_the_markdown_tells_the_same_in_its_order(eventful: KeptGameday) -> None:
    write_record(eventful)
    text = (eventful.path / MARKDOWN).read_text(encoding="utf-8")
    assert "**Recommendation: no-go**" in text
    assert not re.findall(r"(?<!\\)<", text)
    order = [
        "## Steps",
        "### 1. Manual",
        "- Decided 12:00:01: go by ann",
        "### 2. Run",
        "- Expected: Expect",
        "- Happened, 12:00:02 to 12:00:30: **passed** a.yaml ([report](../../20260102T120002Z-a-1f2e3d/report.html))",
        "- Happened, 12:00:02 to 12:00:30: **failed** b.yaml",
        "  - loss: 3 jobs",
        "- Cut off at 12:00:03: the walk was killed",
        "### 3. Never reached",
        "- Not done",
        "Stopped at 12:00:40",
        "## Findings",
        "- Step 2: b.yaml failed: loss: 3 jobs",
        "## Action items",
        "**carol",
        "## Notes",
    ]
    places = [re.sub(r"(?<=\d)-\d\d-\d\d (?=12:)", "", text).find(part) for part in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


def test_what_was_changed_in_every_experiment_is_told(eventful: KeptGameday) -> None:
    write_record(eventful)
    told = "In every experiment: system reference, load.jobs=10"
    assert told in (eventful.path / MARKDOWN).read_text(encoding="utf-8").replace("\\", "")
    assert told.lower() in _Page((eventful.path / HTML).read_text(encoding="utf-8")).text.lower()


def test_a_gameday_that_has_just_begun_has_a_record_too(begun: Begun) -> None:
    gameday = begun()
    write_record(gameday)
    text = (gameday.path / MARKDOWN).read_text(encoding="utf-8")
    assert text.count("- Not done") == 2
    assert text.count("None.") == 3


def test_secrets_do_not_get_into_it(begun: Begun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "correct horse")
    gameday = begun("title: correct horse\npurpose: B\nsteps: [{title: A, do: B}]\n")
    for file in write_record(gameday):
        assert "correct horse" not in file.read_text(encoding="utf-8")
