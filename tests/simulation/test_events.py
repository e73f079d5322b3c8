"""From a program's resources to asynchronous invokes, topics, buses, buckets and parking queues."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.model.asynchronous import EventInvokeConfig
from delivery_lab.program.graph import Graph, Resource
from delivery_lab.simulation.events import (
    BUCKETS,
    EVENT_BUS,
    INVOKE_CONFIG,
    TOPIC,
    create_sink,
    event_configs,
    is_parking,
)
from delivery_lab.simulation.supported import FUNCTION, QUEUE, check
from tests.model.support import World


def _resource(kind: str, name: str, inputs: dict[str, Any] | None = None, **outputs: Any) -> Resource:
    urn = f"urn:pulumi:s::p::{kind}::{name}"
    return Resource(urn, kind, name, custom=True, id=name, parent="", inputs=inputs or {}, outputs=outputs)


def _graph(*resources: Resource) -> Graph:
    return Graph("p", "s", MappingProxyType({resource.urn: resource for resource in resources}), {}, {})


def _known(resource: Resource, name: str, default: Any) -> Any:
    value = resource.inputs.get(name)
    return default if value is None else value


def _configs(*resources: Resource) -> dict[str, EventInvokeConfig]:
    functions = {resource.name: resource for resource in resources if resource.type == FUNCTION}
    found = event_configs(_graph(*resources), functions, lambda _, reference: reference, _known)
    return {each.function: each.config for each in found}


def test_a_function_without_anything_has_the_defaults_of_aws() -> None:
    assert _configs(_resource(FUNCTION, "worker")) == {}
    assert EventInvokeConfig() == EventInvokeConfig(2, 21_600, None, None, None)


def test_dead_letter_config_and_event_invoke_config_make_one() -> None:
    found = _configs(
        _resource(FUNCTION, "worker", {"deadLetterConfig": {"targetArn": "arn:dlq"}}),
        _resource(
            INVOKE_CONFIG,
            "config",
            {
                "functionName": "worker",
                "maximumRetryAttempts": 0,
                "maximumEventAgeInSeconds": 60,
                "destinationConfig": {"onSuccess": {"destination": "arn:a"}, "onFailure": {"destination": "arn:b"}},
            },
        ),
    )

    assert found == {"worker": EventInvokeConfig(0, 60, "arn:a", "arn:b", "arn:dlq")}


def test_asy_config_1_a_second_config_of_a_function_is_refused() -> None:
    with pytest.raises(DeploymentRefusedError) as caught:
        _configs(
            _resource(FUNCTION, "worker"),
            _resource(INVOKE_CONFIG, "one", {"functionName": "worker"}),
            _resource(INVOKE_CONFIG, "two", {"functionName": "worker"}),
        )

    assert caught.value.aws_message == "The function worker has an event invoke config already: one"


def test_a_qualifier_is_not_modelled() -> None:
    with pytest.raises(NotModelledError) as caught:
        _configs(
            _resource(FUNCTION, "worker"),
            _resource(INVOKE_CONFIG, "config", {"functionName": "worker", "qualifier": "live"}),
        )

    assert str(caught.value) == "config: qualifier = 'live' is not modelled\n  nearest: leave it out"


def test_an_unknown_setting_of_a_config_is_refused_by_name() -> None:
    with pytest.raises(NotModelledError, match="config: retryPolicy = 'x'; nearest: leave it out"):
        check(_graph(_resource(INVOKE_CONFIG, "config", {"functionName": "worker", "retryPolicy": "x"})))


@pytest.mark.parametrize(
    ("kind", "arn", "physical_name"),
    [
        (TOPIC, "arn:aws:sns:us-east-1:123456789012:topic-1", "topic-1"),
        (EVENT_BUS, "arn:aws:events:us-east-1:123456789012:event-bus/bus-1", "bus-1"),
        (BUCKETS[0], "arn:aws:s3:::bucket-1", "bucket-1"),
    ],
)
def test_topics_buses_and_buckets_record(kind: str, arn: str, physical_name: str) -> None:
    account = World().account

    create_sink(account, _resource(kind, "target", arn=arn), "target")

    sink = account.sinks.at(arn)
    assert sink is not None
    assert (sink.name, sink.physical_name) == ("target", physical_name)


def test_a_fifo_topic_is_not_modelled() -> None:
    with pytest.raises(NotModelledError) as caught:
        create_sink(World().account, _resource(TOPIC, "topic", {"fifoTopic": True}), "topic")

    assert str(caught.value) == "topic: fifoTopic = True is not modelled\n  nearest: a standard topic"


@pytest.mark.parametrize(
    ("name", "tags", "parking"),
    [
        ("parking", {}, True),
        ("batch-parking", {}, True),
        ("orders_parking", {}, True),
        ("orderParking", {}, True),
        ("jobs", {"delivery-lab:role": "parking"}, True),
        ("jobs", {"delivery-lab:role": "source"}, False),
        ("sparking", {}, False),
        ("jobs", {}, False),
    ],
)
def test_a_parking_queue_is_known_by_its_name_or_its_tag(name: str, tags: dict[str, str], parking: bool) -> None:
    assert is_parking(_resource(QUEUE, name, {"tags": tags})) is parking
