from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.cloudformation import cloudformation_findings, unmapped_types
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.stack.stack import Stack

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("stack", [stack.name for stack in read_project(ROOT).stacks()])
def test_aws_accepts_every_value_of_our_stacks(stack: str) -> None:
    assert cloudformation_findings(Stack.of(evaluate(read_project(ROOT), stack))) == []


def test_what_of_our_stacks_is_not_checked() -> None:
    graph = evaluate(read_project(ROOT), "batch-partial")

    assert unmapped_types(Stack.of(graph)) == ("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",)


def test_the_foreign_project_of_the_tests_is_accepted() -> None:
    graph = evaluate(read_project(ROOT / "tests" / "foreign" / "orders"), "prod")

    assert cloudformation_findings(Stack.of(graph)) == []
    assert unmapped_types(Stack.of(graph)) == ()
