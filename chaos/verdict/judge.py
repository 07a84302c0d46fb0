"""From a run's directory to its verdict.

Nothing is asked of a live system here: the experiment as it was run, the events and the job ledger hold everything, so
the verdict can be made again at any time and comes out the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict

from chaos.checks.check import Outcome, check
from chaos.checks.findings import ALWAYS, CheckName, CheckResult, Finding, Status
from chaos.checks.metrics import Metrics, measure
from chaos.checks.recovery import recovery
from chaos.checks.terms import ScheduleTerms, Terms
from chaos.clock import machine_of, seconds_between
from chaos.experiment.model import Experiment, Load, Schedules
from chaos.experiment.targets import CORES, Cast
from chaos.experiment.writing import digest_as_run
from chaos.guardian.supervision import GUARDIAN
from chaos.ledger.events import TOOL_PREFIX, Note
from chaos.ledger.reader import Ledger, read_events
from chaos.ledger.story import Story
from chaos.metrics.evidence import Evidence
from chaos.metrics.measured import BoundResult, check_bounds, measure_all
from chaos.run_directory import RunDirectory
from chaos.script import Script, cast_of
from chaos.secrets import redacted
from chaos.systems.protocol import HoldEnds
from chaos.systems.registry import system_named
from chaos.verdict.faults import delays, fault_reasons, fault_results
from chaos.verdict.hypotheses import hypothesis_reasons, hypothesis_results
from chaos.verdict.recovery import recovery_reasons
from chaos.verdict.results import ExitCode, Reason, Results, SystemUnderTest
from chaos.verdict.seals import seal_reasons
from chaos.verdict.watching import log_results, silence_remarks

NOTE_CODES = {
    Note.INTERRUPTED: ExitCode.INTERRUPTED,
    Note.TOOLKIT_FAILED: ExitCode.TOOLKIT_FAILED,
    Note.LEFT_BEHIND: ExitCode.TOOLKIT_FAILED,
    Note.HALTED: ExitCode.INTERRUPTED,
    Note.GUARDIAN_DIED: ExitCode.INTERRUPTED,
    Note.NEVER_READY: ExitCode.INCONCLUSIVE,
    Note.SYSTEM_LACKS: ExitCode.WRONG_INPUT,
    Note.DID_NOT_COME_BACK: ExitCode.FAILED,
    Note.BASELINE_NOT_HELD: ExitCode.INCONCLUSIVE,
    Note.FAULT_NOT_DUE: ExitCode.INCONCLUSIVE,
}
"""What a note does to the verdict; one that is not here is a remark."""


def evidence_of(directory: RunDirectory, script: Script) -> Evidence:
    """All that is known of a finished run.

    Args:
        directory: The run's directory.
        script: The experiment as it was run, with its faults and probes.

    Raises:
        LedgerDamaged: The ledger holds something that no writer wrote.
        IncompleteRun: The run was cut off before it had begun.
    """
    story = Story(read_events(directory.ledger)[0])
    experiment = script.experiment
    outcome = check(directory.ledger, terms_of(script, story))
    speed = measure(directory.ledger, story.load_start_ns)
    return Evidence(
        directory=directory,
        ledger=Ledger.open(directory.ledger),
        experiment=experiment,
        story=story,
        outcome=outcome,
        speed=speed,
        recovery=recovery(story, components_of(experiment), speed.first_completion_after),
    )


def judge(evidence: Evidence, script: Script) -> Results:
    """The verdict of a run.

    Args:
        evidence: All that is known of it.
        script: The experiment as it was run, with its faults and probes.

    Raises:
        LedgerDamaged: A file beside the ledger holds something that no writer wrote.
    """
    directory, story, outcome = evidence.directory, evidence.story, evidence.outcome
    experiment = script.experiment
    components = components_of(experiment)
    measured = measure_all(evidence)
    bounds = check_bounds(experiment.verify.metrics, measured)
    hypotheses = hypothesis_results(script.probes, story, bool(script.faults))
    reasons = [
        *_noted(story),
        *seal_reasons(directory, story),
        *_evidence(experiment, components, story, outcome),
        *_checked((*outcome.results, *bounds)),
        *hypothesis_reasons(hypotheses, bool(script.faults)),
        *fault_reasons(script.faults, story),
        *recovery_reasons(evidence.recovery, experiment.verify.recovery, story, components),
    ]
    start = story.start
    system = story.system.description if story.system else {}
    return Results(
        run=start.run,
        started_at=start.wall_time,
        duration_s=round(seconds_between(start.time_ns, story.events[-1].time_ns), 3),
        seed=start.seed,
        chaos_version=start.chaos_version,
        machine=machine_of(start.clock),
        experiment={
            "title": redacted(experiment.title),
            "file": start.experiment_file,
            "sha256": start.experiment_sha256,
            "profile": start.profile or "",
            "as_run": digest_as_run(experiment),
        },
        system=SystemUnderTest(
            name=str(system.get("name", experiment.system.name)),
            version=str(system.get("version", "unknown")),
            variant=experiment.variant,
        ),
        crashed=tuple(
            dict.fromkeys(down.component for down in story.unexpected_downs() if down.component in components)
        ),
        reasons=tuple(reasons),
        notes=tuple(_remarks(story, outcome, evidence.speed, experiment)),
        hypotheses=hypotheses,
        faults=fault_results(script.faults, story),
        checks=outcome.results,
        bounds=bounds,
        metrics={**asdict(outcome.totals), **evidence.speed.to_dict(), "recovery": asdict(evidence.recovery)},
        measurements=measured,
        logs=log_results(story),
    )


def terms_of(script: Script, story: Story) -> Terms:
    """What the checks go by: the experiment's demands, what its faults did, and what the system can tell."""
    experiment = script.experiment
    cast = cast_of(experiment)
    verify, job = experiment.verify, experiment.load.job
    told = story.system.description if story.system else {}
    return Terms(
        jobs=experiment.load.jobs,
        start_ns=story.load_start_ns,
        guarantee=verify.guarantee,
        max_attempts=job.max_attempts,
        timeout_s=job.timeout_s,
        overlap_allowed=verify.overlap == "allow",
        allowed={
            CheckName.LOSS: verify.loss,
            CheckName.DUPLICATION: verify.duplication,
            CheckName.INTEGRITY: verify.integrity,
            CheckName.CANCELLATION: verify.cancellation,
            CheckName.RETRYING: verify.retrying,
            CheckName.SUBSCRIPTION: verify.subscription,
            CheckName.SCHEDULES: verify.schedules,
        },
        checks=ALWAYS | {name for name, asked in _asked_by(experiment.load) if asked},
        bounds={Finding(name): bound.at_most for name, bound in verify.bounds.items()},
        clock_resolution_s=told.get("clock_resolution_s", 0.0),
        delays=delays(script.faults, story, cast),
        hold_ends_with_connection=told.get("hold_ends") == HoldEnds.CONNECTION,
        looks_up=told.get("looks_up", False),
        keeps_finished=told.get("keeps_finished", False),
        deduplicates=told.get("deduplicates", False),
        drain_cut_off=story.drain is not None and story.drain.how == "out-of-time",
        load_on={name: cast.load_on([name]) for name in components_of(experiment)},
        cores=cast.cores_of_load,
        schedules=_schedule_terms(experiment.load.schedules, cast),
    )


def _schedule_terms(asked: Schedules | None, cast: Cast) -> ScheduleTerms | None:
    if asked is None:
        return None
    needs = {core: {server for client, server in cast.links if client == core} for core in cast.groups[CORES]}
    return ScheduleTerms(
        count=asked.count,
        crons=asked.crons,
        timezone=asked.timezone,
        missed=asked.missed,
        cores={core: frozenset({core} | servers) for core, servers in needs.items()},
        everybody=frozenset(cast.names),
    )


def _asked_by(load: Load) -> Iterator[tuple[CheckName, bool]]:
    """The checks that are asked only of a load that does what they are about, and whether this one does."""
    yield CheckName.CANCELLATION, load.cancel > 0
    yield CheckName.RETRYING, load.retry_dead
    yield CheckName.SUBSCRIPTION, load.subscribe > 0


def _noted(story: Story) -> Iterator[Reason]:
    for what, code in NOTE_CODES.items():
        for note in story.notes(what):
            yield Reason(code, note.text)


def components_of(experiment: Experiment) -> frozenset[str]:
    """The names of the components of the system under test; whoever else ends by itself is the toolkit's."""
    spec = experiment.system
    groups = system_named(spec.name).component_groups(spec)
    return frozenset(name for members in groups.values() for name in members)


def _evidence(
    experiment: Experiment, components: Collection[str], story: Story, outcome: Outcome
) -> Iterator[Reason]:
    """What a run must have seen before it may pass."""
    for down in story.unexpected_downs():
        if down.component == GUARDIAN and story.notes(Note.GUARDIAN_DIED):
            continue
        if down.component == GUARDIAN:
            code = ExitCode.INTERRUPTED
        elif down.component.startswith(TOOL_PREFIX):
            code = ExitCode.INCONCLUSIVE
        elif down.component not in components:
            code = ExitCode.TOOLKIT_FAILED
        else:
            code = ExitCode.FAILED if story.had_load else ExitCode.INCONCLUSIVE
        yield Reason(code, f"{down.component} ended by itself ({down.status}); its log tells why")
    if story.had_load and story.system is None:
        yield Reason(ExitCode.INCONCLUSIVE, "the ledger does not say what the system can tell")
    if story.drain is None:
        yield Reason(ExitCode.INCONCLUSIVE, "the run ended before its drain, so nothing could be proven")
        return
    if story.drain.queue_depth is None:
        yield Reason(ExitCode.INCONCLUSIVE, "the system did not answer when it was asked for its queue depth")
    elif story.drain.how != "drained" and story.drain.queue_depth > _unfinished(outcome):
        yield Reason(
            ExitCode.INCONCLUSIVE,
            f"the drain ended {story.drain.how}: the system's queue depth was {story.drain.queue_depth}, which the "
            "final states of the jobs do not account for",
        )
    needed = experiment.verify.evidence.acknowledged * experiment.load.jobs
    if outcome.totals.acknowledged < needed:
        yield Reason(
            ExitCode.INCONCLUSIVE,
            f"only {outcome.totals.acknowledged} of {experiment.load.jobs} jobs were acknowledged; "
            f"{needed:.0f} are needed as evidence",
        )
    if outcome.totals.states_unread:
        yield Reason(
            ExitCode.INCONCLUSIVE, f"the final state of {outcome.totals.states_unread} jobs could not be read"
        )


def _unfinished(outcome: Outcome) -> int:
    """Jobs that the system itself had as unfinished when it was asked for each, and those that schedules fired."""
    findings = {finding: number for result in outcome.results for finding, number in result.findings.items()}
    return (findings[Finding.STUCK] or 0) + (findings.get(Finding.FIRE_STUCK) or 0)


def _checked(results: Iterable[CheckResult | BoundResult]) -> Iterator[Reason]:
    codes = {Status.FAILED: ExitCode.FAILED, Status.UNKNOWN: ExitCode.INCONCLUSIVE}
    for result in results:
        if result.status in codes:
            yield from (Reason(codes[result.status], reason) for reason in result.reasons)


def _remarks(story: Story, outcome: Outcome, metrics: Metrics, experiment: Experiment) -> Iterator[str]:
    """What a reader should know beside the verdict."""
    for what in (Note.LOAD_FELL_SHORT, Note.NOT_WATCHED):
        yield from (note.text for note in story.notes(what))
    yield from silence_remarks(story)
    for result in outcome.results:
        if 0 < result.count <= result.allowed:
            yield f"{result.name}: {result.count} jobs, which this experiment allows (up to {result.allowed})"
        untested = result.name is CheckName.SCHEDULES and not result.opportunities[Finding.MISSED_POLICY]
        if untested and experiment.faults:
            yield (
                "no due time of a schedule came while the system was down for certain, so what becomes of those was "
                "not put to the test"
            )
    if outcome.totals.torn_records:
        yield f"{outcome.totals.torn_records} torn last records were skipped (writers that were killed mid-write)"
    if experiment.load.rate != "max" and metrics.late_arrivals_share > 0.01:
        yield (
            f"the load was late: {metrics.late_arrivals_share:.1%} of the jobs were sent more than 10 ms after "
            f"they were due (99th percentile {metrics.arrival_lateness_p99_ms:.1f} ms), so the rate was not kept"
        )
