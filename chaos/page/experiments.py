"""The experiments that can be started from the page: those that ship, and those in directories that it was given.

A page sends nothing but a name, and a name is only ever looked up in this list.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.experiment.layers import profile_names, read_layers
from chaos.experiment.shipped import shipped_experiments
from chaos.experiment.yaml_reader import Unreadable
from chaos.secrets import redacted


@dataclass(frozen=True)
class KnownExperiment:
    """An experiment that can be started.

    Attributes:
        name: What the page calls it.
        file: Where it is.
        title: What it proves; what is wrong with its file, if it can't be read.
        profiles: Other ways to run it.
    """

    name: str
    file: Path
    title: str
    profiles: tuple[str, ...]


def known_experiments(directories: Sequence[Path]) -> Mapping[str, KnownExperiment]:
    """All of them, by name: the shipped ones by the name of their file, the others with their directory before it."""
    return {name: _known(name, file, file.stat().st_mtime_ns) for name, file in offered(directories)}


def offered(directories: Sequence[Path], folder: str = ".") -> Iterator[tuple[str, Path]]:
    """The files in this folder of what ships and of these directories, each with what the page calls it."""
    for directory, prefix in ((shipped_experiments(), ""), *((each, f"{each}/") for each in directories)):
        for file in sorted((directory / folder).glob("*.yaml")):
            yield f"{prefix}{file.stem}", file


@functools.lru_cache(maxsize=1024)
def _known(name: str, file: Path, _changed_ns: int) -> KnownExperiment:
    """An experiment, read again only once its file has changed."""
    try:
        title = redacted(str(read_layers(file).value.get("title", "")))
        return KnownExperiment(name, file, title, profile_names(file))
    except Unreadable as error:
        return KnownExperiment(name, file, redacted(str(error)), ())
