"""What is told of a picture, one after the other, makes the picture."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaos.page.picture import Picture

Step = tuple[str, str, list[int]]

ROWS = st.lists(st.integers(), max_size=3)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(["phase", "rows"]), ROWS),
    st.tuples(st.just("add"), st.just("rows"), ROWS),
    st.just(("tell", "", [])),
)


@given(st.lists(STEPS))
def test_whoever_hears_all_news_has_the_whole(steps: list[Step]) -> None:
    picture, heard = Picture(phase=[], rows=[]), dict[str, list[int]]()
    for what, name, value in [*steps, ("tell", "", [])]:
        if what == "put":
            picture.put(name, value)
        elif what == "add":
            picture.add(name, value)
        elif (news := picture.news()) is not None:
            heard |= news["changed"]
            for grown, rows in news["grown"].items():
                heard[grown] = [*heard[grown], *rows]
    assert heard == picture.whole()


def test_there_are_no_news_without_a_change() -> None:
    picture = Picture(phase="load")
    assert picture.news() is not None
    picture.put("phase", "load")
    picture.add("rows", [])
    assert picture.news() is None
