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


def test_a_preview_says_how_many_inputs_it_cannot_tell(tmp_path: Path) -> None:
    inputs = {"name": "jobs", "policy": UNKNOWN_TEXT, "kmsMasterKeyId": "[secret]", "redrivePolicy": UNKNOWN_TEXT}
    step = {"op": "create", "urn": queue()["urn"], "newState": queue(id="", inputs=inputs)}

    _, note = graph_of(tmp_path, {"steps": [step]}).warnings
    assert note == (
        "read from the preview state.json: 2 inputs are known only after deployment, such as q.policy; no check sees "
        "what depends on them\n  fix: give the program, or the state of the stack once it is deployed"
    )
    # Of what is deployed everything is known, but for what nobody can tell.
    assert graph_of(tmp_path, exported(queue(outputs={}, inputs={"policy": UNKNOWN_TEXT}))).warnings == ()


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


def test_a_state_has_one_stack() -> None:
    project = project_of_state(STATE)

    assert [stack.name for stack in project.stacks()] == ["prod"]
    with pytest.raises(StackNotFoundError, match="is of the stack prod, not of dev"):
        project.stack("dev")


def test_set_changes_an_input_of_a_resource_that_is_deployed() -> None:
    overrides = ["jobs.visibilityTimeoutSeconds=20", "worker.environment.variables.MODE=slow"]

    graph = evaluate(project_of_state(STATE), "prod", overrides)

    assert named(graph, "jobs").inputs == {"visibilityTimeoutSeconds": 20}
    assert named(graph, "jobs").outputs["visibilityTimeoutSeconds"] == 20
    assert named(graph, "worker").inputs["environment"]["variables"]["MODE"] == "slow"
    assert {urn.rpartition("::")[2] for urn in set(graph.resources) - graph.deployed} == {"jobs", "worker"}


def test_set_of_what_a_provider_filled_in_counts_as_given() -> None:
    graph = evaluate(project_of_state(STATE), "prod", ["jobs.name=other"])
    assert named(graph, "jobs").inputs["name"] == "other"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("jobs=1", "with --state, write --set RESOURCE.INPUT=VALUE, such as jobs.visibilityTimeoutSeconds=60"),
        (
            "batch.worker.batchSize=1",
            "the state has no resource 'batch'\n  fix: a state has no settings; name a resource",
        ),
        ("jops.name=1", "the state has no resource 'jops'; did you mean 'jobs'?"),
        (
            "jobs.visibilityTimeout=1",
            "'jobs' has no input 'visibilityTimeout'; did you mean 'visibilityTimeoutSeconds'?",
        ),
        ("jobs.name=[", "the value '[' cannot be read as YAML"),
    ],
)
def test_set_of_what_a_state_has_not_is_refused_with_what_to_write(override: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        evaluate(project_of_state(STATE), "prod", [override])
    assert str(caught.value).startswith(f"--set {override}: {message}")


def test_set_of_a_name_that_two_resources_have_is_refused(tmp_path: Path) -> None:
    other = queue(urn=f"{STACK}aws:sns/topic:Topic::q", type="aws:sns/topic:Topic", inputs={}, outputs={})
    (tmp_path / "state.json").write_text(json.dumps(exported(queue(inputs={}, outputs={}), other)))

    with pytest.raises(UsageError, match="the state has 2 resources 'q', so it cannot be told which is meant"):
        read_state(tmp_path / "state.json", tmp_path, ["q.name=x"])


def test_a_name_with_dots_is_found(tmp_path: Path) -> None:
    held = queue(urn=f"{STACK}aws:sqs/queue:Queue::my.queue", inputs={"delaySeconds": 1}, outputs={})
    (tmp_path / "state.json").write_text(json.dumps(exported(held)))

    assert named(read_state(tmp_path / "state.json", tmp_path, ["my.queue.delaySeconds=5"]), "my.queue").inputs == {
        "delaySeconds": 5
    }


def test_only_what_a_preview_leaves_alone_is_deployed(tmp_path: Path) -> None:
    steps = [
        {"op": op, "urn": f"{STACK}aws:sqs/queue:Queue::{op}", "newState": queue(
            urn=f"{STACK}aws:sqs/queue:Queue::{op}", inputs={}, outputs={})}
        for op in ("same", "update", "create", "create-replacement")
    ]  # fmt: skip
    graph = graph_of(tmp_path, {"steps": steps})

    assert {urn.rpartition("::")[2] for urn in graph.deployed} == {"same"}


def test_what_a_preview_hides_is_unknown(tmp_path: Path) -> None:
    step = {"op": "same", "urn": queue()["urn"], "newState": queue(inputs={"kmsMasterKeyId": "[secret]"}, outputs={})}

    graph = graph_of(tmp_path, {"steps": [step]})

    assert named(graph, "q").inputs == {"kmsMasterKeyId": UNKNOWN}
    assert named(graph, "q").secret_inputs == {"kmsMasterKeyId"}
    assert graph.warnings == ("read from the state state.json: what is encrypted in it is unknown",)


def test_the_file_of_a_backend_of_ones_own_is_a_state(tmp_path: Path) -> None:
    held = {
        "version": 3,
        "checkpoint": {"stack": "organization/shop/dev", "latest": {"resources": [queue(outputs={})]}},
    }
    assert named(graph_of(tmp_path, held), "q").id == "u"


def test_operations_that_broke_off_are_said(tmp_path: Path) -> None:
    content = exported(queue(outputs={}))
    content["deployment"]["pending_operations"] = [{"type": "updating", "resource": queue()}]

    assert graph_of(tmp_path, content).warnings == (
        "state.json: a deployment broke off while it was updating q; the state has it as it was before",
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ({SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "hash": "abc"}, "RemoteArchive"),
        ({SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "hash": "abc", "path": "./dist"}, "FileArchive"),
        ({SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "hash": "a", "assets": {"__index.js": {
            SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "hash": "b"}}}, "AssetArchive"),
    ],
)  # fmt: skip
def test_code_that_a_state_has_the_hash_of_only_is_no_empty_code(tmp_path: Path, code: Any, kind: str) -> None:
    held = queue(type="aws:lambda/function:Function", urn=f"{STACK}aws:lambda/function:Function::f")
    graph = graph_of(tmp_path, exported(held | {"inputs": {"code": code}, "outputs": {}}))

    found = named(graph, "f").inputs["code"]
    assert type(found).__name__ == kind
    if kind == "AssetArchive":
        assert type(found.assets["__index.js"]).__name__ == "RemoteAsset"
