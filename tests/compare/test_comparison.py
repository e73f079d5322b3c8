from __future__ import annotations

from delivery_lab import Lab
from delivery_lab.compare.comparison import _resource_changes
from tests.lab_support import ROOT


def test_what_is_made_up_for_each_cluster_is_no_difference() -> None:
    lab = Lab.open(ROOT)
    changes = _resource_changes(lab.graph("msk-age"), lab.graph("msk-bisect"))
    assert [change.what.strip() for change in changes] == [
        "aws:lambda/eventSourceMapping:EventSourceMapping kafka-mapping",
        "bisectBatchOnFunctionError",
        "maximumRecordAgeInSeconds",
        "maximumRetryAttempts",
    ]
