"""Measure everything and print a table; `--write` puts it into docs/benchmarks.md as well."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
from pathlib import Path

from benchmarks import commands, concurrency, emulator, growth, handlers, peers, seeds, variants
from benchmarks.comparing import committed_figures, got_worse
from benchmarks.figure import Figure

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
_MARK = "<!-- what follows is written by `python -m benchmarks --write` -->"


def main() -> int:
    """Measure; the exit code is 0 whatever comes out, because a busy machine is no fault of the code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    wanted = parser.parse_args()
    committed = committed_figures(PAGE.read_text(encoding="utf-8"))
    figures: list[Figure] = []
    for module in (peers, handlers, commands, variants, seeds, concurrency, emulator, growth):
        for figure in module.figures():
            print(_told(figure, got_worse(figure, committed)), file=sys.stderr)
            figures.append(figure)
    table = "\n".join(["| what | measured | limit | |", "| --- | --- | --- | --- |", *map(_row, figures)])
    print(table)
    if wanted.write:
        head = PAGE.read_text(encoding="utf-8").split(_MARK)[0]
        day = datetime.datetime.now(tz=datetime.UTC).date()
        machine = f"{os.cpu_count()} cores, CPython {platform.python_version()}, {platform.system()}, {day}"
        PAGE.write_text(f"{head}{_MARK}\n\nMeasured on {machine}.\n\n{table}\n", encoding="utf-8")
    return 0


def _told(figure: Figure, worse: str) -> str:
    """A line of progress, red where the figure got worse."""
    line = f"{figure.what}: {figure.value}"
    return f"\033[31m{line}  {worse}\033[0m" if worse else line


def _row(figure: Figure) -> str:
    verdict = {True: "met", False: "**missed**", None: ""}[figure.reached]
    return f"| {figure.what} | {figure.value} | {figure.limit} | {verdict} |"


if __name__ == "__main__":
    sys.exit(main())
