"""The page in a real Chromium: how it is laid out, what it says to a screen reader, and that nothing foreign runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.report.html import Html
from chaos.report.reported_run import ReportedRun
from tests.report.browser import CHROMIUM, CUT_OFF, LOW_CONTRAST, Page, browser
from tests.report.kept import THROUGHPUT, hostile, kept_run

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is missing; as root: apt-get install chromium"
)

HANDLERS = """
[...document.querySelectorAll("*")].flatMap((each) => [...each.attributes])
  .map((attribute) => attribute.name).filter((name) => name.startsWith("on"))
"""
HOSTILE = [
    "</script><script>window.ran = 1</script>",
    "</style></title></textarea><script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "'-alert(1)-' onmouseover=window.ran=1 x='",
    "{{ 7 * 7 }}{% raw %}<!--",
    "javascript:window.ran=1",
    "\x00\ud800\u202e\x1b[31m",
    "x" * 5000,
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def shown(page: Page, failed: ReportedRun, tmp_path: Path) -> Page:
    page.open(written(failed, tmp_path))
    return page


def written(run: ReportedRun, directory: Path) -> Path:
    file = directory / "report.html"
    file.write_text(Html().text(run), encoding="utf-8", errors="backslashreplace")
    return file


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("kind", ["passed", "failed", "inconclusive"])
def test_it_fits_and_can_be_read(
    page: Page, kind: str, width: int, dark: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = written(request.getfixturevalue(kind), tmp_path)
    page.open(file, width=width, dark=dark)
    page.value("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value(CUT_OFF) == []
    assert page.value(LOW_CONTRAST) == []
    assert page.complaints == []
    assert page.requests == [file.as_uri()]


def test_dark_is_dark(page: Page, passed: ReportedRun, tmp_path: Path) -> None:
    file = written(passed, tmp_path)
    grounds = []
    for dark in (False, True):
        page.open(file, dark=dark)
        grounds.append(page.value("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(246, 246, 243)", "rgb(19, 22, 25)"]


def test_a_screen_reader_finds_headings_tables_and_the_charts_in_words(shown: Page) -> None:
    spoken = shown.spoken()
    headings = [name for role, name in spoken if role == "heading"]
    assert headings[:4] == ["Killing the core loses no job", "Failed", "Why", "Checks"]
    pictures = [name for role, name in spoken if role == "image"]
    assert any(name.startswith("Throughput, jobs a second: enqueued between 0 and 20") for name in pictures)
    assert f"{THROUGHPUT}: baseline held, 2 samples; after held, 2 samples." in pictures
    tables = [name for role, name in spoken if role == "table"]
    assert tables
    assert "" not in tables
    assert ("slider", "Look at") in spoken


def test_pointing_at_a_moment_tells_all_values_of_it(shown: Page) -> None:
    at_rest = "document.querySelector('.chart output').textContent"
    assert shown.value(at_rest) == "up to 20"
    shown.value("document.querySelector('.stack').scrollIntoView()")
    left, top, width = shown.value(
        "(({left, top, width}) => [left, top, width])"
        "(document.querySelector('.chart .plot').getBoundingClientRect())"
    )
    shown.move_pointer(left + width * 0.5, top + 5)
    assert shown.value("document.querySelector('.stack').classList.contains('looking')")
    values = shown.value("[...document.querySelectorAll('.chart output')].map((each) => each.textContent)")
    row = shown.value(
        "(() => { const rows = [...document.querySelector('#jobs').tBodies[0].rows];"
        "const half = Number(document.querySelector('.stack').dataset.lengthS) / 2;"
        "const off = (row) => Math.abs(Number(row.cells[0].textContent) - half);"
        "return [...rows.reduce((a, b) => off(b) < off(a) ? b : a).cells].map((cell) => cell.textContent); })()"
    )
    assert values[: len(row) - 1] == row[1:]
    shown.move_pointer(left + width * 0.5, 1)
    assert shown.value(at_rest) == "up to 20"


def test_the_moment_can_be_chosen_with_the_keyboard(shown: Page) -> None:
    shown.value(
        "(() => { const slider = document.getElementById('moment'); slider.value = 500;"
        "slider.dispatchEvent(new Event('input')); })()"
    )
    assert shown.value("document.getElementById('moment-text').textContent").endswith(" s")
    assert shown.value("document.querySelector('.stack').style.getPropertyValue('--at')") == "0.5"


def test_it_can_be_printed(shown: Page, tmp_path: Path) -> None:
    shown.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_paper_is_light_whatever_the_screen(page: Page, failed: ReportedRun, tmp_path: Path) -> None:
    page.open(written(failed, tmp_path), dark=True)
    page.show_as_printed(dark=True)
    assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.value(LOW_CONTRAST) == []


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_comes_from_the_system_runs_or_breaks_the_page(
    page: Page, text: str, tmp_path: Path
) -> None:
    run = hostile(kept_run(tmp_path / "run", lost=True), text)
    file = written(run, tmp_path)
    page.open(file, width=360)
    assert page.value("window.ran") is None
    assert page.complaints == []
    assert page.requests == [file.as_uri()]
    assert page.value("document.querySelectorAll('script').length") == 1
    assert page.value("document.querySelectorAll('img, iframe, object, embed, link, form').length") == 0
    assert page.value(
        "[...document.querySelectorAll('*')].every((e) => ![...e.attributes].some((a) => /^on/.test(a.name)))"
    )
    assert page.value("document.documentElement.scrollWidth") <= 360
    if text.isprintable():
        assert page.value("document.querySelector('h1').textContent") == text


def test_without_javascript_everything_is_there(page: Page, failed: ReportedRun, tmp_path: Path) -> None:
    file = written(failed, tmp_path)
    with page.without_scripts():
        page.open(file)
        spoken = page.spoken()
    assert ("heading", "Witnesses") in spoken
    assert any(name.startswith("Throughput") for role, name in spoken if role == "image")
    assert ("slider", "Look at") not in spoken
