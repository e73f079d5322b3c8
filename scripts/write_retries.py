"""Write the measured comparison of retries into docs/retries.md: `python scripts/write_retries.py`."""

from __future__ import annotations

from pathlib import Path

from lab.model.randomness import DEFAULT_SEED
from lab.places.simulation import simulate
from lab.places.workload import default_workload
from lab.program.engine import evaluate
from lab.program.project import read_project
from lab.results.retries import Measured, stacks_of_the_table, table

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "retries.md"
BEGIN = "<!-- measured: python scripts/write_retries.py -->"
END = "<!-- end of what was measured -->"


def measured_table() -> str:
    """The table, from a run of each stack that is there, with its own workload."""
    project = read_project(ROOT)
    there = {stack.name for stack in project.stacks()}
    found = {}
    for stack in stacks_of_the_table():
        if stack in there:
            run = simulate(
                evaluate(project, stack, ()), ROOT, default_workload(ROOT / "workloads", stack), DEFAULT_SEED
            )
            found[stack] = Measured.of(run)
    return table(found)


def page_with(text: str, measured: str) -> str:
    """The page with the table put between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{measured}\n{END}{after}"


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), measured_table()), encoding="utf-8")


if __name__ == "__main__":
    main()
