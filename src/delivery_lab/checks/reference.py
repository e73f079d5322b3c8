"""The table of all checks in docs/checks.md.

`python -m delivery_lab.checks.reference` prints it; a test holds the page and the registry together.
"""

from __future__ import annotations

from delivery_lab.checks.registry import CHECKS
from delivery_lab.checks.sarif import source_address
from delivery_lab.rules import RULES


def checks_table() -> str:
    """All checks as a Markdown table."""
    head = ["| id | severity | what | why | fix | source |", "| --- | --- | --- | --- | --- | --- |"]
    rows = [
        f"| `{check.id}` | {check.severity} | {check.title} | {check.why} | {check.fix} | {_source(check.source)} |"
        for check in CHECKS.values()
    ]
    return "\n".join([*head, *rows])


def _source(source: str) -> str:
    address = source_address(source)
    return f"[{source}]({address})" if source in RULES else f"[AWS]({address})" if "aws" in address else f"<{address}>"


if __name__ == "__main__":
    print(checks_table())
