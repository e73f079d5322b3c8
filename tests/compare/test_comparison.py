from __future__ import annotations

from dataclasses import replace

from delivery_lab import Lab
from delivery_lab.compare.comparison import _resource_changes
from delivery_lab.program.graph import Graph
from tests.lab_support import ROOT

LAB = Lab.open(ROOT, cached=True)


def test_what_is_made_up_for_each_cluster_is_no_difference() -> None:
    changes = _resource_changes(LAB.graph("msk-age"), LAB.graph("msk-bisect"))
    assert [change.what.strip() for change in changes] == [
        "aws:lambda/eventSourceMapping:EventSourceMapping kafka-mapping",
        "bisectBatchOnFunctionError",
        "maximumRecordAgeInSeconds",
        "maximumRetryAttempts",
    ]


def test_the_code_of_a_dynamic_resource_is_compared_where_both_sides_tell_it() -> None:
    graph = LAB.graph("visibility-short")
    [lowered] = [resource for resource in graph.resources.values() if resource.name == "visibility-queue-lowered"]

    def with_code(code: dict[str, str]) -> Graph:
        inputs = {name: value for name, value in lowered.inputs.items() if name != "__provider"}
        return replace(graph, resources={**graph.resources, lowered.urn: replace(lowered, inputs={**inputs, **code})})

    told, other, untold = with_code({"__provider": "a"}), with_code({"__provider": "b"}), with_code({})
    assert [change.what.strip() for change in _resource_changes(told, other)] == [
        "pulumi-python:dynamic/visibility:LoweredVisibility visibility-queue-lowered",
        "__provider",
    ]
    assert list(_resource_changes(untold, told)) == list(_resource_changes(told, untold)) == []


def test_a_default_that_is_said_and_one_that_is_left_out_are_no_difference() -> None:
    # msk-bounded says `bisectBatchOnFunctionError: false` and an endless age, which msk-default cannot have at all.
    changes = [change.what.strip() for change in _resource_changes(LAB.graph("msk-bounded"), LAB.graph("msk-default"))]
    assert "maximumRetryAttempts" in changes
    assert {"bisectBatchOnFunctionError", "maximumRecordAgeInSeconds"} & set(changes) == set()


def test_an_input_that_an_update_leaves_is_marked_and_a_replacement_leaves_none() -> None:
    updated = _resource_changes(LAB.graph("stream-bounded"), LAB.graph("stream-default"))
    replaced = _resource_changes(LAB.graph("msk-bounded"), LAB.graph("msk-default"))
    name = "destinationConfig.onFailure.destinationArn"
    assert [(change.what.strip(), change.kept) for change in updated if change.kept] == [(name, True)]
    assert [change.kept for change in replaced if change.what.strip() == name] == [False]
