"""From a program's resources to asynchronous invokes, topics, buses, and buckets."""

from __future__ import annotations

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.model.asynchronous import EventInvokeConfig
from delivery_lab.program.graph import Resource
from delivery_lab.resource_types import BUCKETS, FUNCTION, INVOKE_CONFIG, TOPIC
from delivery_lab.simulation.events import create_bucket, event_configs, unread_arns
from delivery_lab.simulation.supported import check
from delivery_lab.stack.events import Bucket
from tests.model.support import World
from tests.stack.world import resource, stack_of


def _configs(*resources: Resource) -> dict[str, EventInvokeConfig]:
    found = event_configs(stack_of(*resources), lambda _, reference, function: reference.certain())
    return {each.function: each.config for each in found}


def test_a_function_without_anything_has_the_defaults_of_aws() -> None:
    assert _configs(resource(FUNCTION, "worker")) == {}
    assert EventInvokeConfig() == EventInvokeConfig(2, 21_600, None, None, None)


def test_dead_letter_config_and_event_invoke_config_make_one() -> None:
    found = _configs(
        resource(FUNCTION, "worker", {"deadLetterConfig": {"targetArn": "arn:dlq"}}),
        resource(
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


def test_asy_config_1_which_of_two_configs_of_a_function_counts_is_not_known() -> None:
    with pytest.raises(NotModelledError) as caught:
        _configs(
            resource(FUNCTION, "worker"),
            resource(INVOKE_CONFIG, "one", {"functionName": "worker"}),
            resource(INVOKE_CONFIG, "two", {"functionName": "worker"}),
        )

    assert str(caught.value) == (
        "one and two are both about the function worker, and Lambda keeps the one that is written last, as a whole "
        "(ASY-CONFIG-1)\n  fix: put both into one FunctionEventInvokeConfig"
    )


def test_asy_config_2_a_version_or_alias_that_is_not_in_this_stack_is_not_modelled() -> None:
    with pytest.raises(NotModelledError) as caught:
        _configs(
            resource(FUNCTION, "worker"),
            resource(INVOKE_CONFIG, "config", {"functionName": "worker", "qualifier": "live"}),
        )

    assert str(caught.value) == (
        "config: qualifier = 'live' names a version or alias that is not in this stack\n  nearest: $LATEST"
    )


def test_an_unknown_setting_of_a_config_is_refused_by_name() -> None:
    with pytest.raises(NotModelledError, match="config: retryPolicy = 'x'; nearest: leave it out"):
        check(stack_of(resource(INVOKE_CONFIG, "config", {"functionName": "worker", "retryPolicy": "x"})))


def test_buckets_record() -> None:
    account = World().account
    (bucket,) = stack_of(resource(BUCKETS[0], "target", outputs={"arn": "arn:aws:s3:::bucket-1"})).all(Bucket)

    create_bucket(account, bucket)

    sink = account.sinks.at("arn:aws:s3:::bucket-1")
    assert sink is not None
    assert (sink.name, sink.physical_name) == ("target", "bucket-1")


def test_a_topic_that_nobody_reads_is_noted_with_who_sends_there() -> None:
    topic = resource(TOPIC, "failures")
    arn = str(topic.outputs["arn"])
    notes: list[str] = []

    found = unread_arns(stack_of(topic, resource(FUNCTION, "worker", {"deadLetterConfig": {"targetArn": arn}})), notes)

    assert found == {arn}
    (note,) = notes
    assert note == (
        "worker sends what fails to failures, which nobody of this stack reads: whether anybody gets it is not known "
        "(DST-SINK-2)"
    )
