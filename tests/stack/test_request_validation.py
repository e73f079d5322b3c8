"""What request validators of REST APIs look at."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.openapi import operations_of
from delivery_lab.stack.rest_apis import RestApi
from tests.stack.world import resource, stack_of

_BOTH = {"validateRequestBody": True, "validateRequestParameters": True}
_PARAMETERS = {"validateRequestBody": False, "validateRequestParameters": True}
_MODEL = {"content": {"application/json": {"schema": {"type": "object"}}}}


def _validated(operation: dict[str, Any], **document: Any) -> tuple[str, ...]:
    held = {
        "paths": {"/orders/{id}": {"parameters": [{"name": "id", "in": "path", "required": True}], "post": operation}},
        "x-amazon-apigateway-request-validators": {"all": _BOTH, "params": _PARAMETERS},
        **document,
    }
    [found] = operations_of(held)
    return found.validated


@pytest.mark.parametrize(
    ("operation", "validated"),
    [
        ({}, ()),
        ({"requestBody": _MODEL}, ("the body",)),
        ({"parameters": [{"name": "order", "in": "body", "schema": {"type": "object"}}]}, ("the body",)),
        ({"parameters": [{"name": "x-id", "in": "header", "required": True}]}, ("x-id",)),
        ({"parameters": [{"name": "x-id", "in": "header"}]}, ()),
        ({"parameters": [{"$ref": "#/components/parameters/Id"}]}, ("#/components/parameters/Id",)),
        ({"requestBody": _MODEL, "x-amazon-apigateway-request-validator": "params"}, ()),
        ({"requestBody": _MODEL, "x-amazon-apigateway-request-validator": "none of these"}, ()),
    ],
    ids=["nothing", "content", "body of Swagger 2", "required", "optional", "reference", "its own", "unknown name"],
)
def test_the_validator_of_a_document_looks_at_what_an_operation_requires(
    operation: dict[str, Any], validated: tuple[str, ...]
) -> None:
    assert _validated(operation, **{"x-amazon-apigateway-request-validator": "all"}) == validated


def test_without_a_validator_nothing_is_looked_at() -> None:
    assert _validated({"requestBody": _MODEL}) == ()


_ID = "method.request.header.X-Id"
_REQUIRED = {"requestParameters": {_ID: True, "method.request.path.id": True}}
_MODELS = {"requestModels": {"application/json": "Order"}}


@pytest.mark.parametrize(
    ("validator", "method", "validated"),
    [
        (_BOTH, {}, ()),
        (_BOTH, {"requestParameters": {_ID: False, "method.request.path.id": True}}, ()),
        (_BOTH, {**_REQUIRED, **_MODELS}, (_ID, "the body")),
        ({}, {**_REQUIRED, **_MODELS}, ()),
        (_PARAMETERS, {**_REQUIRED, **_MODELS}, (_ID,)),
        ({"validateRequestBody": True}, {**_REQUIRED, **_MODELS}, ("the body",)),
        (None, {**_REQUIRED, **_MODELS}, (_ID, "the body")),
        (_BOTH, {"requestParameters": UNKNOWN, "requestModels": UNKNOWN}, ("requestParameters", "the body")),
    ],
    ids=["nothing", "optional", "both", "all off", "parameters", "body", "validator of another stack", "unknown"],
)
def test_the_validator_of_a_method_looks_at_what_the_method_requires(
    validator: dict[str, Any] | None, method: dict[str, Any], validated: tuple[str, ...]
) -> None:
    held = {"restApi": "rest", "resourceId": "orders", "httpMethod": "POST", "requestValidatorId": "checker"}
    made = [
        resource(resource_types.REST_API, "rest"),
        resource(resource_types.REST_METHOD, "post", {**held, **method}),
    ]
    if validator is not None:
        made.append(resource(resource_types.REQUEST_VALIDATOR, "checker", {"restApi": "rest", **validator}))

    [api] = stack_of(*made).all(RestApi)

    assert [each.validated for each in api.methods] == [validated]
