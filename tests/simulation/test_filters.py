"""A filter that lets nothing of a workload through is said, also beside a mapping that gets everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import outcome_of
from delivery_lab.rules.assumptions import Assumptions, OtherFields
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import SILENT, graph_of

ONE = """
clicks = aws.kinesis.Stream("clicks", shard_count=1)
mapping(clicks, function(), starting_position="TRIM_HORIZON", function_response_types=[],
        filter_criteria={"filters": [{"pattern": json.dumps(%s)}]})
"""
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


@pytest.mark.parametrize(
    ("pattern", "reading", "processed", "is_relied_on"),
    [
        ({"data": {"id": [1]}}, OtherFields.UNMATCHED, 1, False),
        ({"partitionKey": ["a"]}, OtherFields.MATCHED, 2, True),
        ({"partitionKey": ["a"]}, OtherFields.UNMATCHED, 0, True),
        ({"$or": [{"data": {"id": [1]}}, {"partitionKey": ["a"]}]}, OtherFields.UNMATCHED, 0, True),
    ],
)
def test_esm_filter_4_whether_fields_besides_the_content_are_matched_is_assumed(
    tmp_path: Path, pattern: object, reading: OtherFields, processed: int, is_relied_on: bool
) -> None:
    graph = graph_of(tmp_path / "shop", ONE % pattern, {"worker/app.py": SILENT.replace("body", "kinesis")})
    file = tmp_path / "jobs.yaml"
    lines = "send: [{stream: clicks, key: a, body: {id: 1}}, {stream: clicks, key: a, body: {id: 2}}]\n"
    file.write_text(lines, encoding="utf-8")
    assumed = Assumptions(other_fields=reading)

    run = simulate(Stack.of(graph), tmp_path / "shop", read_workload(file), seed=1, assumptions=assumed)

    outcome = outcome_of(run)
    assert (outcome.messages.processed, outcome.messages.filtered) == (processed, 2 - processed)
    assert ("ESM-FILTER-4" in outcome.model.assumptions) is is_relied_on
