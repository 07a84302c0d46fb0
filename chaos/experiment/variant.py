"""In what way a system is set up and spoken to, where that is not as by default: only what is alike can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Variant = Mapping[str, str]
"""Each key that is not as by default, as `--set` takes it: `{"system.storage": "postgres", "system.cores": "2"}`."""


def in_words(variant: Variant) -> str:
    """`storage=postgres, cores=2, workers.runtime=node`; empty: as by default."""
    return ", ".join(f"{key.partition('.')[2]}={value}" for key, value in variant.items())


def system_in_words(system: str, variant: Variant | None) -> str:
    """`reseolio (storage=postgres, cores=2)`; the system alone where it is as by default; None: that is not told."""
    if variant is None:
        return f"{system} (its variant is not told)"
    return f"{system} ({in_words(variant)})" if variant else system


def as_options(variant: Variant) -> Iterator[str]:
    """The words of a command that make a run of this variant."""
    for key, value in variant.items():
        yield from ("--set", f"{key}={value}")
