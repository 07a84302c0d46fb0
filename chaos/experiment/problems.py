"""What is wrong with an experiment, and where. Problems are gathered and told all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chaos.experiment.wording import KeyPath, printable, shown


@dataclass(frozen=True)
class Place:
    """Where something stands: a file, or an option of the command line, which has no lines.

    Attributes:
        file: Path of the file as it was given, or the option: `--set load.rate=400`.
        line: From 1.
        column: From 1.
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = (printable(self.file), self.line, self.column)
        return ":".join(str(part) for part in parts if part is not None)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an experiment.

    Attributes:
        place: Where it stands.
        key_path: The key that it is about; empty for the file as a whole.
        message: What is wrong, and how to put it right.
        suggestion: The name that was most likely meant.
    """

    place: Place
    key_path: KeyPath
    message: str
    suggestion: str | None = None

    @property
    def file(self) -> str:
        """The file, or the option."""
        return self.place.file

    @property
    def line(self) -> int | None:
        """The line, from 1."""
        return self.place.line

    @property
    def column(self) -> int | None:
        """The column, from 1."""
        return self.place.column

    def __str__(self) -> str:
        key = f"{shown(self.key_path)}: " if self.key_path else ""
        meant = f" (did you mean `{self.suggestion}`?)" if self.suggestion else ""
        return f"{self.place}: {key}{self.message}{meant}"


class InvalidExperiment(Exception):
    """An experiment can't be run; every problem that was found, in the order of the file.

    Attributes:
        problems: At least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=_position))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def _position(problem: Problem) -> tuple[bool, str, int, int, str, str]:
    """The order of problems: the file's own before those of options, then by place."""
    of_option = problem.line is None
    where = (problem.line or 0, problem.column or 0, shown(problem.key_path))
    return (of_option, problem.file, *where, problem.message)
