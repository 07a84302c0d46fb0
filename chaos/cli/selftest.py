"""`chaos selftest`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chaos.runner.selftest import Case, CaseResult


@click.command("selftest")
@click.argument("defects", nargs=-1, metavar="[DEFECT…]")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="The seed of every case.")
@click.option(
    "--at-once", type=click.IntRange(1, 16), default=2, show_default=True, help="Cases run at once."
)
@click.option(
    "--runs", type=click.Path(path_type=Path), help="Where runs are kept.  [default: CHAOS_RUNS or ./runs]"
)
def command(defects: tuple[str, ...], seed: int | None, at_once: int, runs: Path | None) -> None:
    """Can a green run be trusted? Plant defects in the reference system, and see that each is found by its name.

    Runs the correct system, which must pass, and each DEFECT (all of them, unless some are named).
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from chaos.chance import new_seed
    from chaos.cli.arguments.experiments import refuse_if_halted
    from chaos.registry import unknown
    from chaos.run_directory import runs_directory
    from chaos.runner.selftest import CORRECT, SelfTest, cases
    from chaos.systems.reference.defects import DEFECTS
    from chaos.verdict.results import ExitCode

    for name in defects:
        if name not in (*CORRECT, *DEFECTS):
            click.echo(unknown("defect", name, (*CORRECT, *DEFECTS)), err=True)
            sys.exit(ExitCode.WRONG_INPUT)
    refuse_if_halted()
    chosen = cases(defects)
    used = new_seed() if seed is None else seed
    console = Console(highlight=False)
    console.print(f"{len(chosen)} cases, {at_once} at once, seed {used}")
    done: dict[Case, CaseResult] = {}
    test = SelfTest(runs_directory(runs), used, at_once)
    try:
        for result in test.results(chosen):
            done[result.case] = result
            word = "right" if result.right else "WRONG"
            console.print(f"  {len(done)}/{len(chosen)}  {result.case.defect}: {word}")
    except KeyboardInterrupt:
        console.print("interrupted; the cases under way were stopped")
        sys.exit(ExitCode.INTERRUPTED)
    table = Table("defect", "must be found as", "found", "", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for result in (done[case] for case in chosen):
        expected = result.case.expected or "nothing (passes)"
        found = ", ".join(f"{name} {number}" for name, number in result.found.items()) or "nothing"
        mark = Text("right", style="green") if result.right else Text("WRONG", style="bold red")
        table.add_row(result.case.defect, expected, found, mark)
    console.print()
    console.print(table)
    wrong = [result for result in done.values() if not result.right]
    for result in wrong:
        console.print(f"{result.case.defect}: exit code {result.exit_code}: {result.reason}", soft_wrap=True)
        console.print(f"  {result.run}", soft_wrap=True)
    console.print(
        "The checks can be trusted: every defect was found under its name, and the correct system passed."
        if not wrong
        else f"{len(wrong)} of {len(chosen)} cases came out wrong: do not trust a green run of this installation."
    )
    sys.exit(ExitCode.FAILED if wrong else ExitCode.PASSED)
