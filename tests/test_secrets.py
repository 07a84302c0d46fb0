"""No secret leaves a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos import secrets
from chaos.secrets import blank, learn, redacted, redacted_values

LETTERS = st.text("abcdefghijklmnop0123456789", min_size=4, max_size=30)


@pytest.fixture(autouse=True)
def nothing_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins without knowing any secret of an experiment."""
    monkeypatch.setattr(secrets, "_variables", set())
    monkeypatch.setattr(secrets, "_passwords", set())


@given(user=LETTERS, password=st.text("abcXYZ019%@:!$*.-_", min_size=1), host=LETTERS)
def test_a_password_in_a_url_is_hidden_and_the_rest_stays(user: str, password: str, host: str) -> None:
    assert (
        redacted(f"to postgres://{user}:{password}@{host}/db now")
        == f"to postgres://{user}:***@{host}/db now"
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("redis://:s3cret@cache:6379", "redis://:***@cache:6379"),
        ('{"url":"amqp://a:b@c","to":"d@e"}', '{"url":"amqp://a:***@c","to":"d@e"}'),
        ("http://host/path?user=a&password=b+c&x=1", "http://host/path?user=a&password=***&x=1"),
        ("http://127.0.0.1:8474/ and a@b", "http://127.0.0.1:8474/ and a@b"),
        ("sqlite:///tmp/x.db", "sqlite:///tmp/x.db"),
        ("postgres://u:${env:PGPASSWORD}@h", "postgres://u:${env:PGPASSWORD}@h"),
    ],
)
def test_what_is_no_password_stays(text: str, left: str) -> None:
    assert redacted(text) == left


@pytest.mark.parametrize(
    "name", ["PGPASSWORD", "API_TOKEN", "github_token", "CLIENT_SECRET", "APIKEY", "AWS_ACCESS_KEY"]
)
def test_what_a_variable_holds_whose_name_says_secret_is_hidden(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "h7Jq-29x")
    assert redacted("it said h7Jq-29x twice: h7Jq-29x") == "it said *** twice: ***"


def test_a_variable_that_an_experiment_names_is_secret_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_STORE", "h7Jq-29x")
    assert redacted("h7Jq-29x") == "h7Jq-29x"
    learn({"system": {"options": ["-v", "${env:MY_STORE}"]}})
    assert redacted("h7Jq-29x") == "***"


def test_a_password_of_an_experiments_url_is_hidden_where_it_stands_alone_too() -> None:
    learn({"storage": "postgres://u:p%40ss-word@h/db"})
    assert redacted("wrong password p@ss-word, or p%40ss-word") == "wrong password ***, or ***"


def test_a_secret_is_hidden_as_json_and_urls_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", 'a"b\\c d/e')
    assert redacted(r"""{"x":"a\"b\\c d/e"} a%22b%5Cc%20d%2Fe""") == '{"x":"***"} ***'


@pytest.mark.parametrize("value", ["us", "postgres", "/usr/bin/core", "/usr/bin/not-there"])
def test_short_values_paths_and_the_toolkits_own_names_are_left_alone(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", value)
    assert redacted(f"bus {value}") == f"bus {value}"
    assert redacted(f"x://u:{value.strip('/')}@h").startswith("x://u:")


def test_values_keep_their_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "h7Jq-29x")
    assert redacted_values({"a": ["h7Jq-29x", 1, None], "b": ("x", True)}) == {
        "a": ["***", 1, None],
        "b": ("x", True),
    }


def test_a_log_is_blanked_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "h7Jq-29x")
    log = tmp_path / "core.log"
    filling = b"\xff" * 5000 + b"\n"
    log.write_bytes(filling * 500 + b"using h7Jq-29x for pg://u:pw@h\n" + filling * 500 + b"torn h7Jq-29x")
    size = log.stat().st_size
    assert blank(log) == 3
    content = log.read_bytes()
    assert len(content) == size
    assert b"using ******** for pg://u:**@h\n" in content
    assert content.endswith(b"torn ********")
    assert content.startswith(filling)


def test_a_long_line_without_any_secret_takes_no_longer_than_reading_it() -> None:
    text = "a" * 2_000_000
    assert redacted(text) == text
