"""Write the measured tables of retries into docs/retries.md: `python -m scripts.write_retries`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import default_workload
from delivery_lab.stack.stack import Stack
from scripts.retry_tables import CALLERS, Measured, callers_table, stacks_of_the_table, table

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "retries.md"
BEGIN = "<!-- measured: python -m scripts.write_retries {name} -->"
END = "<!-- end of what was measured -->"


def measured_tables() -> dict[str, str]:
    """The tables by name, from a run of each stack that is there, with its own workload."""
    project = read_project(ROOT)
    there = {stack.name for stack in project.stacks()}
    found = {}
    for stack in dict.fromkeys((*stacks_of_the_table(), *CALLERS)):
        if stack in there:
            deployed = Stack.of(evaluate(project, stack, ()))
            workload = default_workload(ROOT / "workloads", stack)
            found[stack] = Measured.of(simulate(deployed, ROOT, workload, DEFAULT_SEED), workload)
    return {"kinds": table(found), "callers": callers_table(found)}


def page_with(text: str, tables: Mapping[str, str]) -> str:
    """The page with each table put between its two marks.

    Raises:
        ValueError: the page has no place for a table.
    """
    for name, measured in tables.items():
        begin = BEGIN.format(name=name)
        before, mark, rest = text.partition(begin)
        _, end, after = rest.partition(END)
        if not mark or not end:
            raise ValueError(f"{PAGE.name} has no place for the table {name}: {begin} ... {END}")
        text = f"{before}{begin}\n{measured}\n{END}{after}"
    return text


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), measured_tables()), encoding="utf-8")


if __name__ == "__main__":
    main()
