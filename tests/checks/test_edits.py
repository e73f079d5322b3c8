from __future__ import annotations

import json

from delivery_lab.checks.edits import edited
from delivery_lab.checks.finding import Edit
from delivery_lab.program.graph import Graph, Resource

INPUTS = {
    "batchSize": 10,
    "functionName": "f",
    "scalingConfig": {"maximumConcurrency": 2},
    "redrivePolicy": json.dumps({"deadLetterTargetArn": "arn", "maxReceiveCount": 1}),
}


def graph() -> Graph:
    resource = Resource("urn", "t", "n", True, "id", "", dict(INPUTS), {**INPUTS, "arn": "x"})
    return Graph("p", "s", {"urn": resource}, {}, {})


def test_inputs_are_set_removed_and_made() -> None:
    before = graph()
    after = edited(
        before,
        [
            Edit("urn", ("batchSize",), 1),
            Edit("urn", ("functionName",), None),
            Edit("urn", ("environment", "variables", "MODE"), "x"),
            Edit("urn", ("scalingConfig", "maximumConcurrency"), 5),
        ],
    ).resources["urn"]

    assert after.inputs == {
        "batchSize": 1,
        "scalingConfig": {"maximumConcurrency": 5},
        "redrivePolicy": INPUTS["redrivePolicy"],
        "environment": {"variables": {"MODE": "x"}},
    }
    assert after.outputs["batchSize"] == 1
    assert after.outputs["arn"] == "x"
    assert before == graph()


def test_documents_are_edited_inside_their_text() -> None:
    after = edited(graph(), [Edit("urn", ("redrivePolicy", "maxReceiveCount"), 5)]).resources["urn"]
    assert json.loads(after.inputs["redrivePolicy"]) == {"deadLetterTargetArn": "arn", "maxReceiveCount": 5}
