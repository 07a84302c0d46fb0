from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from chaos.cli.probes import command
from chaos.cli.validate import command as validate
from chaos.probes.registry import PROBES


def probes(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0
    return done.stdout


def test_every_probe_is_listed() -> None:
    listed = {line.split()[0] for line in probes().splitlines()[:-2] if line and line[0] != " "}
    assert listed == set(PROBES.names())
    assert [entry["name"] for entry in json.loads(probes("--output", "json"))] == list(PROBES.names())


def test_one_probe_is_told_in_full_and_its_tolerances_apart() -> None:
    text = probes("throughput")
    keys, tolerances = text.split("Which answers are well")
    assert "over" in keys
    assert "at-least" not in keys
    assert "a rate: a number with one of /s, /min, /h" in " ".join(tolerances.split())
    assert "- {probe: throughput, at-least: 200/s, over: 3s}" in text
    told = json.loads(probes("http", "--output", "json"))
    assert [key["key"] for key in told["keys"]] == ["url", "headers", "what", "json", "within"]


def test_an_unknown_probe_is_refused_with_the_nearest() -> None:
    done = CliRunner().invoke(command, ["htp"])
    assert done.exit_code == 2
    assert "Did you mean 'http'?" in done.output


EXPERIMENT = """\
title: x
system: reference
load: {jobs: 2000, rate: 100/s}
"""


def problems(tmp_path: Path, entry: str, *options: str, more: str = "") -> str:
    file = tmp_path / "it.yaml"
    file.write_text(f"{EXPERIMENT}{more}steady-state:\n  - {{{entry}, hold: [baseline]}}\n", encoding="utf-8")
    return CliRunner().invoke(validate, [str(file), *options]).output.replace(str(file), "it.yaml")


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("probe: tcp, address: 'example.com:80'", "address"),
        ("probe: grpc, address: '192.0.2.1:50051', equals: OK", "address"),
        ("probe: http, url: 'http://localhost.example.com/', equals: 200", "url"),
        ("probe: prometheus, url: 'http://[2001:db8::1]/metrics', metric: a, equals: 1", "url"),
    ],
)
def test_another_machine_is_asked_only_if_the_experiment_and_the_command_line_both_say_so(
    tmp_path: Path, entry: str, key: str
) -> None:
    allowing = "allow-remote: true\n"
    for more, options in (("", ()), (allowing, ()), ("", ("--allow-remote",))):
        said = problems(tmp_path, entry, *options, more=more)
        assert f"steady-state[0].{key}: " in said
        assert "is not on this machine for certain" in said
    assert problems(tmp_path, entry, "--allow-remote", more=allowing) == "ok: it.yaml\n"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (
            "probe: tcp, address: here",
            "5:27: steady-state[0].address: this is no address; write host and port",
        ),
        ("probe: tcp, address: '127.0.0.1:99999'", "5:27: steady-state[0].address: this is no address"),
        ("probe: tcp, target: worker-1", "5:26: steady-state[0].target: worker-1 serves nobody"),
        ("probe: tcp, target: workers", "5:26: steady-state[0].target: workers is a group"),
        (
            "probe: process, target: core-7, equals: down",
            "5:30: steady-state[0].target: no component or group",
        ),
        (
            "probe: http, url: 'ftp://127.0.0.1/', equals: 200",
            "5:24: steady-state[0].url: this is no URL of HTTP",
        ),
        (
            "probe: http, url: '${env:NO_SUCH_URL}', equals: 200",
            "the environment variable NO_SUCH_URL is not set",
        ),
        (
            "probe: http, url: 'http://[::1', headers: {A: '${env:NO_SUCH_A}'}, equals: 2",
            "NO_SUCH_A is not set",
        ),
        (
            "probe: http, url: 'http://127.0.0.1/', json: $.a, equals: 1",
            "json: this looks into the body",
        ),
        (
            "probe: http, url: 'http://127.0.0.1/', what: body, json: '$..a', equals: 1",
            "`..` descends everywhere",
        ),
        (
            "probe: command, run: [no-such-program], equals: 0",
            "there is no program `no-such-program` on PATH",
        ),
        ("probe: command, run: [], equals: 0", "at least one entry is due here"),
        ("probe: command, equals: 0", "give `run`, a list of a program and its arguments, or `shell`"),
        (
            "probe: sql, query: SELECT 1, database: 'postgres://h/d', equals: 1",
            "only a SQLite file can be named here",
        ),
        (
            "probe: store, what: size, at-most: 5",
            "`5` does not fit: the answer is a size, a number with one of B, kB",
        ),
        ("probe: store, what: jobs, at-most: 5", "`jobs` is not one of `pending`"),
        ("probe: latency, quantile: 0%, at-most: 1s", "a quantile lies above 0%"),
        (
            "probe: grpc, target: core, equals: fine",
            "5:41: steady-state[0].equals: `fine` is no status code of gRPC",
        ),
        ("probe: process, equals: asleep", "`asleep` is not one of `running`, `stopped` or `down`"),
    ],
)
def test_what_can_not_be_asked_is_told_with_its_place(tmp_path: Path, entry: str, problem: str) -> None:
    assert problem in problems(tmp_path, entry)
