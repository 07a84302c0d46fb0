"""A run is watched: what its processes use and log, silences; and no secret leaves it."""

from __future__ import annotations

import sys
from pathlib import Path

from chaos.monitor.samples import ResourceSample, read_samples
from chaos.run_directory import RunDirectory
from tests.end_to_end.conftest import KILL, Chaos

PAUSED = """\
title: Paused
system: reference
silence-after: 1s
load:
  jobs: 900
  rate: 150/s
  workers: {count: 2, concurrency: 8}
  job: {duration: 10ms, timeout: 5s}
faults:
  - {fault: pause, target: core, at: 1s, for: 2500ms}
"""

TOKEN = "n3ver-Sh0wn-7291"
PASSWORD = "hunt3r-2-pass"
TALKATIVE = f"""\
#!/bin/sh
echo "ERROR can't reach postgres://app:{PASSWORD}@db/jobs with $MY_STORE"
echo "the password was {PASSWORD}"
exec "{sys.executable}" -P -m chaos.systems.reference --listen "$4" --data "${{2#sqlite://}}.d"
"""
SECRETIVE = f"""\
title: Jobs of postgres://app:{PASSWORD}@db/jobs
system: {{name: reseolio, bin: CORE}}
load:
  jobs: 300
  rate: 200/s
  workers: {{count: 2, concurrency: 8}}
  job: {{duration: 10ms, timeout: 2s, max-delay: 500ms}}
steady-state:
  - {{probe: command, shell: "echo ${{env:MY_STORE}}", what: output, matches: "Sh0wn"}}
  - probe: command
    name: is postgres://app:{PASSWORD}@db there
    shell: echo no {PASSWORD}
    what: output
    equals: yes it is
"""


def _by_component(run: Path) -> dict[str, list[ResourceSample]]:
    found: dict[str, list[ResourceSample]] = {}
    for sample in read_samples(RunDirectory(run)):
        found.setdefault(sample.component, []).append(sample)
    return found


def test_every_process_is_sampled_and_a_restarted_one_by_its_new_process(chaos: Chaos) -> None:
    done = chaos("run", chaos.file(KILL.replace("jobs: 200", "jobs: 600")))
    assert done.code == 0, done.out + done.err
    samples = _by_component(done.run)
    assert {"runner", "guardian", "core", "producer-1", "worker-1", "worker-2"} <= set(samples)
    assert {sample.incarnation for sample in samples["core"]} == {1, 2}
    assert all(sample.resident_bytes > 1 << 20 and sample.open_files > 0 for sample in samples["core"])
    assert all(sample.data_bytes for sample in samples["core"])
    assert all(sample.data_bytes is None for sample in samples["worker-1"])
    logs = {(log["component"], log["rule"]): log for log in done.results["logs"]}
    assert logs["core", "worker-disconnected"]["tone"] == "neutral"


def test_a_silence_is_told_with_the_fault_and_what_everybody_did(chaos: Chaos) -> None:
    done = chaos("run", chaos.file(PAUSED))
    assert done.code == 0, done.out + done.err
    (note,) = [note for note in done.results["notes"] if note.startswith("no job was completed")]
    assert "under pause" in note
    assert "core ready" in note
    assert "process stopped" in note
    assert "silence: no job completed for" in done.out
    assert "the silence is over after" in done.out


def test_no_secret_is_found_in_anything_that_a_run_keeps_or_says(chaos: Chaos) -> None:
    core = chaos.place / "talkative"
    core.write_text(TALKATIVE, encoding="utf-8")
    core.chmod(0o755)
    file = chaos.file(SECRETIVE.replace("CORE", str(core)))
    for arguments in (("run", file), ("run", file, "--output", "json"), ("run", file, "--dry-run")):
        done = chaos(*arguments, environment={"MY_STORE": TOKEN, "PYTHONUNBUFFERED": "1"})
        assert done.code == (0 if "--dry-run" in arguments else 1), done.out + done.err
        for secret in (TOKEN, PASSWORD):
            assert secret not in done.out + done.err
    runs = list(chaos.runs.iterdir())
    assert len(runs) == 2
    for run in runs:
        files = [path for path in run.rglob("*") if path.is_file()]
        assert files
        for path in files:
            content = path.read_bytes()
            assert TOKEN.encode() not in content, path
            assert PASSWORD.encode() not in content, path
        assert b"can't reach postgres://app:****" in (run / "logs" / "core.log").read_bytes()
    events = (runs[0] / "ledger" / "events.ndjson").read_text(encoding="utf-8")
    assert "can't reach postgres://app:***@db/jobs with ***" in events
    assert chaos("check", str(runs[0])).code == 1
