from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.api.quantify import Effect, Quantifier
from delivery_lab.checks.finding import Finding
from delivery_lab.errors import NotModelledError
from delivery_lab.program.graph import Graph
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import SILENT, findings_in, graph_of

FAILING = """
import json

def handle(event, context):
    failures = []
    for record in event["Records"]:
        if json.loads(record["body"])["bad"]:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
"""


@pytest.fixture
def workload(tmp_path: Path) -> Workload:
    file = tmp_path / "workload.yaml"
    sends = [{"at": 0, "queue": "jobs", "body": {"bad": bad}} for bad in (False, True, False, False)]
    file.write_text(json.dumps({"stacks": ["*"], "send": sends, "poison": "bad"}))
    return read_workload(file)


def effect_of(finding: Finding, graph: Graph, folder: Path, workload: Workload) -> Effect | None:
    def run(changed: Graph) -> Outcome:
        return outcome_of(simulate(Stack.of(changed), folder, workload, 1))

    return Quantifier(graph, run).effect(finding)


def test_a_fix_is_tried_out(tmp_path: Path, workload: Workload) -> None:
    program = "mapping(queue_with_dlq(), function(), function_response_types=[])"
    graph = graph_of(tmp_path / "shop", program, {"worker/app.py": FAILING})
    [finding] = findings_in(graph)

    effect = effect_of(finding, graph, tmp_path / "shop", workload)

    assert effect is not None
    assert effect.text == ("lost 1 -> 0 of 4 messages, dead-lettered 0 -> 1 of 4 messages, duplicate deliveries 0 -> 4")
    assert (effect.before["lost"], effect.after["lost"]) == (1, 0)
    assert effect.tried == {"mapping.functionResponseTypes": ["ReportBatchItemFailures"]}


def test_a_stack_that_aws_refuses_is_simulated_with_the_fix(tmp_path: Path, workload: Workload) -> None:
    program = "mapping(queue_with_dlq(visibility_timeout_seconds=5), function())"
    graph = graph_of(tmp_path / "shop", program, {"worker/app.py": FAILING})
    [finding] = findings_in(graph)

    effect = effect_of(finding, graph, tmp_path / "shop", workload)

    assert effect is not None
    assert effect.text.startswith("as it is, AWS refuses the stack; with the fix: 1 poison message ends in ")
    assert effect.before == {}
    assert effect.after["dead-lettered"] == 1


def test_a_fix_that_makes_no_difference_says_so(tmp_path: Path, workload: Workload) -> None:
    program = "mapping(queue_with_dlq(visibility_timeout_seconds=20), function())"
    graph = graph_of(tmp_path / "shop", program, {"worker/app.py": FAILING})
    [finding] = findings_in(graph)
    effect = effect_of(finding, graph, tmp_path / "shop", workload)
    assert effect is not None
    assert effect.text == "every count stays as it is, with 4 messages"


def test_a_finding_that_no_setting_mends_has_no_effect(tmp_path: Path, workload: Workload) -> None:
    graph = graph_of(tmp_path / "shop", "mapping(queue_with_dlq(), function())", {"worker/app.py": SILENT})
    [finding] = findings_in(graph)
    assert effect_of(finding, graph, tmp_path / "shop", workload) is None


def test_why_a_stack_cannot_be_simulated_is_said_and_tried_once(tmp_path: Path) -> None:
    graph = graph_of(tmp_path / "shop", "mapping(queue_with_dlq(visibility_timeout_seconds=20), function())")
    [finding] = findings_in(graph)
    calls = []

    def refuse(changed: Graph) -> Outcome:
        calls.append(changed)
        raise NotModelledError("stack prod uses what is not modelled:\n  jobs: fifoQueue = True\n  more")

    quantifier = Quantifier(graph, refuse)
    expected = Effect("not simulated: stack prod uses what is not modelled: jobs: fifoQueue = True")
    assert [quantifier.effect(finding), quantifier.effect(finding)] == [expected, expected]
    assert len(calls) == 1
