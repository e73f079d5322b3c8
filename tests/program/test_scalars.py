"""Texts in the place of numbers and switches."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.errors import ProgramError
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.scalars import refuse_unreadable, typed

QUEUE = "aws:sqs/queue:Queue"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"


def test_texts_are_read_as_the_provider_reads_them() -> None:
    given = {
        "batchSize": "5",
        "enabled": "false",
        "scalingConfig": {"maximumConcurrency": "7"},
        "functionName": "5",
        "maximumRetryAttempts": "-1",
        "parallelizationFactor": UNKNOWN,
    }

    assert typed(MAPPING, given) == {
        "batchSize": 5,
        "enabled": False,
        "scalingConfig": {"maximumConcurrency": 7},
        "functionName": "5",
        "maximumRetryAttempts": -1,
        "parallelizationFactor": UNKNOWN,
    }
    assert given["scalingConfig"] == {"maximumConcurrency": "7"}


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("visibilityTimeoutSeconds", "abc", "a whole number"),
        ("visibilityTimeoutSeconds", 60.5, "a whole number"),
        ("visibilityTimeoutSeconds", True, "a whole number"),
        ("visibilityTimeoutSeconds", "", "a whole number"),
        ("fifoQueue", "yes", "true or false"),
        ("fifoQueue", 1, "true or false"),
    ],
)
def test_what_the_provider_refuses_is_refused_by_name(name: str, value: Any, kind: str) -> None:
    with pytest.raises(ProgramError) as caught:
        refuse_unreadable(QUEUE, "jobs", {name: value})

    assert typed(QUEUE, {name: value}) == {name: value}
    assert str(caught.value) == f"jobs: {name} = {value!r} has to be {kind}; the AWS provider takes nothing else"


def test_a_secret_is_not_shown() -> None:
    with pytest.raises(ProgramError) as caught:
        refuse_unreadable(QUEUE, "jobs", {"delaySeconds": "hunter2"}, frozenset({"delaySeconds"}))

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("given", [["ReportBatchItemFailure"], "nonsense", [5], [["ReportBatchItemFailures"]]])
def test_a_response_type_that_there_is_not(given: Any) -> None:
    with pytest.raises(ProgramError) as caught:
        refuse_unreadable(MAPPING, "jobs", {"functionResponseTypes": given})

    assert str(caught.value) == (
        f'jobs: functionResponseTypes = {given!r} has to be a list of "ReportBatchItemFailures"; '
        "the AWS provider takes nothing else"
    )


@pytest.mark.parametrize("given", [["ReportBatchItemFailures"], [], UNKNOWN, [UNKNOWN], None])
def test_response_types_that_there_are(given: Any) -> None:
    refuse_unreadable(MAPPING, "jobs", {"functionResponseTypes": given})
    assert typed(MAPPING, {"functionResponseTypes": given}) == {"functionResponseTypes": given}


def test_blocks_of_a_list_are_read_each() -> None:
    given = {"globalSecondaryIndexes": [{"name": "a", "readCapacity": "5"}, {"name": "b"}, UNKNOWN]}

    assert typed("aws:dynamodb/table:Table", given) == {
        "globalSecondaryIndexes": [{"name": "a", "readCapacity": 5}, {"name": "b"}, UNKNOWN]
    }
    assert given["globalSecondaryIndexes"][0] == {"name": "a", "readCapacity": "5"}


def test_a_rate_may_have_a_fraction() -> None:
    stage = "aws:apigatewayv2/stage:Stage"

    assert typed(stage, {"defaultRouteSettings": {"throttlingRateLimit": "0.5"}}) == {
        "defaultRouteSettings": {"throttlingRateLimit": 0.5}
    }
    with pytest.raises(ProgramError, match=r"defaultRouteSettings.throttlingRateLimit = True has to be a number; "):
        refuse_unreadable(stage, "api", {"defaultRouteSettings": {"throttlingRateLimit": True}})
