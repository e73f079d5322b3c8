"""Each text and number of each type, with values that the API takes of nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.limits.values import Values, values_of
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.simulation.single_values import refuse_single_values
from scripts.provider_inputs import ARGUMENTS, inputs_of, is_text
from scripts.write_values import CALLS, DOCUMENTED
from tests.simulation.test_supported_inputs import ALL
from tests.stack.world import resource, stack_of

TYPES = sorted({*CALLS, *DOCUMENTED})
FREE = {
    "names a resource": (
        *(
            "apiId",
            "arn",
            "bucket",
            "credentials",
            "credentialsArn",
            "endpoint",
            "functionName",
            "eventBusName",
            "rule",
        ),
        *("parentId", "queueUrl", "requestValidatorId", "resourceId", "restApi"),
        *("streamArn", "target", "eventSourceArn", "uri", "destinationConfig.onFailure.destinationArn"),
    ),
    "names a place of code, whose object has to be there": ("s3Bucket", "s3Key"),
    "is a document, which is read": ("body", "filterPolicy", "redrivePolicy", "serverProperties"),
    "is any text": (
        *(f"{block}.{name}" for block in ("queues", "topics", "lambdaFunctions") for name in ("filterPrefix", "id")),
        *(f"{block}.filterSuffix" for block in ("queues", "topics", "lambdaFunctions")),
        "selectionPattern",
    ),
    "is read by a grammar or a list of its own, and refused there": (
        *("endDate", "startDate", "startingPositionTimestamp", "handler", "routeKey", "routeSettings.routeKey"),
        *("pathPart", "stageName", "deduplicationScope", "fifoThroughputLimit"),
        "sourceParameters.kinesisStreamParameters.startingPositionTimestamp",
    ),
    "names a key or index of its own table": (
        *("hashKey", "rangeKey", "globalSecondaryIndexes.hashKey", "globalSecondaryIndexes.rangeKey"),
        "localSecondaryIndexes.rangeKey",
    ),
}
"""Texts that are followed and have no length, pattern or list here, with the reason."""


def _nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    if path[1:] == ("{}",):
        return {path[0]: {value: "1"}}
    return {path[0]: _nested(path[1:], value) if path[1:] else value}


def _wrong_values(taken: Values) -> Iterator[Any]:
    if taken.lowest is not None:
        yield taken.lowest - 1
    if taken.highest is not None:
        yield taken.highest + 1
    if taken.values:
        yield from ("nonsense", taken.values[0] + " ", "\x00")
    if taken.most is not None:
        yield "x" * (taken.most + 1)
    if taken.least > 1:
        yield "x" * (taken.least - 1)
    if taken.pattern and taken.refused(" \n") and not taken.refused(" \n").startswith("one of"):
        yield " \n"


def _refusal(token: str, inputs: dict[str, Any], **given: Any) -> str:
    stack = stack_of(resource(token, "it", inputs, **given))
    with pytest.raises(DeploymentRefusedError) as refused:
        refuse_single_values(stack, next(iter(stack.resources.values())))
    return str(refused.value)


@pytest.mark.parametrize("token", TYPES)
def test_api_value_1_a_wrong_value_is_refused_with_input_value_bound_and_fix(token: str) -> None:
    tried = 0
    for path, taken in values_of(token).items():
        name = ".".join(part for part in path if part != "{}")
        for value in _wrong_values(taken):
            tried += 1
            said = _refusal(token, _nested(path, value))
            assert f": Value {value!r} at '{name}' failed to satisfy constraint: {taken.refused(value)} (API-V" in said
            assert said.endswith(f"\n  fix: change {name} of it; {taken.member} says what it may be")
    assert tried


@pytest.mark.parametrize("token", TYPES)
def test_what_is_left_out_empty_or_unknown_is_let_through(token: str) -> None:
    for path in values_of(token):
        for value in (None, "", UNKNOWN, [UNKNOWN], []):
            inputs = {} if path[-1] == "{}" else _nested(path, value)
            stack = stack_of(resource(token, "it", inputs))
            refuse_single_values(stack, next(iter(stack.resources.values())))


@pytest.mark.parametrize("token", sorted(set(ARGUMENTS) & set(ALL) - {resource_types.QUEUE}))
def test_every_text_that_is_followed_has_values_or_a_reason_for_none(token: str) -> None:
    free = {name for names in FREE.values() for name in names}
    texts = {
        path for path, kind in inputs_of(ARGUMENTS[token]) if is_text(kind) and ".".join(path) in ALL[token].modelled
    }

    assert {".".join(path) for path in texts - set(values_of(token))} - free == set()


def test_each_of_a_list_is_looked_at() -> None:
    inputs = {
        "queues": [{"events": ["s3:ObjectCreated:*"]}, {"events": ["s3:ObjectCreated:*", "s3:ObjectCreated:put"]}]
    }

    assert _refusal(resource_types.BUCKET_NOTIFICATION, inputs) == (
        "AWS would refuse it: InvalidArgument: Value 's3:ObjectCreated:put' at 'queues.events' failed to satisfy "
        "constraint: one of 31 values, such as s3:ObjectCreated:Put, s3:ObjectCreated:*, s3:ObjectCreated:Post "
        "(API-VALUE-1)\n"
        "  fix: change queues.events of it; "
        "PutBucketNotificationConfiguration.NotificationConfiguration.QueueConfigurations.Events says what it may be"
    )


def test_a_secret_is_not_shown() -> None:
    said = _refusal(resource_types.TOPIC, {"name": "hunter 2"}, secret_inputs=frozenset({"name"}))

    assert "hunter" not in said
    assert "Value a secret at 'name'" in said


@pytest.mark.parametrize(
    "runtime", ["pyhton3.11", "nodejs99.x", "python3.5", "python", "provided.al2022", "Python3.12"]
)
def test_api_value_1_a_runtime_that_lambda_does_not_have(runtime: str) -> None:
    said = _refusal(resource_types.FUNCTION, {"runtime": runtime})

    assert said.startswith(
        f"AWS would refuse it: ValidationException: Value {runtime!r} at 'runtime' failed to satisfy constraint: "
    )


@pytest.mark.parametrize("runtime", ["python3.14", "python2.7", "nodejs24.x", "provided.al2023", "java25", "ruby3.4"])
def test_api_value_1_a_runtime_that_lambda_has_or_had(runtime: str) -> None:
    stack = stack_of(resource(resource_types.FUNCTION, "it", {"runtime": runtime}))
    refuse_single_values(stack, stack.functions[0])
