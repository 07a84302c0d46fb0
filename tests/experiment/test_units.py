from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from chaos.experiment.model import Job
from chaos.experiment.units import BYTES, DURATION, RATE, SHARE, Quantity


@pytest.mark.parametrize(
    ("quantity", "text", "amount"),
    [
        (DURATION, "500us", 0.0005),
        (DURATION, "20ms", 0.02),
        (DURATION, "1.5s", 1.5),
        (DURATION, "5 s", 5.0),
        (DURATION, "2min", 120.0),
        (DURATION, "1h", 3600.0),
        (DURATION, "0s", 0.0),
        (RATE, "400/s", 400.0),
        (RATE, "30/min", 0.5),
        (RATE, "36/h", 0.01),
        (BYTES, "256B", 256),
        (BYTES, "1.5KiB", 1536),
        (BYTES, "1MB", 1_000_000),
        (SHARE, "40%", 0.4),
        (SHARE, "0.1%", 0.001),
        (SHARE, "100%", 1.0),
    ],
)
def test_text_with_a_unit_is_an_amount(quantity: Quantity, text: str, amount: float) -> None:
    assert quantity.read(text) == amount


@pytest.mark.parametrize(
    ("quantity", "text", "said"),
    [
        (
            DURATION,
            "5",
            "`5` has no unit; a duration is a number with one of us, ms, s, min, h, d, such as `5s`",
        ),
        (DURATION, "5m", "did you mean `5min`?"),
        (DURATION, "5S", "did you mean `5s`?"),
        (DURATION, "-5s", "a duration is never negative"),
        (DURATION, "010s", "begins with a needless 0; leave it away"),
        (DURATION, "99999999999999999999s", "has too many digits; a duration is at most 366d"),
        (DURATION, f"0.{'1' * 61}s", "has too many digits"),
        (DURATION, "5  s", "did you mean `5s`?"),
        (DURATION, "1e3s", "is not a duration"),
        (DURATION, "1:30", "is not a duration"),
        (DURATION, "367d", "is too much; a duration is at most 366d"),
        (DURATION, "0.0000001us", "too little to tell from nothing"),
        (RATE, "400/sec", "did you mean `400/s`?"),
        (BYTES, "256K", "did you mean `256KiB`?"),
        (BYTES, "0.5B", "is not a whole number of B"),
        (SHARE, "101%", "a share is at most 100%"),
        (SHARE, "0.4", "`0.4` has no unit; a share is a number with the unit %, such as `5%`"),
    ],
)
def test_anything_else_is_refused_with_the_way_to_write_it(quantity: Quantity, text: str, said: str) -> None:
    with pytest.raises(PydanticCustomError, match=re.escape(said)):
        quantity.read(text)


@pytest.mark.parametrize("text", [".5s", "5.s", "1e3s", "99999999999999999999s", "010s"])
def test_nothing_is_suggested_that_could_not_be_read_either(text: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        DURATION.read(text)
    assert "did you mean" not in refused.value.message()


@pytest.mark.parametrize(
    ("quantity", "amount", "text"),
    [
        (DURATION, 0.02, "20ms"),
        (DURATION, 0.0, "0s"),
        (DURATION, 90.0, "1.5min"),
        (DURATION, 36.0, "36s"),
        (RATE, 0.5, "30/min"),
        (BYTES, 1536, "1.5KiB"),
        (BYTES, 1000, "1kB"),
        (SHARE, 0.05, "5%"),
        (SHARE, 0.001, "0.1%"),
    ],
)
def test_an_amount_is_written_in_the_unit_that_reads_best(
    quantity: Quantity, amount: float, text: str
) -> None:
    assert quantity.write(amount) == text


@given(st.floats(1e-9, 366 * 86_400))
def test_every_duration_reads_back_as_itself(amount: float) -> None:
    assert DURATION.read(DURATION.write(amount)) == amount


@given(st.floats(1e-9, 1e7))
def test_every_rate_reads_back_as_itself(amount: float) -> None:
    assert RATE.read(RATE.write(amount)) == amount


@given(st.floats(1e-9, 1))
def test_every_share_reads_back_as_itself(amount: float) -> None:
    assert SHARE.read(SHARE.write(amount)) == amount


@given(st.integers(0, 1024**4))
def test_every_size_reads_back_as_itself(amount: int) -> None:
    assert BYTES.read(BYTES.write(amount)) == amount


@given(
    st.sampled_from([DURATION, RATE, BYTES, SHARE]),
    st.from_regex(r"[0-9.]{1,6} ?[a-zA-Z/%]{0,3}", fullmatch=True),
)
def test_text_is_an_amount_or_refused_and_the_schema_agrees(quantity: Quantity, text: str) -> None:
    try:
        quantity.read(text)
    except PydanticCustomError:
        return
    assert re.fullmatch(quantity.pattern, text)


def test_a_program_may_give_base_units() -> None:
    assert Job(duration_s=0.5, failure_rate=0.1).duration_s == 0.5
