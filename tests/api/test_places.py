"""Where the stack file decides the values that findings name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab.api.lab import Lab
from delivery_lab.api.places import StackFilePlace, first_lines, places_of
from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.program.graph import Graph
from delivery_lab.resource_types import FUNCTION, QUEUE
from tests.lab_support import ROOT, graph, project
from tests.stack.world import resource

FILE = "stacks/Pulumi.batch-partial.yaml"
QUEUE_TIMEOUT = "batch-queue.visibilityTimeoutSeconds"
KEY = "delivery-lab:batch.queue.visibilityTimeoutSeconds"


def _line(text: str, file: str = FILE) -> int:
    lines = (ROOT / file).read_text().splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if line.strip().startswith(text))
    return number


def _finding(**values: object) -> Finding:
    return Finding("CHK-VT-1", Severity.ERROR, ("any",), values, "Why.", "fix", "SQS-VT-1")


def _places(found: Graph, **values: object) -> dict[str, StackFilePlace]:
    return places_of(found, [_finding(**values)], FILE).get(0, {})


def _value(name: str, found: Graph) -> object:
    resource_name, _, path = name.partition(".")
    (held,) = (each for each in found.resources.values() if each.name == resource_name and path in each.inputs)
    return held.inputs[path]


def test_a_value_that_the_stack_file_decides_is_shown_with_its_key_and_line() -> None:
    found = graph("batch-partial")
    timeout = _value(QUEUE_TIMEOUT, found)

    assert _places(found, **{QUEUE_TIMEOUT: timeout}) == {
        QUEUE_TIMEOUT: StackFilePlace(KEY, FILE, _line("visibilityTimeoutSeconds:"))
    }


def test_a_value_inside_a_json_document_is_found_too() -> None:
    found = graph("batch-partial")
    name = "batch-queue.redrivePolicy.maxReceiveCount"
    count = found.config["delivery-lab:batch"]["queue"]["maxReceiveCount"]

    assert _places(found, **{name: count})[name].line == _line("maxReceiveCount:")


@pytest.mark.parametrize(("types", "stack"), [([], "batch-unreported"), (["ReportBatchItemFailures"], "batch-partial")])
def test_the_list_of_response_types_is_the_switch_of_the_stack_file(types: list[str], stack: str) -> None:
    name = "batch-mapping.functionResponseTypes"
    place = _places(graph(stack), **{name: types})[name]

    assert place.key == "delivery-lab:batch.worker.reportBatchItemFailures"
    assert place.line == _line("reportBatchItemFailures:", f"stacks/Pulumi.{stack}.yaml")


def test_what_was_overridden_has_no_place() -> None:
    changed = graph("batch-partial", ("batch.queue.visibilityTimeoutSeconds=77",))
    whole = graph("batch-partial", ("batch.queue={visibilityTimeoutSeconds: 77}",))

    assert _places(changed, **{QUEUE_TIMEOUT: 77}) == {}
    assert _places(whole, **{QUEUE_TIMEOUT: 77}) == {}


def test_a_default_of_the_program_has_no_place() -> None:
    found = graph("batch-partial")
    name = "batch-mapping.maximumBatchingWindowInSeconds"

    assert "maximumBatchingWindowSeconds" not in found.config["delivery-lab:batch"]["worker"]
    assert _places(found, **{name: _value(name, found)}) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch-queue.deadLetterTargetArn", "arn:aws:sqs:us-east-1:123456789012:batch-dlq"),  # no input
        ("batch-worker.handler", "handler.lambda_handler"),  # an input that no key decides
        ("batch-worker.processor", "BatchProcessor"),  # read from code
        (QUEUE_TIMEOUT, 12_345),  # not the value of the stack
        ("elsewhere.visibilityTimeoutSeconds", 30),  # no resource of the stack
        ("CHK-VT-1", None),
    ],
)
def test_what_no_key_decides_has_no_place(name: str, value: object) -> None:
    assert _places(graph("batch-partial"), **{name: value}) == {}


def _two_that_share_a_name(queue_parent: bool) -> Graph:
    """A queue and a function called `jobs`, both with an input `timeout`, each in a component of its own."""
    components = [
        resource("pkg:index:Part", name, {"timeout": 20}, custom=False, outputs={}) for name in ("first", "second")
    ]
    first, second = components
    queue = resource(QUEUE, "jobs", {"timeout": 20}, parent=first.urn)
    function = resource(FUNCTION, "jobs", {"timeout": 20}, parent=second.urn if queue_parent else "")
    found = (*components, queue, function)
    config = {"shop:first": {"timeout": 20}, "shop:second": {"timeout": 20}}
    lines: dict[tuple[str | int, ...], int] = {("shop:first", "timeout"): 4, ("shop:second", "timeout"): 6}
    return Graph("shop", "test", {each.urn: each for each in found}, {}, config, config_lines=lines)


@pytest.mark.parametrize("other_has_a_key", [True, False])
def test_where_two_resources_share_the_name_and_the_input_it_cannot_be_told(other_has_a_key: bool) -> None:
    both = _two_that_share_a_name(other_has_a_key)
    alone = replace(both, resources={urn: each for urn, each in both.resources.items() if each.type != FUNCTION})

    assert _places(both, **{"jobs.timeout": 20}) == {}
    assert _places(alone, **{"jobs.timeout": 20}) == {"jobs.timeout": StackFilePlace("shop:first.timeout", FILE, 4)}


def test_an_acceptance_that_accepts_nothing_is_found_in_the_file() -> None:
    found = replace(graph("batch-partial"), config_lines={("delivery-lab:accept", "CHK-VT-1:jobs"): 9})
    name = "delivery-lab:accept.CHK-VT-1:jobs"

    assert _places(found, **{name: "no reason"}) == {name: StackFilePlace(name, FILE, 9)}


def test_the_line_of_a_finding_is_that_of_its_first_value_that_has_one() -> None:
    found = graph("batch-partial")
    values = {"batch-worker.handler": "handler.lambda_handler", QUEUE_TIMEOUT: _value(QUEUE_TIMEOUT, found)}
    places = places_of(found, [_finding(x=1), _finding(**values)], FILE)

    assert first_lines(places) == {1: _line("visibilityTimeoutSeconds:")}


def test_every_place_of_our_own_findings_is_the_line_of_its_key() -> None:
    lab, seen = Lab(project()), 0
    for stack in ("batch-unreported", "concurrency-trap", "msk-age"):
        for places in lab.examine(stack).places.values():
            for place in places.values():
                line = (ROOT / place.file).read_text().splitlines()[place.line - 1]
                assert line.strip().startswith(f"{place.key.rpartition('.')[2]}:"), place
                seen += 1
    assert seen > 10
