"""Numbers and switches that a program gives as texts, as `config.require("timeout")` does, and texts that are none.

The AWS provider turns a text into the number or switch that a setting is, and refuses one that is none, as it refuses a
list or an object in the place of a text. Settings that the lab reads are treated the same way, so that its readers meet
values of the right type only.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import ProgramError

_OF_BATCHES = ("batchSize", "maximumBatchingWindowInSeconds")
_NOTIFIED = {"queues": "queueArn", "topics": "topicArn", "lambdaFunctions": "lambdaFunctionArn"}
_OF_RECORDS = (*_OF_BATCHES, "maximumRecordAgeInSeconds", "maximumRetryAttempts", "parallelizationFactor")
_NUMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        resource_types.QUEUE: (
            "delaySeconds",
            "kmsDataKeyReusePeriodSeconds",
            "maxMessageSize",
            "messageRetentionSeconds",
            "receiveWaitTimeSeconds",
            "visibilityTimeoutSeconds",
        ),
        resource_types.FUNCTION: ("ephemeralStorage.size", "memorySize", "reservedConcurrentExecutions", "timeout"),
        resource_types.MAPPING: (
            "batchSize",
            "maximumBatchingWindowInSeconds",
            "maximumRecordAgeInSeconds",
            "maximumRetryAttempts",
            "parallelizationFactor",
            "provisionedPollerConfig.maximumPollers",
            "provisionedPollerConfig.minimumPollers",
            "scalingConfig.maximumConcurrency",
            "tumblingWindowInSeconds",
        ),
        resource_types.INVOKE_CONFIG: (
            "maximumEventAgeInSeconds",
            "maximumRetryAttempts",
        ),
        resource_types.PROVISIONED_CONCURRENCY: ("provisionedConcurrentExecutions",),
        resource_types.STREAM: ("maxRecordSizeInKib", "retentionPeriod", "shardCount"),
        resource_types.TABLE: (
            "globalSecondaryIndexes.readCapacity",
            "globalSecondaryIndexes.writeCapacity",
            "readCapacity",
            "writeCapacity",
        ),
        resource_types.TOPIC: ("maximumMessageSize", "signatureVersion"),
        resource_types.EVENT_TARGET: (
            "retryPolicy.maximumEventAgeInSeconds",
            "retryPolicy.maximumRetryAttempts",
        ),
        resource_types.SCHEDULE: (
            "flexibleTimeWindow.maximumWindowInMinutes",
            "target.retryPolicy.maximumEventAgeInSeconds",
            "target.retryPolicy.maximumRetryAttempts",
        ),
        resource_types.PIPE: tuple(
            f"sourceParameters.{source}.{name}"
            for source, names in (
                ("dynamodbStreamParameters", _OF_RECORDS),
                ("kinesisStreamParameters", _OF_RECORDS),
                ("sqsQueueParameters", _OF_BATCHES),
            )
            for name in names
        ),
        resource_types.INTEGRATION: ("timeoutMilliseconds",),
        resource_types.REST_INTEGRATION: ("timeoutMilliseconds",),
        resource_types.STAGE: ("defaultRouteSettings.throttlingBurstLimit", "routeSettings.throttlingBurstLimit"),
        resource_types.REST_METHOD_SETTINGS: ("settings.throttlingBurstLimit",),
    }
)
_SWITCHES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        resource_types.QUEUE: ("contentBasedDeduplication", "fifoQueue", "sqsManagedSseEnabled"),
        resource_types.MAPPING: ("bisectBatchOnFunctionError", "enabled"),
        resource_types.TABLE: ("streamEnabled",),
        resource_types.TOPIC: ("contentBasedDeduplication", "fifoTopic"),
        resource_types.TOPIC_SUBSCRIPTION: ("rawMessageDelivery",),
        resource_types.BUCKET_NOTIFICATION: ("eventbridge",),
    }
)
_RATES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        resource_types.STAGE: ("defaultRouteSettings.throttlingRateLimit", "routeSettings.throttlingRateLimit"),
        resource_types.REST_METHOD_SETTINGS: ("settings.throttlingRateLimit",),
    }
)
_TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        resource_types.QUEUE: ("deduplicationScope", "fifoThroughputLimit"),
        resource_types.FUNCTION: ("deadLetterConfig.targetArn", "handler", "runtime", "s3Bucket", "s3Key"),
        resource_types.LAYER: ("s3Bucket", "s3Key"),
        resource_types.PROVISIONED_CONCURRENCY: ("qualifier",),
        resource_types.INVOKE_CONFIG: (
            "destinationConfig.onFailure.destination",
            "destinationConfig.onSuccess.destination",
            "qualifier",
        ),
        resource_types.RECURSION_CONFIG: ("recursiveLoop",),
        resource_types.FUNCTION_URL: ("invokeMode", "qualifier"),
        resource_types.MAPPING: (
            "amazonManagedKafkaEventSourceConfig.consumerGroupId",
            "destinationConfig.onFailure.destinationArn",
            "eventSourceArn",
            "selfManagedKafkaEventSourceConfig.consumerGroupId",
            "startingPosition",
            "startingPositionTimestamp",
        ),
        resource_types.STREAM: ("streamModeDetails.streamMode",),
        resource_types.STREAM_CONSUMER: ("streamArn",),
        resource_types.ALIAS: ("functionVersion", "name"),
        resource_types.TOPIC: ("fifoThroughputScope",),
        resource_types.TOPIC_POLICY: ("arn",),
        resource_types.TOPIC_SUBSCRIPTION: ("endpoint", "filterPolicyScope", "protocol"),
        resource_types.BUCKET_NOTIFICATION: (
            "bucket",
            *(f"{block}.{name}" for block in _NOTIFIED for name in ("filterPrefix", "filterSuffix", "id")),
            *(f"{block}.{arn}" for block, arn in _NOTIFIED.items()),
        ),
        resource_types.EVENT_TARGET: (
            *("arn", "deadLetterConfig.arn", "eventBusName", "inputPath", "inputTransformer.inputTemplate"),
            *("kinesisTarget.partitionKeyPath", "roleArn", "rule", "sqsTarget.messageGroupId", "targetId"),
        ),
        resource_types.SCHEDULE: (
            *("endDate", "flexibleTimeWindow.mode", "scheduleExpression", "scheduleExpressionTimezone", "startDate"),
            *("state", "target.arn", "target.deadLetterConfig.arn", "target.eventbridgeParameters.detailType"),
            *("target.eventbridgeParameters.source", "target.kinesisParameters.partitionKey", "target.roleArn"),
            "target.sqsParameters.messageGroupId",
        ),
        resource_types.PIPE: (
            *("desiredState", "roleArn", "source", "target", "targetParameters.kinesisStreamParameters.partitionKey"),
            *(
                f"sourceParameters.{block}.{name}"
                for block in ("dynamodbStreamParameters", "kinesisStreamParameters")
                for name in ("deadLetterConfig.arn", "onPartialBatchItemFailure", "startingPosition")
            ),
            "sourceParameters.kinesisStreamParameters.startingPositionTimestamp",
            *(f"targetParameters.eventbridgeEventBusParameters.{name}" for name in ("detailType", "source")),
            "targetParameters.lambdaFunctionParameters.invocationType",
            *(f"targetParameters.sqsQueueParameters.message{name}Id" for name in ("Deduplication", "Group")),
        ),
        resource_types.HTTP_API: ("credentialsArn", "protocolType", "routeKey", "target"),
        resource_types.ROUTE: ("apiId", "routeKey", "target"),
        resource_types.INTEGRATION: (
            *("apiId", "credentialsArn", "integrationSubtype", "integrationType", "integrationUri"),
            "payloadFormatVersion",
        ),
        resource_types.STAGE: ("apiId", "routeSettings.routeKey"),
        resource_types.REST_RESOURCE: ("parentId", "pathPart"),
        resource_types.REST_METHOD: ("httpMethod", "requestValidatorId", "resourceId"),
        resource_types.REST_INTEGRATION: (
            *("credentials", "httpMethod", "passthroughBehavior", "resourceId", "type", "uri"),
        ),
        resource_types.REST_INTEGRATION_RESPONSE: ("httpMethod", "resourceId", "selectionPattern", "statusCode"),
        resource_types.REST_METHOD_SETTINGS: ("stageName",),
        resource_types.REST_STAGE: ("stageName",),
        resource_types.TABLE: (
            "attributes.name",
            "attributes.type",
            "billingMode",
            "globalSecondaryIndexes.hashKey",
            "globalSecondaryIndexes.name",
            "globalSecondaryIndexes.projectionType",
            "globalSecondaryIndexes.rangeKey",
            "hashKey",
            "localSecondaryIndexes.name",
            "localSecondaryIndexes.projectionType",
            "localSecondaryIndexes.rangeKey",
            "rangeKey",
            "streamViewType",
        ),
    }
)
_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({resource_types.MAPPING: ("functionResponseTypes",)})


def typed(type_token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a resource with texts turned into the numbers and switches that they are.

    What cannot be read stays as it is: checks report it, and `refuse_unreadable` refuses it.

    Args:
        type_token: type of the resource.
        inputs: its inputs by wire name.
    """
    changed = dict(inputs)
    for path, read in _readers(type_token):
        with contextlib.suppress(_Unreadable):
            _change(changed, path.split("."), read)
    return changed


def refuse_unreadable(
    type_token: str, name: str, inputs: Mapping[str, Any], secrets: frozenset[str] = frozenset()
) -> None:
    """Refuse values that the provider could not read.

    Args:
        type_token: type of the resource.
        name: its name, for messages.
        inputs: its inputs by wire name.
        secrets: names of inputs that are not shown.

    Raises:
        ProgramError: a value is no number, no switch or no text, where the provider takes nothing else.
    """
    for path, read in _readers(type_token):
        try:
            _change(dict(inputs), path.split("."), read)
        except _Unreadable as error:
            shown = "a secret" if path.split(".")[0] in secrets else repr(error.value)
            refusal = f"{name}: {path} = {shown} has to be {error.kind}; the AWS provider takes nothing else"
            raise ProgramError(refusal) from None


def _readers(type_token: str) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """The inputs of a type that are numbers, switches or texts, and how they are read."""
    kinds = (
        (_NUMBERS, _number),
        (_SWITCHES, _switch),
        (_RATES, _rate),
        (_CHOICES, _response_types),
        (_TEXTS, _text),
    )
    for paths, read in kinds:
        for path in paths.get(type_token, ()):
            yield path, read


class _Unreadable(Exception):  # noqa: N818 - a signal inside this module, no error
    def __init__(self, value: Any, kind: str) -> None:
        super().__init__(kind)
        self.value = value
        self.kind = kind


def _change(inputs: dict[str, Any], path: list[str], read: Callable[[Any], Any]) -> None:
    first, *rest = path
    value = inputs.get(first)
    if value is None:
        return
    if not rest:
        inputs[first] = read(value)
    elif isinstance(value, dict):
        inputs[first] = dict(value)
        _change(inputs[first], rest, read)
    elif isinstance(value, list):
        blocks = [dict(block) if isinstance(block, dict) else block for block in value]
        inputs[first] = blocks
        for block in blocks:
            if isinstance(block, dict):
                _change(block, rest, read)


def _number(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d+", value, re.ASCII):
        return int(value)
    if isinstance(value, (str, bool, float, list, dict)):
        raise _Unreadable(value, "a whole number")
    return value


def _rate(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d+(\.\d+)?", value, re.ASCII):
        return float(value)
    if isinstance(value, (str, bool, list, dict)):
        raise _Unreadable(value, "a number")
    return value


def _response_types(value: Any) -> Any:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, (str, bool, int, float, list, dict)) and one != "ReportBatchItemFailures":
            raise _Unreadable(value, 'a list of "ReportBatchItemFailures"')
    return value


def _switch(value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, (str, int, float, list, dict)) and not isinstance(value, bool):
        raise _Unreadable(value, "true or false")
    return value


def _text(value: Any) -> Any:
    """A text stays what it is, as do numbers and switches, which the provider writes as texts."""
    if isinstance(value, (list, dict)):
        raise _Unreadable(value, "a text")
    return value
