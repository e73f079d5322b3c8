"""Endpoints are those that botocore finds by itself, wherever their parameters come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.regions import EndpointRulesetResolver

from delivery_lab.handlers import endpoints
from delivery_lab.handlers.patches import Patches

CALLS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("dynamodb", "GetItem", {"TableName": "orders"}, {}),
    ("dynamodb", "GetItem", {"TableName": "arn:aws:dynamodb:us-east-1:123456789012:table/orders"}, {}),
    ("dynamodb", "TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "orders"}}]}, {}),
    ("sqs", "SendMessage", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q"}, {}),
    ("s3", "PutObject", {"Bucket": "pictures", "Key": "k"}, {}),
    ("s3", "PutObject", {"Bucket": "pictures", "Key": "k"}, {"use_accelerate_endpoint": True}),
    ("s3", "CreateBucket", {"Bucket": "pictures"}, {}),
    ("s3", "ListBuckets", {}, {"addressing_style": "path"}),
    ("kinesis", "PutRecord", {"StreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/s"}, {}),
    ("kinesis", "SubscribeToShard", {"ConsumerARN": "arn:aws:kinesis:us-east-1:1:stream/s/consumer/c:1"}, {}),
    ("events", "PutEvents", {"Entries": [], "EndpointId": "a.b"}, {}),
]


@pytest.fixture
def patches() -> Iterator[Patches]:
    put = Patches()
    yield put
    put.undo()


def found(service: str, operation: str, parameters: dict[str, Any], s3: Any) -> list[Any]:
    """Where two calls of an operation go, one after the other, and with which parameters that is found."""
    session = botocore.session.Session()
    session.set_credentials("id", "secret")
    client: Any = session.create_client(service, region_name="us-east-1", config=Config(s3=s3))
    model = client.meta.service_model.operation_model(operation)
    resolver: Any = client._ruleset_resolver
    context = {"client_config": client.meta.config}
    return [
        part
        for given in (parameters, dict(list(parameters.items())[:1]))
        for part in (
            resolver._get_provider_params(model, given, context),
            *_parts(lambda given=given: resolver.construct_endpoint(model, given, context)),
        )
    ]


def _parts(ask: Any) -> tuple[object, ...]:
    try:
        endpoint = ask()
    except Exception as error:
        return type(error), str(error)
    return endpoint.url, endpoint.properties, endpoint.headers


@pytest.mark.parametrize(("service", "operation", "parameters", "s3"), CALLS)
def test_endpoints_are_botocores_own(
    service: str, operation: str, parameters: dict[str, Any], s3: dict[str, Any], patches: Patches
) -> None:
    by_itself = found(service, operation, parameters, s3)
    endpoints.install(patches)
    assert found(service, operation, parameters, s3) == by_itself


def test_parameters_that_an_operation_cannot_have_are_not_looked_for(
    patches: Patches, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = vars(EndpointRulesetResolver)["_resolve_param_from_context"]

    def noted(resolver: Any, param_name: str, operation_model: Any, call_args: Any) -> Any:
        asked.append(param_name)
        return real(resolver, param_name=param_name, operation_model=operation_model, call_args=call_args)

    monkeypatch.setattr(EndpointRulesetResolver, "_resolve_param_from_context", noted)
    endpoints.install(patches)
    found("dynamodb", "GetItem", {"TableName": "orders"}, {})

    assert set(asked) == {"ResourceArn"}


def test_a_botocore_without_the_method_is_left_alone(patches: Patches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(EndpointRulesetResolver, "_resolve_param_from_context")

    endpoints.install(patches)

    assert "_resolve_param_from_context" not in vars(EndpointRulesetResolver)
