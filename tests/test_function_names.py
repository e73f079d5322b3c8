"""Names of Lambda functions, with or without a version or alias."""

from __future__ import annotations

import pytest

from delivery_lab.function_names import qualifier_in

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:worker"


@pytest.mark.parametrize(
    ("given", "qualifier"),
    [
        ("worker", "$LATEST"),
        ("worker:live", "live"),
        ("123456789012:function:worker:7", "7"),
        (ARN, "$LATEST"),
        (f"{ARN}:live", "live"),
        ("arn:aws:sqs:eu-west-1:123456789012:jobs", "$LATEST"),
        (None, "$LATEST"),
    ],
)
def test_the_qualifier_of_a_name(given: str | None, qualifier: str) -> None:
    assert qualifier_in(given) == qualifier
