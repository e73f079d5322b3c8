"""A filter that lets nothing of a workload through is said, also beside a mapping that gets everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import SILENT, graph_of

PROGRAM = """
clicks = aws.kinesis.Stream("clicks", shard_count=1)
mapping(clicks, function(), starting_position="TRIM_HORIZON", function_response_types=[])
mapping(clicks, function("other"), "filtering", starting_position="TRIM_HORIZON", function_response_types=[],
        filter_criteria={"filters": [{"pattern": json.dumps({"data": {"kind": ["%s"]}})}]})
"""


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("sale", "3 of 6 are filtered out (the filter of filtering let nothing through)"),
        ("visit", "2 of 6 are filtered out;"),
    ],
)
def test_esm_filter_1_a_filter_that_lets_nothing_through_is_named(tmp_path: Path, kind: str, told: str) -> None:
    graph = graph_of(tmp_path / "shop", PROGRAM % kind, {"worker/app.py": SILENT.replace("body", "kinesis")})
    file = tmp_path / "jobs.yaml"
    file.write_text(
        "send:\n"
        "  - {stream: clicks, key: a, body: {id: 1, kind: visit}}\n"
        "  - {stream: clicks, key: a, times: 2, every: 1, body: {id: 2, kind: view}}\n",
        encoding="utf-8",
    )

    outcome = outcome_of(simulate(Stack.of(graph), tmp_path / "shop", read_workload(file), seed=1))

    assert told in conclusion(outcome)
