"""Resources of one name."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.program.graph import Resource
from delivery_lab.simulation.taken_names import refuse_taken_names
from delivery_lab.stack.name_clashes import name_clashes
from tests.stack.world import resource, stack_of

WORKER = resource(resource_types.FUNCTION, "worker")


def _named(token: str, name: str, arn: str, **given: Any) -> Resource:
    return resource(token, name, outputs={"arn": arn}, **given)


def _permission(name: str, **inputs: Any) -> Resource:
    return resource(resource_types.PERMISSION, name, {"function": "worker", "statementId": "may", **inputs})


@pytest.mark.parametrize(
    ("token", "arn", "code", "message"),
    [
        (
            resource_types.QUEUE,
            "arn:aws:sqs:eu-west-1:123456789012:orders",
            "QueueAlreadyExists",
            "A queue already exists with the same name: orders (one has that name)",
        ),
        (
            resource_types.FUNCTION,
            "arn:aws:lambda:eu-west-1:123456789012:function:orders",
            "ResourceConflictException",
            "Function already exist: orders (one has that name)",
        ),
        (
            resource_types.ALIAS,
            "arn:aws:lambda:eu-west-1:123456789012:function:worker:live",
            "ResourceConflictException",
            "Alias already exists: live (one has that name)",
        ),
        (
            resource_types.STREAM,
            "arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
            "ResourceInUseException",
            "Stream orders already exists. (one has that name)",
        ),
        (
            resource_types.TABLE,
            "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
            "ResourceInUseException",
            "Table already exists: orders (one has that name)",
        ),
        (
            resource_types.EVENT_BUS,
            "arn:aws:events:eu-west-1:123456789012:event-bus/orders",
            "ResourceAlreadyExistsException",
            "Event bus orders already exists. (one has that name)",
        ),
    ],
)
def test_api_name_1_the_second_of_two_resources_of_one_name_is_refused(
    token: str, arn: str, code: str, message: str
) -> None:
    stack = stack_of(_named(token, "one", arn), _named(token, "two", arn))

    with pytest.raises(DeploymentRefusedError) as refused:
        refuse_taken_names(stack)

    found = refused.value
    assert (found.resource, found.code, found.aws_message, found.rule) == ("two", code, message, "API-NAME-1")


def test_api_name_1_a_statement_id_is_in_the_policy_of_a_function_once() -> None:
    (found,) = name_clashes(stack_of(WORKER, _permission("one"), _permission("two")))

    assert (found.first, found.second, found.message, found.fix) == (
        "one",
        "two",
        "The statement id (may) provided already exists.",
        "give two a statementId of its own, or leave it out",
    )


def test_api_name_1_an_http_api_has_one_route_of_a_key() -> None:
    api = resource(resource_types.HTTP_API, "api", {"protocolType": "HTTP"})
    routes = [resource(resource_types.ROUTE, each, {"apiId": "api", "routeKey": "POST /x"}) for each in ("one", "two")]

    (found,) = name_clashes(stack_of(api, *routes))

    assert {found.first, found.second} == {"one", "two"}
    assert (found.code, found.message) == ("ConflictException", "Route with key POST /x already exists for this API")


@pytest.mark.parametrize(
    "resources",
    [
        (
            _named(resource_types.QUEUE, "one", "arn:aws:sqs:eu-west-1:123456789012:orders"),
            _named(resource_types.QUEUE, "two", "arn:aws:sqs:us-east-1:123456789012:orders"),
        ),
        (
            _named(resource_types.QUEUE, "one", "arn:aws:sqs:eu-west-1:123456789012:orders"),
            _named(resource_types.QUEUE, "two", "arn:aws:sqs:eu-west-1:123456789012:orders", external=True),
        ),
        (_permission("one"), _permission("two", qualifier="live")),
        (_permission("one"), _permission("two", statementId="too")),
    ],
    ids=["two regions", "one that is only read", "the policy of an alias", "two statements"],
)
def test_names_that_do_not_clash(resources: tuple[Resource, ...]) -> None:
    assert list(name_clashes(stack_of(WORKER, *resources))) == []
