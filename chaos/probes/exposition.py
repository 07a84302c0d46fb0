"""A plain page of metrics, as programs show them to Prometheus: one sample a line.

It reads the text format 0.0.4 and OpenMetrics 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_LABEL: Final = r'\s*[a-zA-Z_][a-zA-Z0-9_]*\s*=\s*"(?:[^"\\\n]|\\.)*"\s*'
_SAMPLE: Final = re.compile(
    rf"\s*(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\s*"
    rf"(?:\{{(?P<labels>(?:{_LABEL}(?:,{_LABEL})*,?\s*)?)\}})?\s*(?<=[\s}}])(?P<value>\S+)(?:\s|$)"
)
_ONE_LABEL: Final = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"')
_ESCAPES: Final = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


@dataclass(frozen=True)
class Sample:
    """One sample of a metric."""

    labels: Mapping[str, str]
    value: float


def samples_of(page: str, name: str) -> Iterator[Sample]:
    """Every sample of this name.

    Args:
        page: The page.
        name: The name as it stands in the lines: `jobs_total`, `latency_seconds_bucket`.

    Raises:
        ValueError: A line of this name can't be read.
    """
    for number, line in enumerate(page.split("\n"), start=1):
        if line.lstrip().startswith("#") or not re.match(rf"\s*{re.escape(name)}[\s{{]", line):
            continue
        sample = _SAMPLE.match(line)
        try:
            if sample is None:
                raise ValueError("no sample")
            labels = {label: _plain(text) for label, text in _ONE_LABEL.findall(sample["labels"] or "")}
            yield Sample(labels, float(sample["value"]))
        except ValueError:
            raise ValueError(f"line {number} of the page is no sample of {name}") from None


def _plain(text: str) -> str:
    return re.sub(r"\\.", lambda escape: _ESCAPES.get(escape[0], escape[0]), text)
