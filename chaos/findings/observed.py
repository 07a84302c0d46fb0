"""What one judged run says about each thing that could have been found in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from chaos.checks.findings import CheckResult, Finding, Status, Treatment, Witness
from chaos.checks.terms import Terms, treatment_of
from chaos.experiment.model import Window
from chaos.findings.explanations import OF_DATABASE
from chaos.ledger.events import Note
from chaos.report.reported_run import ReportedRun
from chaos.script import Script, cast_of
from chaos.verdict.judge import components_of, terms_of
from chaos.verdict.recovery import recovery_results
from chaos.verdict.results import ExitCode, Results, Verdict

_SPEAKS = frozenset({ExitCode.PASSED, ExitCode.FAILED, ExitCode.INCONCLUSIVE})


@dataclass(frozen=True, order=True)
class Setup:
    """What was run, whatever the seed: one experiment on one system, set up in one way.

    Attributes:
        experiment: The experiment's file.
        profile: Its profile; empty: none.
        system: The system's name.
        version: The version that it tells.
        variant: How the system was set up and spoken to, where that was not as by default: each key and its value.
        as_run: A digest of the experiment as it was run: two runs with other overrides are not alike.
    """

    experiment: str
    profile: str
    system: str
    version: str
    variant: tuple[tuple[str, str], ...]
    as_run: str

    @classmethod
    def of(cls, results: Results) -> Self:
        """The setup of a run."""
        return cls(
            experiment=results.experiment["file"].replace("\\", "/"),
            profile=results.experiment["profile"],
            system=results.system.name,
            version=results.system.version,
            variant=tuple(results.system.variant.items()),
            as_run=results.experiment["as_run"],
        )


@dataclass(frozen=True)
class Observed:
    """One run, as far as it could have shown something.

    Attributes:
        run: The run's name.
        seed: Where its random draws came from.
        setup: What was run.
        verdict: What it said.
        fault_kinds: The kinds of faults that were seen to bite; those on a database or a way to one are told apart.
        jobs: For each finding that it could have shown and that can be decided: how many jobs show it, if it fails.
        claims: What else was asked and could be answered, in words, and what came instead; empty if it held.
        witnesses: Jobs that show the findings.
    """

    run: str
    seed: int
    setup: Setup
    verdict: Verdict
    fault_kinds: frozenset[str]
    jobs: Mapping[Finding, int]
    claims: Mapping[str, str]
    witnesses: tuple[Witness, ...]


class SaysNothing(Exception):
    """A run says nothing of its system; the message says why."""


def observe(run: ReportedRun) -> Observed:
    """What a judged run saw.

    Raises:
        SaysNothing: It was interrupted, the toolkit failed, or there was no load.
    """
    results = run.results
    if results.exit_code not in _SPEAKS:
        raise SaysNothing("; ".join(reason.text.partition("\n")[0] for reason in results.reasons))
    experiment = run.evidence.experiment
    terms = terms_of(Script.of(experiment), run.evidence.story)
    failed = {finding for check in results.checks for finding in _failed(check, terms)}
    return Observed(
        run=results.run,
        seed=results.seed,
        setup=Setup.of(results),
        verdict=results.verdict,
        fault_kinds=frozenset(_fault_kinds(run)),
        jobs={
            finding: (count or 0) if finding in failed else 0
            for check in results.checks
            for finding, count in check.findings.items()
            if count is not None and (count or check.opportunities[finding])
        },
        claims=dict(_claims(run)),
        witnesses=tuple(
            witness for check in results.checks for witness in check.witnesses if witness.finding in failed
        ),
    )


def _fault_kinds(run: ReportedRun) -> Iterator[str]:
    """The kinds of the faults that bit; those on a database, or on a way to one, are told apart."""
    databases = set(cast_of(run.evidence.experiment).groups.get("databases", ()))
    for fault in run.results.faults:
        if fault.confirmed_s is not None:
            elsewhere = databases.isdisjoint(fault.target.split(", "))
            yield fault.kind if elsewhere else f"{fault.kind}{OF_DATABASE}"


def _failed(check: CheckResult, terms: Terms) -> Iterator[Finding]:
    """The findings that made a check fail; what is allowed, or reported beside it, did not."""
    if check.status is Status.FAILED:
        for finding, count in check.findings.items():
            treatment = treatment_of(finding, terms)
            allowed = terms.bounds[finding] if treatment is Treatment.BOUNDED else 0
            if count and count > allowed and treatment is not Treatment.REPORTED:
                yield finding


def _claims(run: ReportedRun) -> Iterator[tuple[str, str]]:
    """Each claim that could be answered, and what came instead; nothing if it held."""
    results, story, experiment = run.results, run.evidence.story, run.evidence.experiment
    for bound in results.bounds:
        if bound.status is not Status.UNKNOWN:
            yield f"{bound.name} {bound.bound}", bound.shown if bound.status is Status.FAILED else ""
    for hypothesis in results.hypotheses:
        if hypothesis.held is not None and (hypothesis.window is not Window.BASELINE or not results.faults):
            yield (
                f"{hypothesis.name}, {hypothesis.window}",
                "" if hypothesis.held else hypothesis.shown or hypothesis.note,
            )
    components = components_of(experiment)
    for time in recovery_results(run.evidence.recovery, experiment.verify.recovery, story, components):
        yield f"{time.name} within {time.allowed_s:g} s", "" if time.held else time.shown
    yield "no component ends by itself", ", ".join(results.crashed)
    lost = story.notes(Note.DID_NOT_COME_BACK)
    yield "what is broken comes back", "; ".join(note.text.partition("\n")[0] for note in lost)
