"""Nobody uses the page but who was given its URL, from the page itself, under this machine's own name."""

from __future__ import annotations

import socket

import pytest

from tests.page.served import Served

PATHS = ["/", "/live", "/runs", "/trends", "/static/live.js", "/static/report.css"]
CHANGES = ["/start", "/halt", "/resume"]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_shown_without_the_token(ui: Served, path: str) -> None:
    assert ui.ask(path, cookie="").status == 403


@pytest.mark.parametrize("path", CHANGES)
def test_nothing_is_changed_without_the_token(ui: Served, path: str) -> None:
    answer = ui.ask(path, {}, cookie="")
    assert answer.status == 403
    assert "open the page by the URL that `chaos ui` printed" in answer.text


@pytest.mark.parametrize("given", ["", "x", "ü", "x" * 10_000])
def test_another_token_is_none(ui: Served, given: str) -> None:
    name = ui.cookie.partition("=")[0]
    assert ui.ask("/", cookie=f"{name}={given.encode().decode('latin-1')}").status == 403
    assert ui.ask("/?token=x", cookie="").status == 403


def test_the_token_of_the_url_becomes_a_cookie_that_no_script_and_no_other_site_can_use(ui: Served) -> None:
    answer = ui.ask("/?" + ui.url.partition("?")[2], cookie="")
    assert answer.status == 200
    assert answer.headers["refresh"] == "0; url=/"
    attributes = answer.headers["set-cookie"].lower().split("; ")
    assert {"httponly", "samesite=strict"} <= set(attributes)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "0.0.0.0"])
def test_another_name_for_this_machine_is_refused(ui: Served, host: str) -> None:
    answer = ui.ask("/", headers={"Host": host})
    assert answer.status in (400, 403)
    assert "Live" not in answer.text


def test_localhost_is_this_machine(ui: Served) -> None:
    assert ui.ask("/", headers={"Host": ui.host.replace("127.0.0.1", "localhost")}).status == 200


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1", ""]
)
def test_a_change_from_another_origin_is_refused(ui: Served, path: str, origin: str) -> None:
    assert ui.ask(path, {}, headers={"Origin": origin}).status == 403


def test_a_change_without_an_origin_is_refused(ui: Served) -> None:
    with socket.create_connection(tuple(ui.host.split(":"))) as connection:  # type: ignore[arg-type]
        connection.sendall(
            f"POST /halt HTTP/1.1\r\nHost: {ui.host}\r\nCookie: {ui.cookie}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 403")


def test_it_listens_on_this_machine_alone(ui: Served) -> None:
    import psutil

    listening = [each for each in psutil.Process(ui.process.pid).net_connections() if each.status == "LISTEN"]
    assert {each.laddr.ip for each in listening} == {"127.0.0.1"}


@pytest.mark.parametrize("path", ["/", "/runs", "/trends"])
def test_a_page_may_load_and_run_only_what_is_its_own(ui: Served, path: str) -> None:
    policy = ui.ask(path).headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any("unsafe" in each for each in policy)
