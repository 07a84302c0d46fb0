"""The page, served by a real `chaos ui`, and asked as any program could."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from chaos.guardian.state import STATE_VARIABLE

_ANSWER_S = 30.0


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Served:
    """A page that is served.

    Attributes:
        url: What `chaos ui` printed.
        runs: Where it looks for kept runs.
        process: `chaos ui`.
    """

    url: str
    runs: Path
    process: subprocess.Popen[str]

    @property
    def host(self) -> str:
        """Its host and port."""
        return urlsplit(self.url).netloc

    @property
    def origin(self) -> str:
        """What it calls itself."""
        return f"http://{self.host}"

    @property
    def cookie(self) -> str:
        """What a browser keeps of the token."""
        answer = self.ask(f"/?{urlsplit(self.url).query}", cookie="")
        return answer.headers["set-cookie"].partition(";")[0]

    def ask(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        cookie: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask for a path, with a form if there is one; as the page itself would, unless other headers are given."""
        connection = http.client.HTTPConnection(self.host, timeout=_ANSWER_S)
        own = {"Cookie": self.cookie if cookie is None else cookie}
        if form is not None:
            own |= {"Origin": self.origin, "Content-Type": "application/x-www-form-urlencoded"}
        body = None if form is None else urlencode(form)
        try:
            connection.request("GET" if form is None else "POST", path, body, own | dict(headers or {}))
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read().decode())
        finally:
            connection.close()

    @contextmanager
    def listening(self) -> Iterator[Iterator[tuple[str, Any]]]:
        """Everything that browsers are told from now on: the name of each message, and what it says."""
        connection = http.client.HTTPConnection(self.host, timeout=_ANSWER_S)
        connection.request("GET", "/live", headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        try:
            yield _messages(answer)
        finally:
            connection.close()


def _messages(answer: http.client.HTTPResponse) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in answer:
        key, _, value = line.decode().strip().partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            yield name, json.loads(value)


@contextmanager
def served(runs: Path, *options: str) -> Iterator[Served]:
    """Serve the page on a free port, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "chaos", "ui", "--port", "0", "--runs", str(runs), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, STATE_VARIABLE: os.environ[STATE_VARIABLE]},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("the page is at "), line + process.stdout.read()
        yield Served(line.split()[-1], runs, process)
    finally:
        process.terminate()
        process.wait(timeout=_ANSWER_S)
        process.stdout.close()
