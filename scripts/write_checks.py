"""Write the table of all checks into docs/checks.md: `python scripts/write_checks.py`."""

from __future__ import annotations

from pathlib import Path

from delivery_lab.checks.registry import CHECKS
from delivery_lab.checks.sarif import source_address
from delivery_lab.rules import RULES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "checks.md"
_HEAD = "| id | severity | what | why | fix | source |\n| --- | --- | --- | --- | --- | --- |\n"


def checks_table() -> str:
    """All checks as a Markdown table."""
    rows = [
        f"| `{check.id}` | {check.severity} | {check.title} | {check.why} | {check.fix} | {_source(check.source)} |\n"
        for check in CHECKS.values()
    ]
    return _HEAD + "".join(rows)


def page_with(text: str, table: str) -> str:
    """The page with the table in the place of the one that it has.

    Raises:
        ValueError: the page has no table of checks.
    """
    before, head, rest = text.partition(_HEAD)
    if not head:
        raise ValueError(f"{PAGE.name} has no table of checks: it begins with {_HEAD.splitlines()[0]}")
    _, blank, after = rest.partition("\n\n")
    return f"{before}{table}{blank[1:]}{after}"


def _source(source: str) -> str:
    address = source_address(source)
    return f"[{source}]({address})" if source in RULES else f"[AWS]({address})" if "aws" in address else f"<{address}>"


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), checks_table()), encoding="utf-8")


if __name__ == "__main__":
    main()
