"""Event source mappings, with what AWS refuses about them."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.limits.mappings import (
    FOREIGN_SETTINGS,
    KAFKA_BATCH_SIZE,
    REPORT,
    SOURCES,
    SQS_BATCH_SIZE,
    STREAM_BATCH_SIZE,
    STREAM_POSITIONS,
    TABLE_STREAM_POSITIONS,
)
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine, refusal
from delivery_lab.live.provider.names import lowered, raised, raised_name
from delivery_lab.live.provider.records import EmulatedRecords
from delivery_lab.live.provider.resource_type import Properties, ProvidedType
from delivery_lab.model.mapping.kafka import KafkaMappingConfig, KafkaProvisionedMode
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig, SqsProvisionedMode
from delivery_lab.model.mapping.stream import StreamMappingConfig
from delivery_lab.resource_types import SourceKind

_OF_TOPICS = EmulatedRecords("event-source-mappings")
"""Mappings of MSK topics, which the emulator does not take: whoever polls for them finds them here."""

_KINDS: dict[str, SourceKind] = {"sqs": "sqs", "kinesis": "kinesis", "dynamodb": "dynamodb", "kafka": "kafka"}
_BATCH_SIZES = {
    "sqs": SQS_BATCH_SIZE,
    "kinesis": STREAM_BATCH_SIZE,
    "dynamodb": STREAM_BATCH_SIZE,
    "kafka": KAFKA_BATCH_SIZE,
}
_INVALID = "InvalidParameterValueException"


class EventSourceMappingType(ProvidedType):
    """`aws.lambda.EventSourceMapping` of a queue, a stream, a table's stream or an MSK topic. Its id is its UUID."""

    pulumi_type = resource_types.MAPPING
    settings = frozenset(
        {
            "amazonManagedKafkaEventSourceConfig",
            "batchSize",
            "bisectBatchOnFunctionError",
            "destinationConfig",
            "enabled",
            "eventSourceArn",
            "filterCriteria",
            "functionName",
            "functionResponseTypes",
            "maximumBatchingWindowInSeconds",
            "maximumRecordAgeInSeconds",
            "maximumRetryAttempts",
            "parallelizationFactor",
            "provisionedPollerConfig",
            "scalingConfig",
            "startingPosition",
            "topics",
            "tumblingWindowInSeconds",
        }
    )
    required = frozenset({"eventSourceArn", "functionName"})
    computed = ("arn", "functionArn", "lastModified", "state", "stateTransitionReason", "uuid")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the mapping."""
        operation = "CreateEventSourceMapping"
        _check(cloud, inputs, operation)
        self._refuse_second(cloud, inputs)
        arguments = _arguments(inputs)
        if _kind(inputs) == "kafka":
            new_id = str(uuid.uuid4())
            _OF_TOPICS.put(cloud, new_id, arguments)
            return new_id
        return str(cloud.client("lambda").create_event_source_mapping(**arguments)["UUID"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """Its settings."""
        client = cloud.client("lambda")
        answer = _kept_topic(cloud, id_) or found(lambda: client.get_event_source_mapping(UUID=id_))
        if answer is None or answer.get("State") == "Deleting":
            return None
        properties = {name: lowered(answer[raised_name(name)]) for name in self.settings if raised_name(name) in answer}
        destination = properties.pop("destinationConfig", None) or {}
        if where := destination.get("onFailure", {}).get("destination"):
            properties["destinationConfig"] = {"onFailure": {"destinationArn": where}}
        function = answer.get("FunctionArn") or answer["FunctionName"]
        status = answer.get("State", "Enabled")
        return {
            **properties,
            "enabled": status in ("Enabled", "Enabling"),
            "functionName": function,
            "arn": cloud.arn("lambda", f"event-source-mapping:{id_}"),
            "functionArn": function,
            "lastModified": str(answer.get("LastModified", "")),
            "state": status,
            "stateTransitionReason": str(answer.get("StateTransitionReason", "")),
            "uuid": id_,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change what changed; AWS checks all of it again."""
        _check(cloud, new, "UpdateEventSourceMapping")
        if _kind(new) == "kafka":
            _OF_TOPICS.put(cloud, id_, _arguments(new))
            return
        defaults = {**self.defaults, "batchSize": _BATCH_SIZES[_kind(new)].default, **_NOTHING}
        given = {name: new[name] if new.get(name) is not None else defaults.get(name) for name in changed}
        cloud.client("lambda").update_event_source_mapping(UUID=id_, **_arguments(given))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the mapping."""
        if _kind(state) == "kafka":
            _OF_TOPICS.delete(cloud, id_)
            return
        with gone_is_fine():
            cloud.client("lambda").delete_event_source_mapping(UUID=id_)

    def _refuse_second(self, cloud: Cloud, inputs: Properties) -> None:
        """One mapping for each source and function (ESM-ONE-1)."""
        source, function = inputs["eventSourceArn"], _function_name(inputs)
        answer = cloud.client("lambda").list_event_source_mappings(EventSourceArn=source)
        for other in answer["EventSourceMappings"]:
            if other["FunctionArn"].rpartition(":")[2] == function and other.get("State") != "Deleting":
                message = (
                    f'The event source arn (" {source} ") and function (" {function} ") provided mapping already '
                    f"exists. Please update or delete the existing mapping with UUID {other['UUID']}"
                )
                raise refusal("ResourceConflictException", message, "CreateEventSourceMapping")


_NOTHING = {
    "destinationConfig": {"onFailure": {"destinationArn": ""}},
    "filterCriteria": {"filters": []},
    "functionResponseTypes": [],
    "provisionedPollerConfig": {},
    "scalingConfig": {},
}
"""How an update says that a setting is taken away."""


def _kind(inputs: Properties) -> SourceKind:
    service = str(inputs["eventSourceArn"]).split(":")[2]
    if service not in _KINDS:
        message = f"Unsupported event source ARN: {inputs['eventSourceArn']}"
        raise refusal(_INVALID, message, "CreateEventSourceMapping")
    return _KINDS[service]


def _function_name(inputs: Properties) -> str:
    return str(inputs["functionName"]).rpartition(":")[2]


def _arguments(inputs: Properties) -> dict[str, Any]:
    arguments = {raised_name(name): raised(value) for name, value in inputs.items() if value is not None}
    destination = (inputs.get("destinationConfig") or {}).get("onFailure", {}).get("destinationArn")
    if destination is not None:
        arguments["DestinationConfig"] = {"OnFailure": {"Destination": destination}}
    return arguments


def _kept_topic(cloud: Cloud, id_: str) -> dict[str, Any] | None:
    kept = _OF_TOPICS.get(cloud, id_)
    return None if kept is None else {**kept, "State": "Enabled" if kept.get("Enabled", True) else "Disabled"}


def _check(cloud: Cloud, inputs: Properties, operation: str) -> None:
    """Refuse what AWS refuses, by the rules that the model follows.

    Raises:
        ClientError: with AWS's code, and its message where it is known.
    """
    kind = _kind(inputs)
    with _as_client_error(operation):
        foreign = sorted(name for name in FOREIGN_SETTINGS[kind] if inputs.get(name) not in (None, [], {}, False))
        if foreign:
            message = f"Unsupported parameter for event source type: {foreign[0]} ({SOURCES[kind]})"
            raise refusal(_INVALID, message, operation)
        types = inputs.get("functionResponseTypes") or []
        if unknown := [each for each in types if each != REPORT]:
            message = f"Value '{unknown}' at 'functionResponseTypes' failed to satisfy constraint: [{REPORT}]"
            raise refusal("ValidationException", f"1 validation error detected: {message}", operation)
        timeout = _function_timeout(cloud, _function_name(inputs), operation)
        checkers = {"sqs": _check_queue, "kinesis": _check_stream, "dynamodb": _check_stream, "kafka": _check_topic}
        checkers[kind](cloud, inputs, timeout, operation)


def _function_timeout(cloud: Cloud, name: str, operation: str) -> int:
    client = cloud.client("lambda")
    configuration = found(lambda: client.get_function_configuration(FunctionName=name))
    if configuration is None:
        raise refusal("ResourceNotFoundException", f"Function does not exist: {name}", operation)
    return int(configuration["Timeout"])


@contextlib.contextmanager
def _as_client_error(operation: str) -> Iterator[None]:
    try:
        yield
    except DeploymentRefusedError as error:
        raise refusal(error.code, error.aws_message, operation) from error


def _common(inputs: Properties) -> dict[str, Any]:
    return {
        "name": "mapping",
        "function": _function_name(inputs),
        "report_batch_item_failures": REPORT in (inputs.get("functionResponseTypes") or []),
    }


def _optional(inputs: Properties, **names: str) -> dict[str, Any]:
    """Fields of a configuration, from inputs that are set."""
    return {field: inputs[name] for field, name in names.items() if inputs.get(name) is not None}


def _check_queue(cloud: Cloud, inputs: Properties, timeout: int, operation: str) -> None:
    source = str(inputs["eventSourceArn"])
    name = source.rpartition(":")[2]
    sqs = cloud.client("sqs")
    url = found(lambda: sqs.get_queue_url(QueueName=name))
    if url is None:
        message = (
            f"Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue ({source})"
        )
        raise refusal(_INVALID, message, operation)
    attributes = sqs.get_queue_attributes(QueueUrl=url["QueueUrl"], AttributeNames=["VisibilityTimeout"])["Attributes"]
    pollers = inputs.get("provisionedPollerConfig")
    provisioned = SqsProvisionedMode(**_pollers(pollers)) if pollers else None
    SqsMappingConfig(
        **_common(inputs),
        **_optional(inputs, batch_size="batchSize", window_seconds="maximumBatchingWindowInSeconds"),
        maximum_concurrency=(inputs.get("scalingConfig") or {}).get("maximumConcurrency"),
        provisioned=provisioned,
    ).check_settings(int(attributes["VisibilityTimeout"]), timeout, fifo=name.endswith(".fifo"))


def _pollers(given: Properties) -> dict[str, Any]:
    return _optional(given, minimum="minimumPollers", maximum="maximumPollers")


def _check_stream(_cloud: Cloud, inputs: Properties, _timeout: int, _operation: str) -> None:
    positions = STREAM_POSITIONS if _kind(inputs) == "kinesis" else TABLE_STREAM_POSITIONS
    StreamMappingConfig(
        **_common(inputs),
        **_optional(
            inputs,
            batch_size="batchSize",
            window_seconds="maximumBatchingWindowInSeconds",
            parallelization_factor="parallelizationFactor",
            maximum_retry_attempts="maximumRetryAttempts",
            maximum_record_age_seconds="maximumRecordAgeInSeconds",
            bisect="bisectBatchOnFunctionError",
            tumbling_window_seconds="tumblingWindowInSeconds",
            starting_position="startingPosition",
        ),
    ).check_settings(str(inputs["eventSourceArn"]), positions)


def _check_topic(_cloud: Cloud, inputs: Properties, timeout: int, operation: str) -> None:
    topics = inputs.get("topics") or []
    if len(topics) != 1:
        raise refusal(_INVALID, "Topics must have exactly one topic", operation)
    pollers = inputs.get("provisionedPollerConfig")
    group = (inputs.get("amazonManagedKafkaEventSourceConfig") or {}).get("consumerGroupId")
    KafkaMappingConfig(
        **_common(inputs),
        topic=topics[0],
        consumer_group=group,
        provisioned=KafkaProvisionedMode(**_pollers(pollers)) if pollers else None,
        **_optional(
            inputs,
            batch_size="batchSize",
            window_seconds="maximumBatchingWindowInSeconds",
            maximum_retry_attempts="maximumRetryAttempts",
            maximum_record_age_seconds="maximumRecordAgeInSeconds",
            bisect="bisectBatchOnFunctionError",
            starting_position="startingPosition",
        ),
    ).check(str(inputs["eventSourceArn"]), timeout)


TYPES = (EventSourceMappingType(),)
