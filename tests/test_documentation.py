"""What the pages show is what the product does."""

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chaos.checks.findings import GROUPS, REPORTED_BESIDE, Finding
from chaos.cli import main
from chaos.experiment.base import kebab
from chaos.experiment.keys import keys_of_part
from chaos.experiment.layers import profile_names
from chaos.experiment.model import FINDINGS, FaultSpec, HypothesisSpec, LastingSpec
from chaos.experiment.reading import read_experiment
from chaos.experiment.shipped import shipped_experiments
from chaos.experiment.tolerances import TOLERANCES
from chaos.faults.registry import FAULTS
from chaos.metrics.registry import METRICS
from chaos.probes.registry import PROBES
from chaos.runner.vocabulary import vocabulary
from chaos.script import Script, cast_of
from chaos.systems.reference.defects import DEFECTS
from chaos.verdict.results import ExitCode

TOP = Path(__file__).parent.parent
PAGES = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


EXPERIMENTS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    if page.name not in ("adding-a-fault.md", "gamedays.md")  # they have tests of their own
    for number, block in enumerate(_blocks(page, "yaml"))
    if block.startswith("title:")
]
FAULT_PAGES = sorted((TOP / "docs" / "faults").glob("*.md"))
FAULT_ENTRIES = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in FAULT_PAGES
    for number, block in enumerate(_blocks(page, "yaml"))
    if block.startswith(("fault:", "- fault:", "- {fault:"))
]
ROOMY = "title: x\nsystem: reference\nload: {jobs: 6000, rate: 100/s, producers: 2, workers: {count: 4}}\n"
PROBE_PAGE = TOP / "docs" / "probes.md"
PROBE_ENTRIES = [
    pytest.param(entry, id=entry.removeprefix("- {probe: ").partition(",")[0])
    for block in _blocks(PROBE_PAGE, "yaml")
    for entry in block.splitlines()
]
COMMANDS = sorted(
    {
        line.removeprefix("$ ").split("   ")[0]
        for page in PAGES
        for block in (*_blocks(page, "console"), *_blocks(page, ""), *_blocks(page, "sh"))
        for line in block.splitlines()
        if line.startswith(("$ chaos ", "chaos "))
    }
)


@pytest.mark.parametrize("text", EXPERIMENTS)
def test_every_experiment_that_is_shown_can_be_run(text: str, tmp_path: Path) -> None:
    for shipped in shipped_experiments().glob("*.yaml"):  # what is shown may extend them
        shutil.copy(shipped, tmp_path)
    file = tmp_path / "shown.yaml"
    file.write_text(text, encoding="utf-8")
    for profile in (None, *profile_names(file)):
        read_experiment(file, vocabulary(), profile=profile)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_that_is_shown_exists_with_its_options(line: str) -> None:
    words = shlex.split(line)[1:]
    command = main.get_command(click.Context(main), words[0])
    assert command is not None, words[0]
    command.make_context(words[0], words[1:], resilient_parsing=False)


def test_the_pages_link_to_pages_that_are_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_has_a_conflict_left_in_it(page: Path) -> None:
    assert not re.findall(r"^(?:<{7}|>{7}) ", page.read_text(encoding="utf-8"), re.MULTILINE)


def _sections(page: Path) -> dict[str, str]:
    """What stands under each second-level heading, together with what stands before the first one."""
    top, *sections = page.read_text(encoding="utf-8").split("\n## ")
    return {section.partition("\n")[0]: top + section for section in sections}


@pytest.mark.parametrize("name", FAULTS.names())
def test_every_fault_has_one_section_with_all_its_own_keys_and_stands_in_the_table(name: str) -> None:
    fault = FAULTS.named(name)
    found = [page for page in FAULT_PAGES if name in _sections(page)]
    assert len(found) == 1
    section = _sections(found[0])[name]
    for key in keys_of_part(fault.spec_model, but=("fault",)):
        if key.declared_by not in (FaultSpec, LastingSpec):
            assert f"`{key.name}`" in section, key.name
    assert "**Evidence**" in section
    assert "**Undo**" in section
    table = (TOP / "docs" / "faults.md").read_text(encoding="utf-8")
    assert f"\n| [{name}](faults/{found[0].name}#{name}) | " in table


def test_the_pages_of_faults_tell_of_no_fault_that_is_not_there() -> None:
    assert {name for page in FAULT_PAGES for name in _sections(page)} == set(FAULTS.names())


@pytest.mark.parametrize("text", FAULT_ENTRIES)
def test_every_fault_that_is_shown_can_stand_in_an_experiment(text: str, tmp_path: Path) -> None:
    file = tmp_path / "shown.yaml"
    entries = text if text.startswith("- ") else f"- {text.replace(chr(10), chr(10) + '  ')}"
    file.write_text(f"{ROOMY}faults:\n{entries}", encoding="utf-8")
    read_experiment(file, vocabulary())


@pytest.mark.parametrize("name", PROBES.names())
def test_every_probe_has_a_section_with_all_its_own_keys_and_an_example_and_stands_in_the_table(
    name: str,
) -> None:
    section = PROBE_PAGE.read_text(encoding="utf-8").split(f"\n## {name}\n")[1].partition("\n## ")[0]
    for key in keys_of_part(PROBES.named(name).spec_model, but=("probe",)):
        if key.declared_by is not HypothesisSpec and key.name not in map(kebab, TOLERANCES):
            assert key.name in section, key.name
    assert f"- {{probe: {name}, " in section
    assert f"[{name}](#{name})" in PROBE_PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", PROBE_ENTRIES)
def test_every_probe_that_is_shown_can_stand_in_an_experiment_and_be_asked_here(
    text: str, tmp_path: Path
) -> None:
    assert not _problems_of_probe(text, tmp_path)


@pytest.mark.parametrize("name", PROBES.names())
def test_the_example_that_a_probe_gives_of_itself_can_be_asked_here(name: str, tmp_path: Path) -> None:
    assert not _problems_of_probe(f"- {PROBES.named(name).example}", tmp_path)


def _problems_of_probe(entry: str, place: Path) -> object:
    file = place / "shown.yaml"
    fault = "faults: [{fault: kill, target: core, at: 20s, restart-after: 1s}]\n"
    file.write_text(f"{ROOMY}steady-state:\n  {entry}\n{fault}", encoding="utf-8")
    experiment = read_experiment(file, vocabulary())
    return Script.of(experiment).problems(cast_of(experiment))


def test_the_page_of_checks_has_every_finding_and_every_exit_code() -> None:
    page = (TOP / "docs" / "checks.md").read_text(encoding="utf-8")
    for check, findings in GROUPS.items():
        for finding in (*findings, *REPORTED_BESIDE.get(check, ())):
            assert f"| {check} | {finding} |" in page
            assert f"**{finding}**" in page
    for code in ExitCode:
        assert f"\n| {int(code)} | " in page


def test_the_page_of_metrics_has_every_metric_and_every_level() -> None:
    page = (TOP / "docs" / "metrics.md").read_text(encoding="utf-8")
    table = "".join(line for line in page.splitlines(keepends=True) if line.startswith("| `"))
    for name in METRICS.names():
        metric = METRICS.named(name)
        assert f"`{name}`" in table
        if (levels := metric.levels) is not None:
            shown = (
                metric.unit.write(level) for level in (levels.target, levels.acceptable, levels.critical)
            )
            assert f"| `{name}` | {' | '.join(shown)} |" in page


def test_the_readme_counts_the_defects_and_lists_every_command() -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    assert f"plants {len(DEFECTS)} defects" in readme
    for name in main.list_commands(click.Context(main)):
        assert f"`chaos {name}" in readme


def test_the_language_knows_the_findings_of_the_checks() -> None:
    assert set(FINDINGS) == {finding.value for finding in Finding}


def test_the_help_of_every_command_is_there() -> None:
    for name in main.list_commands(click.Context(main)):
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0
        assert "Usage:" in result.output


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["version"]["path"] == "chaos/__init__.py"
    assert CliRunner().invoke(main, ["--version"]).output.startswith("chaos, version ")
