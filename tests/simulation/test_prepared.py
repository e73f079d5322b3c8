"""A run of a prepared deployment is the run that begins with nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from delivery_lab.errors import ModelError
from delivery_lab.events import Run
from delivery_lab.model.runtime import AwsApi, AwsError, Caller
from delivery_lab.resource_types import FUNCTION
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions, StaleDelete
from delivery_lab.simulation.prepared import Prepared
from delivery_lab.simulation.remembered import AnsweredOtherwise, RememberedCreations
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from tests.golden_files import variants
from tests.lab_support import ROOT, graph, stack_of, workload

SAME_CODE = ("msk-default", "stream-default", "sync-naive", "sync-retry", "concurrency-unreserved")
"""Variants that take long, and whose functions others have with other settings."""

OF_THEIR_KIND = (
    *(
        "apigateway-sqs",
        "apigateway-sqs-safe",
        "eventbridge-sqs",
        "eventbridge-sqs-safe",
        "pipe-sqs",
        "pipe-sqs-safe",
        "s3-sqs",
        "s3-sqs-safe",
        "sns-sqs-raw",
        "sns-sqs-raw-safe",
        "sqs-park",
    ),
    *(
        "async-default",
        "async-destinations",
        "batch-partial",
        "batch-manual-delete",
        "concurrency-trap",
        "fifo-ordered",
    ),
    *("dynamodb-stream", "msk-bounded", "stream-partial", "sync-breaker"),
    *("visibility-powertools", "visibility-safe", "visibility-short"),
)
"""Variants of which no two have the same functions and the same types of resources, or the functions' code does
something else by its settings; the others are long tests."""


def fresh(stack: str, seed: int, assumptions: Assumptions = DEFAULTS) -> Run:
    return simulate(stack_of(stack), ROOT, workload(stack), seed, assumptions)


def _its_workload(stack: str) -> Workload:
    """A variant's own workload; of the many calls of one, every eighth."""
    found = workload(stack)
    if stack != "sync-breaker":
        return found
    [calls] = found.send
    return found.model_copy(update={"send": [calls.model_copy(update={"every": calls.every * 8, "times": 60})]})


@pytest.mark.parametrize(
    "stack",
    [
        pytest.param(name, marks=() if name in OF_THEIR_KIND else pytest.mark.long)
        for name in variants()
        if name not in SAME_CODE
    ],
)
def test_the_third_seed_of_a_variant_is_the_run_that_it_is_by_itself(stack: str) -> None:
    # It also imports the packages that functions share: the first import of one may read a clock.
    given = _its_workload(stack)
    expected = simulate(stack_of(stack), ROOT, given, 3)
    with Prepared(stack_of(stack), ROOT) as prepared:
        runs = [prepared.simulate(given, seed) for seed in (1, 2, 3)]
        # Whether a package asks for the time while the caller is imported depends on what this process has imported.
        assert set(prepared.loaded_anew) <= {"sync-caller"}

    assert runs[2] == expected


def test_the_variants_of_their_kind_are_ours_and_of_each_kind_there_is_one() -> None:
    def kind(name: str) -> tuple[object, ...]:
        found = graph(name).resources.values()
        code = {one.inputs["code"].path for one in found if one.type == FUNCTION}
        return frozenset(code), frozenset(one.type for one in found)

    assert set(OF_THEIR_KIND) <= set(variants())
    assert {kind(name) for name in OF_THEIR_KIND} == {kind(name) for name in variants() if name not in SAME_CODE}


def test_workload_and_assumptions_may_differ_from_run_to_run() -> None:
    stack, other = "visibility-short", Assumptions(stale_delete=StaleDelete.KEEP, cold_start_seconds=1.0)
    longer = workload(stack, body=("sleep=9",))
    with Prepared(stack_of(stack), ROOT) as prepared:
        for _ in range(2):
            assert prepared.simulate(workload(stack), 1) == fresh(stack, 1)
            assert prepared.simulate(workload(stack), 1, other) == fresh(stack, 1, other)
            assert prepared.simulate(longer, 1, other) == simulate(stack_of(stack), ROOT, longer, 1, other)


def test_it_is_used_within_its_block() -> None:
    with pytest.raises(ModelError, match=r"^a prepared simulation is used outside its `with` block$"):
        Prepared(stack_of("batch-partial"), ROOT).simulate(workload("batch-partial"), 1)


class Aws:
    """Answers all calls alike."""

    def __init__(self, answer: int | AwsError) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        if isinstance(self.answer, AwsError):
            raise self.answer
        return {"Answer": self.answer}


def provider(aws: AwsApi) -> None:
    """Goes on after an error, as providers do that wait for something."""
    for operation in ("SetQueueAttributes", "GetQueueAttributes"):
        with suppress(AwsError):
            aws.call("sqs", operation, {"Attributes": {"VisibilityTimeout": "2"}}, Caller("x", None))


def never(aws: AwsApi) -> None:
    raise AssertionError


@pytest.mark.parametrize("answer", [1, AwsError("Code", "message")])
def test_a_dynamic_resource_asks_again_for_what_it_asked_for(answer: int | AwsError) -> None:
    creations, first, second = RememberedCreations(), Aws(answer), Aws(answer)
    creations.create("urn", provider, first)

    creations.create("urn", never, second)

    assert second.calls == first.calls
    assert [operation for operation, _ in first.calls] == ["SetQueueAttributes", "GetQueueAttributes"]


def test_a_dynamic_resource_that_is_answered_otherwise_runs_its_code_again() -> None:
    creations = RememberedCreations()
    creations.create("urn", provider, Aws(1))
    with pytest.raises(AnsweredOtherwise):
        creations.create("urn", never, Aws(2))
    creations.forget()

    again = Aws(2)
    creations.create("urn", provider, again)
    creations.create("urn", provider, again)
    assert [operation for operation, _ in again.calls] == ["SetQueueAttributes", "GetQueueAttributes"] * 2


def test_what_is_made_of_the_stack_is_made_again_where_the_workload_says_something_else() -> None:
    made: list[str] = []
    remembered = RememberedCreations()

    def make(name: str) -> str:
        made.append(name)
        return name

    assert [remembered.once("worker", given, lambda given=given: make(given)) for given in "aabba"] == list("aabba")  # type: ignore[misc]
    assert made == ["a", "b", "a"]
