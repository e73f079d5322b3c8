from __future__ import annotations

import pytest

from delivery_lab.checks.cloudformation import cloudformation_findings, unmapped_types
from tests.lab_support import FOREIGN, project, stack_of


@pytest.mark.parametrize("stack", [stack.name for stack in project().stacks()])
def test_aws_accepts_every_value_of_our_stacks(stack: str) -> None:
    assert cloudformation_findings(stack_of(stack), cached=True) == []


def test_what_of_our_stacks_is_not_checked() -> None:
    assert unmapped_types(stack_of("batch-partial")) == ("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",)


def test_the_foreign_project_of_the_tests_is_accepted() -> None:
    stack = stack_of("prod", root=FOREIGN)

    assert cloudformation_findings(stack) == []
    assert unmapped_types(stack) == ()
