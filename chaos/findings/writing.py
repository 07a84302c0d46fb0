"""A report for the maintainers of a system, in Markdown."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from chaos.checks.findings import Finding, Witness
from chaos.experiment.variant import as_options, in_words
from chaos.findings.explanations import NEEDS
from chaos.findings.observed import Setup
from chaos.findings.summary import Broken, Found, Frequency, Product, Summary, Tested
from chaos.report.markdown import plain, table
from chaos.report.meanings import FINDINGS
from chaos.verdict.results import Verdict
from chaos.verdict.series import FailureRate

_SEEDS: Final = 6
_EVENTS: Final = 24

_HOW_TO_READ: Final = """\
Everything here is what runs showed, and no more.

- *Found in* counts the runs that show it, of those that could have: runs with an opportunity in which it can be
  decided. The range beside it is the 95 % confidence interval of the true share (Wilson).
- A seed draws the same load and the same targets again. Processes and networks stay as they are, so a rare finding may
  need a few runs.
- A cause is *likely*: runs show what happened, and not why."""


def write_findings(summary: Summary) -> str:
    """What runs of one version of a system found.

    Args:
        summary: What they say together.
    """
    product = summary.product
    number = sum(len(tested.seeds) for tested in summary.tested)
    blocks = [
        f"# What {number} {'run' if number == 1 else 'runs'} found in {_called(product)}",
        _HOW_TO_READ,
        *_overview(summary),
        *(block for finding, alike in _by_finding(summary) for block in _finding(finding, alike)),
        *_claims(summary.broken),
        *_runs(summary.tested),
    ]
    return "\n\n".join(blocks) + "\n"


def again(setup: Setup, seeds: Sequence[int]) -> str:
    """The command that runs these once more; the seeds follow each other."""
    words = ["chaos", "run", setup.experiment, "--system", setup.system, *as_options(dict(setup.variant))]
    if setup.profile:
        words += ["--profile", setup.profile]
    words += ["--seed", str(seeds[0])]
    if len(seeds) > 1:
        words += ["--repeat", str(len(seeds))]
    return shlex.join(words)


def _called(product: Product) -> str:
    return f"{plain(product.system)} {plain(product.version)}"


def _overview(summary: Summary) -> Iterator[str]:
    if not summary.found:
        yield "No job was lost, repeated, or otherwise treated as it should not be."
        return
    yield table(
        ("finding", "what it is", "where, and how often"),
        (
            (f"[{finding}](#{finding})", FINDINGS[finding], "; ".join(_everywhere(alike)))
            for finding, alike in _by_finding(summary)
        ),
    )


def _by_finding(summary: Summary) -> Iterator[tuple[Finding, list[Found]]]:
    for finding, alike in groupby(summary.found, key=lambda found: found.finding):
        yield finding, list(alike)


def _everywhere(alike: Iterable[Found]) -> Iterator[str]:
    for found in alike:
        for each in found.frequencies:
            variant = f" ({_variant(each.setup)})" if each.setup.variant else ""
            yield f"{_name(each.setup)}{variant} {_share(each.rate)}"


def _finding(finding: Finding, alike: Sequence[Found]) -> Iterator[str]:
    yield f"## {finding}"
    yield f"{FINDINGS[finding].capitalize()}."
    yield f"**What the guarantee would need.** {NEEDS[finding]}"
    for found in alike:
        yield from (f"**Likely cause.** {cause}" for cause in found.causes)
        if not found.causes:
            yield "**Cause.** Not known; the witness shows how it came about."
        yield _table_of(found.frequencies)
        yield from _witness(found)


def _table_of(frequencies: Sequence[Frequency]) -> str:
    return table(
        ("experiment", "system", "found in", "95 %", "by seed"),
        (
            (_name(each.setup), _variant(each.setup), _share(each.rate), _interval(each.rate), _seeds(each))
            for each in frequencies
        ),
    )


def _witness(found: Found) -> Iterator[str]:
    run, witness = found.shown_by, found.witness
    subject = witness.subject[:1].upper() + witness.subject[1:]
    around = f", around {', '.join(witness.faults)}" if witness.faults else ""
    yield f"**Witness.** {subject} in {_name(run.setup)}, seed {run.seed}{plain(around)}:"
    yield _block("text", _events(witness))
    yield _block("sh", [again(run.setup, [run.seed])])


def _events(witness: Witness) -> Iterator[str]:
    """What happened to the job, line by line; of very many lines those at both ends."""
    events = witness.events
    left_out = max(0, len(events) - _EVENTS)
    head = events if not left_out else events[: _EVENTS // 2]
    tail = events[len(head) + left_out :]
    yield from map(_event, head)
    if left_out:
        yield f"{'…':>11}  {left_out} more events"
    yield from map(_event, tail)


def _event(event: Mapping[str, object]) -> str:
    who, what = (" ".join(str(event[key]).split()).replace("```", "'''") for key in ("who", "what"))
    return f"{event['at_s']:9.4f} s  {who:<12} {what}"


def _claims(broken: Sequence[Broken]) -> Iterator[str]:
    if not broken:
        return
    yield "## Claims that did not hold"
    yield "What experiments ask for beside the checks: bounds on metrics, hypotheses, times to recover."
    rows = ((claim.claim, each) for claim in broken for each in claim.frequencies)
    yield table(
        ("claim", "experiment", "system", "not held in", "95 %", "by seed"),
        (
            (
                plain(claim),
                _name(each.setup),
                _variant(each.setup),
                _share(each.rate),
                _interval(each.rate),
                _seeds(each),
            )
            for claim, each in rows
        ),
    )


def _runs(tested: Sequence[Tested]) -> Iterator[str]:
    yield "## The runs"
    verdicts = tuple(Verdict)
    yield table(
        ("experiment", "system", "runs", *verdicts),
        (
            (
                _name(each.setup),
                _variant(each.setup),
                str(len(each.seeds)),
                *(str(each.verdicts.get(verdict, 0)) for verdict in verdicts),
            )
            for each in tested
        ),
    )
    yield "Again, all of them:"
    commands = [again(each.setup, seeds) for each in tested for seeds in _in_a_row(each.seeds)]
    yield _block("sh", [*commands, "chaos findings"])


def _in_a_row(seeds: Sequence[int]) -> Iterator[list[int]]:
    """The seeds, in pieces that follow each other."""
    for _, piece in groupby(enumerate(sorted(set(seeds))), key=lambda pair: pair[1] - pair[0]):
        yield [seed for _, seed in piece]


def _block(language: str, lines: Iterable[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```"])


def _name(setup: Setup) -> str:
    name = setup.experiment.rpartition("/")[2].removesuffix(".yaml")
    return plain(f"{name} ({setup.profile})" if setup.profile else name)


def _variant(setup: Setup) -> str:
    return plain(in_words(dict(setup.variant))) or "as by default"


def _share(rate: FailureRate) -> str:
    return f"{rate.failed} of {rate.runs}"


def _interval(rate: FailureRate) -> str:
    return f"{rate.low:.0%} to {rate.high:.0%}"


def _seeds(frequency: Frequency) -> str:
    told = [f"{seed}: {plain(said)}" for seed, said in frequency.shown[:_SEEDS]]
    more = len(frequency.shown) - _SEEDS
    return "<br>".join([*told, f"… and {more} more"] if more > 0 else told)
