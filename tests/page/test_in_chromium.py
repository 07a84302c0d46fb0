"""The page in a real Chromium: a run is started, watched, halted and read; and nothing foreign runs in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.gamedays.kept import KeptGameday, begin
from chaos.guardian.halting import resume
from tests.page.conftest import LOST
from tests.page.handmade import HandmadeRun, under_way
from tests.page.served import Served, served
from tests.report.browser import CHROMIUM, CUT_OFF, LOW_CONTRAST, Page, browser

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is missing; as root: apt-get install chromium"
)

LIVE = "document.body.dataset.live === 'yes'"
PATHS = [
    *("/", "/runs", f"/runs/{LOST}", "/trends", "/runs/nothing"),
    *("/schedules", "/gamedays", "/gamedays/{gameday}"),
]
HOSTILE = "<img src=x onerror='window.ran = 1'></script><script>window.ran = 1</script>"
SLOW = """\
title: A slow load, and a pause of the core
system: reference
load: {jobs: 3000, rate: 50/s, producers: 1, workers: {count: 1, concurrency: 8}, job: {duration: 5ms}}
faults:
  - {fault: pause, target: core, at: 1s, for: 500ms}
"""


GAMEDAY = """\
title: Our own
purpose: Find out what we do not know.
steps: [{title: Get ready, gate: person, do: Look at the dashboards.}]
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def run(ui: Served) -> Iterator[HandmadeRun]:
    with under_way(ui.runs) as made:
        yield made


def enter(page: Page, ui: Served, path: str = "/", *, width: int = 1280, dark: bool = False) -> None:
    """Open the page by its URL, and go to one of its pages."""
    page.visit(ui.url)
    page.until("location.search === ''")
    page.visit(ui.origin + path, width=width, dark=dark)
    if path == "/":
        page.until(LIVE)


def busy(run: HandmadeRun) -> None:
    """Everything that a run can show, happens in it."""
    run.begin_load()
    run.enqueue(50, done=30)
    run.answer(20.0, held=True)
    run.break_core()
    run.break_core("a fault with a rather long name that does not fit its lane#2")
    run.answer(3.0, held=False, note="no answer for a long while")
    run.log("core", "core is up", "x" * 500)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PATHS)
def test_it_fits_and_can_be_read(
    page: Page, ui: Served, run: HandmadeRun, gameday: KeptGameday, path: str, width: int, dark: bool
) -> None:
    busy(run)
    enter(page, ui, path.format(gameday=gameday.name), width=width, dark=dark)
    if path == "/":
        page.until("document.querySelectorAll('#faults tr').length === 2")
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value(CUT_OFF) == []
    assert page.value(LOW_CONTRAST) == []
    assert [each for each in page.complaints if "404" not in each] == []


def test_a_run_is_seen_as_it_goes(page: Page, ui: Served, run: HandmadeRun) -> None:
    enter(page, ui)
    page.until(f"document.querySelector('#name').textContent === '{run.name}'")
    run.begin_load()
    run.enqueue(50, done=30)
    page.until("document.querySelector('#settled').textContent === '30'")
    run.break_core()
    page.until("document.querySelector('.fault.open') !== null")
    run.mend_core()
    page.until("document.querySelector('.fault:not(.open)') !== null")
    assert page.value("document.querySelector('#announced').textContent") == "fault kill undone"


def test_a_second_browser_sees_the_same(page: Page, ui: Served, run: HandmadeRun, tmp_path: Path) -> None:
    busy(run)
    with browser(tmp_path) as second:
        told = []
        for each in (page, second):
            enter(each, ui)
            each.until("document.querySelectorAll('#faults tr').length === 2")
            parts = ("#title", "#acknowledged", "#faults", "#hypotheses", "#happened", "#ledger")
            told.append([each.value(f"document.querySelector('{part}').textContent") for part in parts])
        assert told[0] == told[1]


def test_nothing_that_a_run_says_is_run_or_taken_for_a_part_of_the_page(page: Page, ui: Served) -> None:
    with under_way(ui.runs, f'"{HOSTILE}"') as run:
        run.begin_load()
        run.break_core(HOSTILE)
        run.answer(1.0, held=False, note=HOSTILE)
        run.log("core", HOSTILE)
        enter(page, ui)
        page.until("document.querySelectorAll('#logs li').length === 1")
        assert page.value("document.querySelector('#title').textContent") == HOSTILE
        assert HOSTILE in page.value("document.querySelector('#faults').textContent")
        assert page.value("window.ran") is None
        assert page.value("document.querySelectorAll('main img, main script, main iframe').length") == 0
        assert page.complaints == []
        assert all(request.startswith(ui.origin) for request in page.requests)


def test_a_gameday_shows_what_others_do_and_keeps_what_was_typed(
    page: Page, ui: Served, runs: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(GAMEDAY, encoding="utf-8")
    gameday = begin(tmp_path / "own.yaml", runs, system=None, overrides=())
    enter(page, ui, f"/gamedays/{gameday.name}")
    page.value("document.querySelector('#fresh [name=why]').value = 'half a rea'")
    gameday.note("seen by Bob", by="Bob")
    page.until("document.querySelector('#fresh').textContent.includes('seen by Bob')")
    assert page.value("document.querySelector('#fresh [name=why]').value") == "half a rea"
    page.value("document.querySelector('#fresh [value=go]').click()")
    page.until("document.querySelector('#stands').textContent.startsWith('Under way')")
    assert gameday.state().steps[0].decisions[0].why == "half a rea"


def test_it_says_so_when_it_is_no_longer_live(page: Page, tmp_path: Path) -> None:
    with served(tmp_path / "runs") as gone:
        enter(page, gone)
    page.until("!document.querySelector('#connection').hidden")


def test_it_can_be_used_by_keyboard(page: Page, ui: Served) -> None:
    enter(page, ui)
    names = []
    for _ in range(8):
        page.press("Tab", 9)
        names.append(page.value("document.activeElement.textContent.trim().split('\\n')[0]"))
        assert page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    pages = ["Live", "Runs", "Trends", "Schedules", "Gamedays"]
    assert names[:7] == ["Skip to the content", *pages, "Halt all runs"]


def test_a_run_is_started_watched_halted_and_read(page: Page, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "slow.yaml").write_text(SLOW, encoding="utf-8")
    try:
        with served(tmp_path / "runs", "--experiments", str(tmp_path / "mine")) as ui:
            enter(page, ui)
            page.value(
                "document.querySelector('[name=experiment]').value = "
                f"{str(tmp_path / 'mine' / 'slow')!r}; document.querySelector('#start form').requestSubmit()"
            )
            page.until(f"{LIVE} && document.querySelector('#title').textContent.startsWith('A slow load')")
            page.until("document.querySelector('.mark-confirmed') !== null", within_s=60)
            page.value("document.querySelector('.halt').click()")
            page.until(f"{LIVE} && document.querySelector('#halted-why').textContent.startsWith('halted on')")
            page.until("document.querySelector('#outcome-title').textContent === 'Interrupted'")
            assert "left in good order" in page.value("document.querySelector('#halted-runs').textContent")
            assert "halted on the page" in page.value("document.querySelector('#reasons').textContent")
            page.value("document.querySelector('#report').click()")
            page.until("document.querySelector('#verdict-title') !== null")
            assert (
                page.value("document.querySelector('h1').textContent")
                == "A slow load, and a pause of the core"
            )
            assert page.value("window.origin") == "null"
    finally:
        resume()
