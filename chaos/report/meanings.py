"""What findings, verdicts and windows mean, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.checks.findings import CheckName, Finding, Status
from chaos.verdict.results import ExitCode, Results

FINDINGS: Mapping[Finding, str] = {
    Finding.MISSING: "the enqueue was acknowledged, and the system does not know the job",
    Finding.STUCK: "the system has the job unfinished for good: nobody executes it, and no retry of it is due",
    Finding.FORGOTTEN: "a worker was told that the job is finished, and the system has it unfinished",
    Finding.CONTRADICTED: "a success was acknowledged, and the system has the job in another final state",
    Finding.ABANDONED: "the system gave the job up without success, though attempts were left",
    Finding.NEVER_RUN: "the system has the job as a success, and no worker ever reported one",
    Finding.PHANTOM: "the job was executed, and never enqueued",
    Finding.DOUBLE_ENQUEUED: "one key, and the system made two jobs of it",
    Finding.RE_EXECUTED: "the job was executed again after its success had been acknowledged",
    Finding.OVERLAPPING: "the job was executed twice at the same time",
    Finding.REDELIVERED: "the job was executed again, since the execution before was never acknowledged",
    Finding.OVER_ATTEMPTED: "the job was tried more often than its limit allows",
    Finding.CORRUPTED: "the payload that was received is not the one that was sent",
    Finding.RECOVERED: "the enqueue got no certain answer, and the job exists after all",
    Finding.UNCANCELLED: "the cancellation was answered with success, and the system has the job in another state",
    Finding.RUN_AFTER_CANCEL: "the job was handed out after its cancellation had been answered with success",
    Finding.UNRETRIED: "the retry by hand was answered with success, and the job never ran again",
    Finding.UNHEARD: "a subscriber listened to the end, and never heard that the job had ended",
    Finding.UNHEARD_ANEW: "a subscriber that had heard of the job's end asked anew, and was told nothing",
    Finding.HEARD_TWICE: "a subscriber heard of the job's end more than once on one stream",
    Finding.MISREPORTED: "a subscriber heard of another end than the job had, or of another result than its worker's",
    Finding.NEVER_FIRED: "a schedule was due, and never fired for that time",
    Finding.FIRED_TWICE: "a schedule fired more than once for one due time",
    Finding.MISFIRED: "a schedule fired when it was not due: paused, deleted, or by an expression that it has no more",
    Finding.MISSED_POLICY: "due times passed while no core ran, and what was fired for them is not as promised",
    Finding.CHANGE_LOST: "a call about a schedule was acknowledged, and the system told it otherwise later",
    Finding.SCHEDULE_DOUBLED: "one name has more than one schedule",
    Finding.FIRE_STUCK: "what a schedule fired was not finished in the end",
}

_ENDINGS: Mapping[ExitCode, str] = {
    ExitCode.FAILED: "The system did not do what this experiment asks of it.",
    ExitCode.WRONG_INPUT: "The experiment could not be run.",
    ExitCode.INCONCLUSIVE: "This run proves nothing: it lacked what a verdict needs.",
    ExitCode.INTERRUPTED: "The run was ended before it could prove anything.",
    ExitCode.TOOLKIT_FAILED: "The toolkit itself failed, so this run proves nothing.",
}


_FAILED: Mapping[CheckName, tuple[str, str]] = {
    CheckName.LOSS: ("job was lost", "jobs were lost"),
    CheckName.DUPLICATION: (
        "job was done more often than it may be",
        "jobs were done more often than they may be",
    ),
    CheckName.INTEGRITY: ("job came out other than it went in", "jobs came out other than they went in"),
    CheckName.CANCELLATION: ("job outlived its cancellation", "jobs outlived their cancellation"),
    CheckName.RETRYING: ("job did not run again", "jobs did not run again"),
    CheckName.SUBSCRIPTION: ("job's end was told wrongly", "jobs' ends were told wrongly"),
}
"""What a failed check says of so many jobs. That of schedules counts none."""


def conclusion(results: Results) -> str:
    """What a run says, in one or two sentences."""
    if results.exit_code is ExitCode.PASSED:
        return _passed(results)
    failed = [check for check in results.checks if check.status is Status.FAILED and check.count]
    if results.exit_code is ExitCode.FAILED and failed:
        told = [
            f"{check.count:,} {_FAILED[check.name][check.count != 1]}"
            for check in failed
            if check.name in _FAILED
        ]
        wrong = sum(check.count for check in failed if check.name is CheckName.SCHEDULES)
        sentences = (
            [f"Of {results.metrics['acknowledged']:,} acknowledged jobs, {' and '.join(told)}."]
            if told
            else []
        )
        if wrong:
            sentences.append(
                f"Schedules were not as they should be {'once' if wrong == 1 else f'{wrong:,} times'}."
            )
        return " ".join(sentences)
    return _ENDINGS[results.exit_code]


def _passed(results: Results) -> str:
    names = ", ".join(check.name for check in results.checks)
    checks = f"{len(results.checks)} checks passed over {results.metrics['acknowledged']:,} acknowledged jobs: {names}."
    match len(results.faults):
        case 0:
            return f"{checks} No fault was injected."
        case 1:
            return f"{checks} The fault was seen to bite, and seen to be undone."
        case many:
            return f"{checks} The {many} faults were all seen to bite, and seen to be undone."
