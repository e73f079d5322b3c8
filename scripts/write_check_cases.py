"""Write the table of what checks find and what they keep silent on: `python -m scripts.write_check_cases`."""

from __future__ import annotations

from pathlib import Path

from tests.checks.handler_cases import CASES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "check-cases.md"
_HEAD = """# What checks of code find, and what they keep silent on

Each entry is a small program of the tests (`tests/checks/handler_cases.py`): in the second column the check has to find
something, in the third it has to find nothing. What cannot be followed, such as an event that is handed to a library,
is never reported. This page is made by `python -m scripts.write_check_cases`.

| check | finds | is silent on |
| --- | --- | --- |
"""


def page() -> str:
    """The page."""
    lines = []
    for check in dict.fromkeys(case.check for case in CASES):
        found = [case.name for case in CASES if case.check == check and case.finds]
        silent = [case.name for case in CASES if case.check == check and not case.finds]
        lines.append(f"| `{check}` | {'; '.join(found)} | {'; '.join(silent)} |\n")
    return _HEAD + "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
