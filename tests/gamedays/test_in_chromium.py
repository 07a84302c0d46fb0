"""The record in a real Chromium: nothing overlaps or is cut off, nothing is hard to read, nothing foreign runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.gamedays.kept import KeptGameday
from chaos.gamedays.record import HTML, write_record
from tests.report.browser import CHROMIUM, CUT_OFF, LOW_CONTRAST, browser

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is missing; as root: apt-get install chromium"
)
# Steps that do not stand below the one before them, in the width of the page.
MISPLACED = """
[...document.querySelectorAll("#steps article")].map((step) => step.getBoundingClientRect())
  .filter((box, index, all) => box.width < innerWidth / 2 || (index > 0 && box.top < all[index - 1].bottom)).length
"""


def test_it_can_be_read_on_a_desk_and_on_a_phone_in_light_and_in_dark(
    eventful: KeptGameday, tmp_path: Path
) -> None:
    write_record(eventful)
    file = eventful.path / HTML
    with browser(tmp_path / "profile") as page:
        for width, dark in ((1280, False), (1280, True), (390, False), (390, True)):
            page.open(file, width=width, dark=dark)
            assert page.complaints == []
            assert page.requests == [file.as_uri()]
            assert page.value(MISPLACED) == 0
            assert page.value(CUT_OFF) == []
            assert page.value(LOW_CONTRAST) == []
            assert page.value("document.documentElement.scrollWidth") <= width
