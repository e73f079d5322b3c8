"""Our own variants: the dangerous ones are found for the reason they are dangerous, the safe ones are clean.

That the schemas find nothing is tested with them, in `tests/checks/cloudformation`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab import Lab
from delivery_lab.checks.acceptance import apply_acceptances, read_acceptances
from delivery_lab.checks.finding import Finding
from delivery_lab.resource_types import MAPPING
from tests.checks.world import findings_in, ids
from tests.lab_support import ROOT, findings, graph, project

EXPECTED = {
    "batch-partial": set(),
    "batch-single": set(),
    "batch-all-or-nothing": {"CHK-REPORT-1 warning"},
    "batch-unreported": {"CHK-REPORT-3 error"},
    # What succeeded is not delivered again; whoever reads the mapping alone cannot know.
    "batch-manual-delete": {"CHK-REPORT-1 warning", "CHK-DELETE-1 note"},
    "concurrency-trap": {"CHK-CONC-1 error", "CHK-VT-2 warning", "CHK-DLQ-2 warning"},
    # Throttled batches find time to be tried again; more messages could still be too many for it.
    "concurrency-tuned": {"CHK-CONC-1 warning", "CHK-DLQ-2 warning"},
    # As in the field report, these two differ from the trap in one setting only.
    "concurrency-capped": {"CHK-VT-2 warning", "CHK-DLQ-2 warning"},
    "concurrency-unreserved": {"CHK-VT-2 warning", "CHK-DLQ-2 warning"},
    "concurrency-provisioned": {"CHK-DLQ-2 warning"},
    "retry-sqs": set(),
    "fifo-ordered": set(),
    "fifo-unordered": {"CHK-FIFO-1 warning"},
    "stream-default": {"CHK-STREAM-1 warning"},
    "stream-bounded": {"CHK-STREAM-3 warning"},
    "stream-bisect": set(),
    "stream-partial": {"CHK-STREAM-3 warning"},
    "stream-age": {"CHK-STREAM-3 warning"},
    "stream-parallel": {"CHK-STREAM-3 warning"},
    "dynamodb-stream": {"CHK-STREAM-3 warning"},
    "msk-default": {"CHK-STREAM-1 warning"},
    "msk-bounded": {"CHK-STREAM-3 warning"},
    "msk-bisect": set(),
    "msk-partial": {"CHK-STREAM-3 warning"},
    "msk-age": {"CHK-STREAM-3 warning", "CHK-KAFKA-3 note"},
    "visibility-safe": set(),
    # It works, and hangs by its heartbeat.
    "visibility-heartbeat": {"CHK-VT-1 note"},
    "visibility-short": {"CHK-VT-1 error", "CHK-IDEM-2 warning"},
    "visibility-heartbeat-fails": {"CHK-VT-1 error", "CHK-IDEM-2 warning"},
    "visibility-unconditional": {"CHK-VT-1 error", "CHK-IDEM-2 warning"},
    # Its records hold; the deliveries that come too early still spend receives.
    "visibility-powertools": {"CHK-VT-1 error"},
    "async-default": set(),
    "async-none": set(),
    "async-bounded-age": set(),
    "async-destinations": set(),
    "sync-naive": set(),
    "sync-retry": set(),
    "sync-breaker": set(),
    "sqs-swallow": {"CHK-SWALLOW-1 warning"},
    "sqs-park": set(),
    "sqs-backoff": set(),
    # Only its workload tells that the filter policy is in the wrong scope: see below.
    "sns-sqs-filter": set(),
    "sns-sqs-filter-safe": set(),
    "sns-sqs-raw": {"CHK-FEED-5 error"},
    "sns-sqs-raw-safe": set(),
    "s3-sqs": {"CHK-REPORT-1 warning", "CHK-FEED-7 warning", "CHK-FEED-9 warning"},
    "s3-sqs-safe": set(),
    "eventbridge-sqs": {"CHK-EVENT-2 note", "CHK-EVENT-5 warning"},
    "eventbridge-sqs-safe": set(),
    "pipe-sqs": {"CHK-PIPE-1 warning"},
    "pipe-sqs-safe": set(),
    "apigateway-sqs": {"CHK-FEED-10 warning", "CHK-FEED-11 warning"},
    "apigateway-sqs-safe": set(),
}


def _found_by_our_checks(stack: str) -> list[Finding]:
    return [found for found in findings(stack) if found.check.startswith("CHK-")]


def test_every_variant_is_expected_to_be_something() -> None:
    assert {stack.name for stack in project().stacks()} == set(EXPECTED)


@pytest.mark.parametrize("stack", EXPECTED)
def test_what_is_found_in_a_variant(stack: str) -> None:
    assert ids(_found_by_our_checks(stack)) == EXPECTED[stack]


@pytest.mark.parametrize("stack", EXPECTED)
def test_each_variant_accepts_what_is_found_in_it_and_nothing_else(stack: str) -> None:
    marked = apply_acceptances(_found_by_our_checks(stack), read_acceptances(graph(stack).config))
    assert [found.check for found in marked if found.accepted is None] == []


@pytest.mark.parametrize(
    ("stack", "override", "expected"),
    [
        (
            "visibility-heartbeat",
            "visibility.worker.heartbeat.everySeconds=6",
            {"CHK-VT-1 error", "CHK-HB-1 error", "CHK-IDEM-2 warning"},
        ),
        ("visibility-safe", "visibility.worker.idempotency.expiresAfterSeconds=3600", {"CHK-IDEM-1 warning"}),
        ("batch-partial", "batch.queue.visibilityTimeoutSeconds=29", {"CHK-VT-2 warning"}),
        ("batch-partial", "batch.queue.maxReceiveCount=1", {"CHK-DLQ-2 warning"}),
        ("batch-partial", "batch.worker.reservedConcurrency=3", {"CHK-CONC-1 warning"}),
    ],
)
def test_what_one_setting_changes(stack: str, override: str, expected: set[str]) -> None:
    assert ids(findings_in(graph(stack, (override,)))) == expected


def test_a_heartbeat_holds_no_batch() -> None:
    # Our settings refuse it; in other programs it is found.
    deployed = graph("visibility-heartbeat")
    batched = {
        urn: replace(resource, inputs={**resource.inputs, "batchSize": 2}) if resource.type == MAPPING else resource
        for urn, resource in deployed.resources.items()
    }
    assert ids(findings_in(replace(deployed, resources=batched))) == {"CHK-VT-1 error", "CHK-IDEM-2 warning"}


def test_the_workload_tells_that_a_filter_policy_is_in_the_wrong_scope() -> None:
    examined = Lab.open(ROOT, cached=True).examine("sns-sqs-filter", quantify=True)

    assert [(finding.check, finding.accepted is not None) for finding in examined.findings] == [("CHK-FEED-8", True)]
    assert examined.effects[0].text == "lost 6 -> 0 of 7 messages"
    assert examined.effects[0].tried == {"sns-subscription.filterPolicyScope": "MessageBody"}
    assert Lab.open(ROOT, cached=True).examine("sns-sqs-filter-safe").findings == ()
