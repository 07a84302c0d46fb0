"""Whether the files of a run are still those that it left: a verdict on others would be one on another run."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.ledger.events import ENDS_SAID, EVENTS_FILE, RunEnded
from chaos.ledger.story import Story
from chaos.monitor.samples import size_bytes
from chaos.run_directory import RunDirectory, sha256_of_text
from chaos.verdict.results import ExitCode, Reason


def seal_reasons(directory: RunDirectory, story: Story) -> Iterator[Reason]:
    """What was changed or cut off since; the ledger's files are held to what its events say of them when it is read.

    Args:
        directory: The run's directory.
        story: Its events.
    """
    experiment = directory.experiment
    if sha256_of_text(experiment.read_text(encoding="utf-8")) != story.start.saved_sha256:
        yield _broken(f"{experiment.name} is not the one that was run: it was changed since")
    ended = story.first(RunEnded)
    if ended is None:
        if story.start.version >= ENDS_SAID:
            yield _broken(
                f"{EVENTS_FILE} does not tell of the end: the run was killed before it was over, or the last "
                "lines are gone"
            )
        return
    if (found := size_bytes(directory)) != ended.samples_bytes:
        yield _broken(
            f"{directory.samples.name} has {found} bytes, and had {ended.samples_bytes} when the run ended: "
            "it was changed since"
        )


def _broken(text: str) -> Reason:
    return Reason(ExitCode.INCONCLUSIVE, text)
