"""What a simulation refuses by name, at every depth."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.errors import NotModelledError
from delivery_lab.simulation.supported import check, function_problems, whole_api_problems
from delivery_lab.stack.apis import Api
from delivery_lab.stack.rest_apis import RestApi
from tests.stack.world import resource, stack_of

REGISTRY = {"schemaRegistryUri": "https://registry", "eventRecordFormat": "JSON"}


@pytest.mark.parametrize(
    ("kind", "inputs", "line"),
    [
        (
            resource_types.MAPPING,
            {"amazonManagedKafkaEventSourceConfig": {"consumerGroupId": "g", "schemaRegistryConfig": REGISTRY}},
            (
                f"thing: amazonManagedKafkaEventSourceConfig.schemaRegistryConfig = {REGISTRY}; "
                "nearest: records as the producer wrote them"
            ),
        ),
        (
            resource_types.MAPPING,
            {"selfManagedKafkaEventSourceConfig": {"schemaRegistryConfig": REGISTRY}},
            (
                f"thing: selfManagedKafkaEventSourceConfig.schemaRegistryConfig = {REGISTRY}; "
                "nearest: records as the producer wrote them"
            ),
        ),
        (
            resource_types.MAPPING,
            {"provisionedPollerConfig": {"minimumPollers": 1, "pollerGroupName": "shared"}},
            "thing: provisionedPollerConfig.pollerGroupName = 'shared'; nearest: pollers that no other mapping shares",
        ),
        (
            resource_types.MAPPING,
            {"scalingConfig": {"maximumConcurrency": 5, "somethingNew": 1}},
            "thing: scalingConfig.somethingNew = 1; nearest: leave it out",
        ),
        (
            resource_types.TABLE,
            {"globalSecondaryIndexes": [{"name": "by-a", "keySchemas": [{"attributeName": "a", "keyType": "HASH"}]}]},
            (
                "thing: globalSecondaryIndexes.keySchemas = [{'attributeName': 'a', 'keyType': 'HASH'}]; "
                "nearest: hashKey and rangeKey of the index"
            ),
        ),
    ],
    ids=str,
)
def test_a_nested_input_that_the_model_does_not_know_is_refused(kind: str, inputs: dict[str, Any], line: str) -> None:
    with pytest.raises(NotModelledError) as caught:
        check(stack_of(resource(kind, "thing", inputs)))

    assert str(caught.value) == f"stack test uses what is not modelled:\n  {line}"


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (resource_types.MAPPING, {"sourceAccessConfigurations": [{"type": "BASIC_AUTH", "uri": "arn:secret"}]}),
        (resource_types.MAPPING, {"selfManagedEventSource": {"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "k:9092"}}}),
        (resource_types.MAPPING, {"metricsConfig": {"metrics": ["EventCount"]}, "tags": {"team": "a"}}),
        (
            resource_types.TABLE,
            {"ttl": {"attributeName": "expires", "enabled": True}, "serverSideEncryption": {"enabled": True}},
        ),
        (resource_types.STAGE, {"accessLogSettings": {"destinationArn": "arn", "format": "{}"}}),
        (resource_types.QUEUE, {"redrivePolicy": {"deadLetterTargetArn": "arn", "maxReceiveCount": 3}}),
        (resource_types.MSK_CLUSTER, {"brokerNodeGroupInfo": {"storageInfo": {"ebsStorageInfo": {"volumeSize": 10}}}}),
    ],
    ids=str,
)
def test_harmless_nested_inputs_pass(kind: str, inputs: dict[str, Any]) -> None:
    assert check(stack_of(resource(kind, "thing", inputs))) == []


def test_a_function_says_at_every_depth_why_it_cannot_be_run() -> None:
    inputs = {
        "runtime": "python3.13",
        "code": "an archive",
        "tenancyConfig": {"tenantIsolationMode": "PER_TENANT"},
        "environment": {"variables": {"A": "a"}, "file": "x"},
        "loggingConfig": {"logFormat": "JSON"},
    }
    stack = stack_of(resource(resource_types.FUNCTION, "worker", inputs))

    assert function_problems(stack, stack.functions[0]) == [
        (
            "worker: tenancyConfig = {'tenantIsolationMode': 'PER_TENANT'}; "
            "nearest: a function whose environments serve every tenant"
        ),
        "worker: environment.file = 'x'; nearest: leave it out",
    ]


def test_an_api_says_of_itself_and_its_stages_why_it_cannot_be_called() -> None:
    settings = {"restApi": "rest", "stageName": "v1", "methodPath": "orders/GET"}
    stack = stack_of(
        resource(resource_types.HTTP_API, "front", {"mutualTls": "on"}),
        resource(resource_types.REST_API, "rest"),
        resource(resource_types.REST_METHOD_SETTINGS, "thing", settings),
    )
    (front,) = stack.all(Api)
    (rest,) = stack.all(RestApi)

    assert check(stack) == []
    assert whole_api_problems(stack, front) == ["front: mutualTls = 'on'; nearest: leave it out"]
    assert whole_api_problems(stack, rest) == [
        "thing: methodPath = 'orders/GET'; nearest: */*, settings for all methods",
    ]
