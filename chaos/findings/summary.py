"""What many runs of one version of a system say together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chaos.checks.findings import Finding, Witness
from chaos.findings.explanations import likely_causes
from chaos.findings.observed import Observed, Setup
from chaos.verdict.results import Verdict
from chaos.verdict.series import FailureRate, failure_rate


class Product(NamedTuple):
    """A version of a system."""

    system: str
    version: str


@dataclass(frozen=True)
class Frequency:
    """How often something was found in the runs of one setup.

    Attributes:
        setup: What was run.
        rate: In how many of the runs that could have shown it, with the confidence interval.
        shown: The seeds of the runs that show it, each with what the run says of it: how many jobs, or why a claim
            did not hold.
    """

    setup: Setup
    rate: FailureRate
    shown: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Found:
    """A finding, wherever it likely has the same causes.

    Attributes:
        finding: What was found.
        causes: What likely brought it about; empty where that is not known.
        frequencies: How often, setup by setup; those first that show it most often.
        witness: A job that shows it, with the fewest events.
        shown_by: The run of that job.
    """

    finding: Finding
    causes: tuple[str, ...]
    frequencies: tuple[Frequency, ...]
    witness: Witness
    shown_by: Observed


@dataclass(frozen=True)
class Broken:
    """A claim that did not hold: a bound on a metric, a hypothesis, a recovery time, a component's life."""

    claim: str
    frequencies: tuple[Frequency, ...]


@dataclass(frozen=True)
class Tested:
    """The runs of one setup: their seeds in order, and how many said what."""

    setup: Setup
    seeds: tuple[int, ...]
    verdicts: Mapping[Verdict, int]


@dataclass(frozen=True)
class Summary:
    """Everything that runs of one version of a system say."""

    product: Product
    found: tuple[Found, ...]
    broken: tuple[Broken, ...]
    tested: tuple[Tested, ...]


def summaries(runs: Iterable[Observed]) -> list[Summary]:
    """What the runs say, one summary for each version of each system among them."""
    by_product: defaultdict[Product, list[Observed]] = defaultdict(list)
    for run in runs:
        by_product[Product(run.setup.system, run.setup.version)].append(run)
    return [_summary(product, of_it) for product, of_it in sorted(by_product.items())]


def jobs_in_words(count: int) -> str:
    """So many jobs."""
    return "1 job" if count == 1 else f"{count:,} jobs"


def _summary(product: Product, runs: Sequence[Observed]) -> Summary:
    claims = dict.fromkeys(claim for run in runs for claim in run.claims)
    return Summary(
        product,
        found=tuple(found for finding in Finding for found in _found(finding, product, runs)),
        broken=tuple(_broken(claim, runs) for claim in claims if any(run.claims.get(claim) for run in runs)),
        tested=tuple(_tested(setup, of_it) for setup, of_it in _by_setup(runs)),
    )


def _found(finding: Finding, product: Product, runs: Sequence[Observed]) -> Iterator[Found]:
    """The finding, once for all setups in which it likely has the same causes."""

    def jobs(run: Observed) -> str | None:
        count = run.jobs.get(finding)
        return None if count is None else jobs_in_words(count) if count else ""

    by_causes: defaultdict[tuple[str, ...], list[Observed]] = defaultdict(list)
    for _, of_it in _by_setup(runs):
        faults = {kind for run in of_it if run.jobs.get(finding) for kind in run.fault_kinds}
        by_causes[tuple(likely_causes(*product, finding, faults))] += of_it
    for causes, alike in by_causes.items():
        shown = [(run, each) for run in alike for each in run.witnesses if each.finding is finding]
        if shown:
            shown_by, witness = min(shown, key=lambda pair: (not pair[1].faults, len(pair[1].events)))
            yield Found(finding, causes, _frequencies(alike, jobs), witness, shown_by)


def _broken(claim: str, runs: Sequence[Observed]) -> Broken:
    return Broken(claim, _frequencies(runs, lambda run: run.claims.get(claim)))


def _frequencies(
    runs: Sequence[Observed], problem: Callable[[Observed], str | None]
) -> tuple[Frequency, ...]:
    """How often a problem came, by setup, where it ever came; `problem` is None for a run that can't tell."""
    rows = []
    for setup, of_it in _by_setup(runs):
        told = [(run, said) for run in of_it if (said := problem(run)) is not None]
        shown = [(run.seed, said) for run, said in told if said]
        if shown:
            rate = failure_rate(failed=len(shown), runs=len(told))
            rows.append(Frequency(setup, rate, tuple(sorted(shown))))
    return tuple(sorted(rows, key=lambda row: (-row.rate.low, row.setup)))


def _by_setup(runs: Sequence[Observed]) -> list[tuple[Setup, list[Observed]]]:
    by_setup: defaultdict[Setup, list[Observed]] = defaultdict(list)
    for run in runs:
        by_setup[run.setup].append(run)
    return sorted(by_setup.items())


def _tested(setup: Setup, runs: Sequence[Observed]) -> Tested:
    verdicts = [run.verdict for run in runs]
    return Tested(
        setup,
        tuple(sorted(run.seed for run in runs)),
        {verdict: verdicts.count(verdict) for verdict in Verdict if verdict in verdicts},
    )
