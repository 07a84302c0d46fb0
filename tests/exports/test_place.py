"""An export stays on this machine, unless more is allowed."""

from __future__ import annotations

import pytest

from chaos.exports.place import Place, listening_place, sending_place
from chaos.exports.protocol import ExportRefused


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:9464", Place("127.0.0.1", 9464)),
        ("localhost:0", Place("localhost", 0)),
        ("[::1]:9464", Place("::1", 9464)),
    ],
)
def test_a_place_on_this_machine_is_taken(text: str, place: Place) -> None:
    assert listening_place(text, beyond_loopback=False) == place
    assert str(place) == text


@pytest.mark.parametrize("text", ["0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464", "queue.example:9464"])
def test_a_place_beyond_it_must_be_allowed(text: str) -> None:
    with pytest.raises(
        ExportRefused, match="is not on this machine only; --export-beyond-loopback allows it"
    ):
        listening_place(text, beyond_loopback=False)
    assert str(listening_place(text, beyond_loopback=True)) == text


@pytest.mark.parametrize("text", ["", "9464", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "[::1:9464"])
def test_what_is_no_place_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ExportRefused, match=r"is not HOST:PORT, as 127\.0\.0\.1:9464"):
        listening_place(text, beyond_loopback=True)


def test_a_url_names_a_place_by_its_scheme_too() -> None:
    assert sending_place("http://127.0.0.1:4318/x", beyond_loopback=False) == Place("127.0.0.1", 4318)
    assert sending_place("https://localhost", beyond_loopback=False) == Place("localhost", 443)
    with pytest.raises(ExportRefused, match=r"queue\.example:80 is not on this machine only"):
        sending_place("http://queue.example", beyond_loopback=False)


@pytest.mark.parametrize("text", ["127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://", "http://127.0.0.1:x"])
def test_what_is_no_url_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ExportRefused, match=r"is not a URL, as http://127\.0\.0\.1:4318"):
        sending_place(text, beyond_loopback=False)
