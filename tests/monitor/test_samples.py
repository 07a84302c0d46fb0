"""What processes used is kept beside the ledger, one sample a line."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.monitor.samples import ResourceSample, SamplesDamaged, SampleWriter, read_samples
from chaos.run_directory import RunDirectory

COUNTS = st.integers(0, 2**60)
SAMPLES = st.builds(
    ResourceSample,
    time_ns=COUNTS,
    component=st.text(min_size=1),
    incarnation=st.integers(1, 1000),
    cpu_percent=st.floats(0, 1e6),
    resident_bytes=COUNTS,
    open_files=COUNTS,
    threads=COUNTS,
    data_bytes=st.none() | COUNTS,
)
ONE = ResourceSample(1, "core", 1, 12.5, 4096, 3, 2, None)


def line_of(**other: object) -> bytes:
    """A line as of `ONE`, with something else in some fields."""
    return json.dumps({**asdict(ONE), **other}).encode() + b"\n"


def _written(path: Path, *moments: list[ResourceSample]) -> RunDirectory:
    directory = RunDirectory(path)
    directory.samples.unlink(missing_ok=True)
    writer = SampleWriter(directory)
    for moment in moments:
        writer.write(moment)
    writer.close()
    return directory


@given(moments=st.lists(st.lists(SAMPLES, max_size=4), max_size=4))
def test_what_was_written_is_read_again(
    moments: list[list[ResourceSample]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = _written(tmp_path_factory.getbasetemp(), *moments)
    assert list(read_samples(directory)) == [sample for moment in moments for sample in moment]


def test_a_torn_last_line_is_skipped(tmp_path: Path) -> None:
    directory = _written(tmp_path, [ONE, ONE])
    whole = directory.samples.read_bytes()
    directory.samples.write_bytes(whole[:-5])
    assert list(read_samples(directory)) == [ONE]


@pytest.mark.parametrize(
    "line",
    [
        b"{nonsense}\n",
        b"[]\n",
        b'{"time_ns":1}\n',
        line_of(time_ns="soon"),
        line_of(component=None),
        line_of(cpu_percent=float("nan")),
        line_of(resident_bytes=-1),
        line_of(threads=None),
        line_of(open_files=True),
        line_of(data_bytes=0.5),
    ],
)
def test_any_other_damage_is_an_error_that_names_the_file_and_the_place(line: bytes, tmp_path: Path) -> None:
    directory = _written(tmp_path, [ONE])
    size = directory.samples.stat().st_size
    with directory.samples.open("ab") as file:
        file.write(line + line)
    with pytest.raises(SamplesDamaged, match=rf"monitor\.ndjson is damaged at byte {size}: "):
        list(read_samples(directory))


def test_a_run_that_was_not_sampled_has_no_samples(tmp_path: Path) -> None:
    assert list(read_samples(RunDirectory(tmp_path))) == []
