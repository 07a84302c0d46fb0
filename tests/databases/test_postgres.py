"""Where a database is: read from a URL, and told without its password."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.databases.postgres import DatabaseError, DatabaseUrl, answers, create_database, drop_database

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)


@given(user=NAMES, password=NAMES, database=NAMES, port=st.integers(1, 65_535))
def test_what_is_written_is_read_again(user: str, password: str, database: str, port: int) -> None:
    url = DatabaseUrl("127.0.0.1", port, user, password, database)
    assert DatabaseUrl.parse(url.with_password()) == url


@pytest.mark.parametrize(
    ("text", "address", "database"),
    [
        ("postgres://me@localhost", "localhost:5432", "me"),
        ("postgresql://me:secret@127.0.0.1:7000/jobs", "127.0.0.1:7000", "jobs"),
        ("postgres://me@[::1]/jobs", "[::1]:5432", "jobs"),
    ],
)
def test_what_is_left_out_is_as_everywhere(text: str, address: str, database: str) -> None:
    url = DatabaseUrl.parse(text)
    assert (url.address, url.database) == (address, database)
    assert url.at(url.address) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mysql://me:secret@localhost/jobs", "does not begin with `postgres://`"),
        ("postgres://me:secret@localhost:port/jobs", "no URL"),
        ("postgres://me:secret@localhost/jobs?sslmode=require", "parameters"),
        ("postgres://localhost/secret", "names no user"),
        ("postgres:///secret", "names no host"),
        ("secret", "does not begin with `postgres://`"),
    ],
)
def test_what_is_no_url_is_refused_without_repeating_it(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        DatabaseUrl.parse(text)
    assert "secret" not in str(refused.value)
    assert "user:password@host:port" in str(refused.value)


def test_a_password_is_told_to_nobody_who_does_not_ask_for_it() -> None:
    url = DatabaseUrl.parse("postgres://me:secret@localhost/jobs")
    assert "secret" not in f"{url} {url!r} {url.at('127.0.0.1:1')!r}"
    assert "secret" in url.at("127.0.0.1:1").with_password()


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    pytest.importorskip("pg8000")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = DatabaseUrl("127.0.0.1", nobody.getsockname()[1], "me", "secret", "jobs")
        assert not answers(url, 1.0)
        with pytest.raises(
            DatabaseError, match=rf"^postgres://me@{url.address}/jobs can't be asked"
        ) as error:
            create_database(url, "mine", 1.0)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("name", ["", 'a"; DROP TABLE b', "Upper", "1st"])
def test_only_plain_names_are_databases(name: str) -> None:
    pytest.importorskip("pg8000")
    with pytest.raises((ValueError, DatabaseError)):
        drop_database(DatabaseUrl("127.0.0.1", 1, "me", "", "jobs"), name, 1.0)
