"""Imports point one way, as docs/architecture.md says."""

import ast
from pathlib import Path

import chaos

PACKAGE = Path(chaos.__file__).parent

# A part may import its own level's neighbours only where they are named, and everything on the levels below.
LEVELS = [
    {"__main__"},
    {"cli"},
    {"page"},
    {"diagnosis", "findings", "gamedays", "schedules"},
    {"runner", "history", "exports", "launching"},
    {"verdict", "report"},
    {"script"},
    {"metrics"},
    {"systems", "load", "faults", "probes", "checks"},
    {"proxies"},
    {"parts", "processes", "ledger", "guardian", "monitor"},
    {"notices"},
    {"experiment", "databases"},
    {"run_directory"},
    {"wire", "clock", "deadline", "chance", "cron", "registry", "secrets"},
]
NEIGHBOURS = {
    ("report", "verdict"),
    ("systems", "load"),  # a planted defect invents payloads
    ("systems", "checks"),  # and names the finding that must come of it
    ("probes", "systems"),  # a system's store
    ("processes", "ledger"),
    ("guardian", "processes"),
    ("guardian", "ledger"),
    ("monitor", "ledger"),
    ("monitor", "processes"),
}

LEVEL_OF = {part: level for level, parts in enumerate(LEVELS) for part in parts}


def _part(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def _imports(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("chaos."):
            modules.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            modules.update(name.name.split(".")[1] for name in node.names if name.name.startswith("chaos."))
    return modules


def test_every_part_has_its_level() -> None:
    assert {_part(path) for path in PACKAGE.rglob("*.py")} - {"__init__"} == set(LEVEL_OF)


def test_nothing_imports_what_is_above_it() -> None:
    upward = {
        (_part(path), imported)
        for path in PACKAGE.rglob("*.py")
        for imported in _imports(path)
        if imported != _part(path)
        and LEVEL_OF[imported] <= LEVEL_OF[_part(path)]
        and (_part(path), imported) not in NEIGHBOURS
    }
    assert upward == set()
