from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.stack import Stack
from scripts.write_check_cases import PAGE, page
from tests.checks.handler_cases import CASES, HandlerCase
from tests.checks.world import graph_with_code


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}: {case.name}")
def test_a_check_finds_what_it_is_about_and_keeps_silent_otherwise(tmp_path: Path, case: HandlerCase) -> None:
    stack = Stack.of(graph_with_code(tmp_path / "shop", case.program, {"worker/app.py": case.handler}))

    findings = list(CHECKS[case.check].findings(stack))

    assert bool(findings) is case.finds, [finding.why for finding in findings]
    assert len(findings) <= 1
    for finding in findings:
        assert finding.values
        assert finding.why.endswith(".")
        assert finding.fix
        assert not finding.fix.endswith(".")


@pytest.mark.parametrize("check", sorted({case.check for case in CASES}))
def test_each_check_has_cases_of_both_kinds(check: str) -> None:
    assert {case.finds for case in CASES if case.check == check} == {True, False}


def test_the_page_is_that_of_the_cases() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m scripts.write_check_cases"
