"""An export that fails changes nothing about the run."""

import pytest

from chaos.cli.arguments.exports import tell_verdict
from chaos.report.watcher import Silent
from chaos.verdict.results import Results
from tests.exports.events import results


class Listening(Silent):
    """Keeps the verdicts that it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def judged(self, results: Results) -> None:
        self.heard.append(results.verdict)

    def close(self) -> None:
        """Nothing is left to send."""


class Failing(Listening):
    """Can't hear."""

    def judged(self, results: Results) -> None:
        raise RuntimeError(f"no way to say {results.verdict}")


def test_an_export_that_fails_at_the_verdict_is_named_and_the_others_hear_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = Listening()
    tell_verdict((Failing(), other), results())
    assert other.heard == ["passed"]
    assert capsys.readouterr().err == "Failing follows the run no more: RuntimeError: no way to say passed\n"
