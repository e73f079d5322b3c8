"""Our own variants: the dangerous ones are found for the reason they are dangerous, the safe ones are clean."""

from __future__ import annotations

import pytest

from lab.checks.registry import find_all
from tests.checks.world import findings_in, ids
from tests.lab_support import graph

EXPECTED = {
    "batch-partial": set(),
    "batch-single": set(),
    "batch-all-or-nothing": {"CHK-REPORT-1 warning"},
    "batch-unreported": {"CHK-REPORT-3 error"},
    "visibility-safe": set(),
    # It works, and hangs by its heartbeat.
    "visibility-heartbeat": {"CHK-VT-1 note"},
    "visibility-short": {"CHK-VT-1 error", "CHK-IDEM-2 warning"},
    "visibility-heartbeat-fails": {"CHK-VT-1 error", "CHK-IDEM-2 warning"},
    "visibility-unconditional": {"CHK-VT-1 error", "CHK-IDEM-2 warning"},
    # Its records hold; the deliveries that come too early still spend receives.
    "visibility-powertools": {"CHK-VT-1 error"},
}


@pytest.mark.parametrize("stack", EXPECTED)
def test_what_is_found_in_a_variant(stack: str) -> None:
    assert ids(find_all(graph(stack))) == EXPECTED[stack]


@pytest.mark.parametrize(
    ("stack", "override", "expected"),
    [
        ("visibility-heartbeat", "visibility.worker.batchSize=2", {"CHK-VT-1 error", "CHK-IDEM-2 warning"}),
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
