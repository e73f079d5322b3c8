"""Graphs of states: what a deployment has answered, and what a preview plans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.errors import StackFileError, StackNotFoundError, UsageError
from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import UNKNOWN, Graph
from delivery_lab.program.state import project_of_state, read_state
from delivery_lab.program.wire import UNKNOWN_TEXT
from tests.lab_support import ROOT
from tests.program.test_engine import named

STATE = ROOT / "tests" / "foreign" / "deployed" / "state.json"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
STACK = "urn:pulumi:dev::shop::"


def graph_of(tmp_path: Path, content: Any) -> Graph:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(content))
    return read_state(file, tmp_path)


def queue(**more: Any) -> dict[str, Any]:
    return {"urn": f"{STACK}aws:sqs/queue:Queue::q", "type": "aws:sqs/queue:Queue", "custom": True, "id": "u"} | more


def exported(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources)}}


def test_an_exported_stack_has_its_real_ids_and_the_inputs_that_its_program_gave() -> None:
    graph = read_state(STATE, STATE.parent)

    assert (graph.project, graph.stack) == ("shop", "prod")
    jobs = named(graph, "jobs")
    assert jobs.inputs == {"visibilityTimeoutSeconds": 60}
    assert jobs.outputs["arn"] == "arn:aws:sqs:eu-west-1:210987654321:jobs-1a2b3c4"
    assert jobs.id == "https://sqs.eu-west-1.amazonaws.com/210987654321/jobs-1a2b3c4"


def test_what_is_encrypted_is_unknown_and_what_is_not_is_told(tmp_path: Path) -> None:
    secret = {SIGNATURE: SECRET, "ciphertext": "v1:abc"}
    plain = {SIGNATURE: SECRET, "plaintext": '"told"'}

    graph = graph_of(tmp_path, exported(queue(inputs={"kmsMasterKeyId": secret, "name": plain}, outputs={})))

    found = named(graph, "q")
    assert found.inputs == {"kmsMasterKeyId": UNKNOWN, "name": "told"}
    assert found.secret_inputs == {"kmsMasterKeyId", "name"}
    assert graph.warnings == ("read from the state state.json: what is encrypted in it is unknown",)


def test_what_a_preview_creates_gets_the_outputs_that_are_computed_here(tmp_path: Path) -> None:
    provider = f"{STACK}pulumi:providers:aws::default"
    steps = [
        {"op": "create", "urn": provider, "newState": {
            "urn": provider, "type": "pulumi:providers:aws", "custom": True, "inputs": {"region": "eu-west-3"}}},
        {"op": "create", "urn": queue()["urn"], "newState": queue(
            id="", inputs={"name": "jobs", "policy": UNKNOWN_TEXT}, provider=f"{provider}::x")},
        {"op": "delete", "urn": f"{STACK}aws:sqs/queue:Queue::old", "oldState": queue(
            urn=f"{STACK}aws:sqs/queue:Queue::old")},
    ]  # fmt: skip

    graph = graph_of(tmp_path, {"config": {}, "steps": steps})

    assert [resource.name for resource in graph.resources.values()] == ["default", "q"]
    assert named(graph, "q").outputs["arn"] == "arn:aws:sqs:eu-west-3:123456789012:jobs"
    assert named(graph, "q").inputs == {"name": "jobs", "policy": UNKNOWN}


def test_what_is_marked_for_deletion_is_not_there(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, exported(queue(outputs={"arn": "new"}), queue(outputs={"arn": "old"}, delete=True)))

    assert named(graph, "q").outputs == {"arn": "new"}


@pytest.mark.parametrize("content", [{}, [], {"deployment": {"resources": []}}, {"steps": [{"op": "same"}]}, "x"])
def test_what_is_no_state_is_refused_with_the_way_to_write_one(tmp_path: Path, content: Any) -> None:
    with pytest.raises(StackFileError, match="is no state: it has neither"):
        graph_of(tmp_path, content)


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("version: 3")

    with pytest.raises(StackFileError, match="cannot be read as JSON"):
        read_state(tmp_path / "state.json", tmp_path)


def test_a_state_has_one_stack_and_no_settings() -> None:
    project = project_of_state(STATE)

    assert [stack.name for stack in project.stacks()] == ["prod"]
    with pytest.raises(StackNotFoundError, match="is of the stack prod, not of dev"):
        project.stack("dev")
    with pytest.raises(UsageError, match="--set a=1: a state has no settings to change"):
        evaluate(project, "prod", ["a=1"])
