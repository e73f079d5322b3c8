from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.stack import Stack
from tests.checks.handler_cases import BATCH_OF_TEN
from tests.checks.style_cases import INNOCENT, STYLES, StyleCase
from tests.checks.world import graph_with_code

OF_CODE = [
    *(f"CHK-SWALLOW-{number}" for number in range(1, 5)),
    *("CHK-FIRST-1", "CHK-FIRST-2", "CHK-WARM-1", "CHK-IDEM-4", "CHK-IDEM-5"),
    *("CHK-REPORT-4", "CHK-REPORT-5", "CHK-LOOP-1", "CHK-DELETE-1", "CHK-RECORD-1", "CHK-RECORD-2"),
]


@pytest.mark.parametrize("case", STYLES, ids=lambda case: f"{case.check}: {case.name}")
def test_a_check_does_not_depend_on_the_style_of_the_code(tmp_path: Path, case: StyleCase) -> None:
    files = {"worker/app.py": case.handler, **{f"worker/{name}.py": text for name, text in case.files.items()}}
    stack = Stack.of(graph_with_code(tmp_path / "shop", case.program, files))

    findings = list(CHECKS[case.check].findings(stack))

    assert bool(findings) is case.finds, [finding.why for finding in findings]


@pytest.mark.parametrize("name", sorted(INNOCENT))
def test_no_check_of_code_finds_anything_in_a_handler_that_loses_nothing(tmp_path: Path, name: str) -> None:
    stack = Stack.of(graph_with_code(tmp_path / "shop", BATCH_OF_TEN, {"worker/app.py": INNOCENT[name]}))

    findings = [finding for check in OF_CODE for finding in CHECKS[check].findings(stack)]

    assert findings == []
