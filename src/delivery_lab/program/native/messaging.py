"""What feeds functions, as aws-native names it: SQS, SNS, Kinesis, DynamoDB, MSK, EventBridge and S3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.native.native_type import (
    InnerResource,
    NativeType,
    Shape,
    Values,
    as_text,
    each_renamed,
    in_parts,
    listed,
    member,
    renamed,
    with_names,
    within,
)

_QUEUE = NativeType(
    resource_types.QUEUE,
    inputs={
        "queueName": "name",
        "visibilityTimeout": "visibilityTimeoutSeconds",
        "messageRetentionPeriod": "messageRetentionSeconds",
        "receiveMessageWaitTimeSeconds": "receiveWaitTimeSeconds",
        "maximumMessageSize": "maxMessageSize",
        "redrivePolicy": as_text("redrivePolicy"),
        "redriveAllowPolicy": as_text("redriveAllowPolicy"),
    },
    outputs={"queueUrl": "url"},
    physical_id="url",
)


def _policies(name: str, type_token: str, target: str) -> NativeType:
    """One policy for several queues or topics is a resource for each in pulumi-aws."""

    def parts(inputs: Values, _: Values) -> Iterator[InnerResource]:
        policy = as_text("policy")(inputs.get("policyDocument", UNKNOWN))
        held = inputs.get(name)
        for number, one in enumerate(held if isinstance(held, list) else [UNKNOWN]):
            yield InnerResource(type_token, f"policy-{number}", {target: one, **policy})

    return NativeType("", parts=parts)


def _of_topic(inputs: Values, outputs: Values) -> Iterator[InnerResource]:
    for number, one in enumerate(listed(inputs.get("subscription"))):
        held = one if isinstance(one, Mapping) else {"protocol": UNKNOWN, "endpoint": UNKNOWN}
        yield InnerResource(
            resource_types.TOPIC_SUBSCRIPTION,
            f"subscription-{number}",
            {"topic": outputs.get("arn", UNKNOWN), **held},
        )


_TOPIC = NativeType(
    resource_types.TOPIC,
    inputs={"topicName": "name", "subscription": in_parts},
    outputs={"topicArn": "arn"},
    parts=_of_topic,
    physical_id="arn",
)
_SUBSCRIPTION = NativeType(
    resource_types.TOPIC_SUBSCRIPTION,
    inputs={
        "topicArn": "topic",
        "filterPolicy": as_text("filterPolicy"),
        "redrivePolicy": as_text("redrivePolicy"),
        "deliveryPolicy": as_text("deliveryPolicy"),
        "replayPolicy": as_text("replayPolicy"),
    },
)


def _keys(value: Any) -> Values:
    """Keys by what they are for: HASH and RANGE."""
    if not isinstance(value, list):
        return {"hashKey": value}
    by_type = {entry.get("keyType"): entry.get("attributeName") for entry in value if isinstance(entry, Mapping)}
    return {"hashKey": by_type.get("HASH", UNKNOWN), "rangeKey": by_type.get("RANGE")}


def _indexes(name: str) -> Shape:
    """Secondary indexes, whose keys and projection are objects here."""
    index = NativeType(
        "",
        {
            "indexName": "name",
            "keySchema": _keys,
            "projection": within({"projectionType": "projectionType", "nonKeyAttributes": "nonKeyAttributes"}),
            "provisionedThroughput": _throughput,
        },
    )

    def change(value: Any) -> Values:
        if not isinstance(value, list):
            return {name: value}
        return {name: [index.classic(entry) if isinstance(entry, Mapping) else entry for entry in value]}

    return change


_throughput = within({"readCapacityUnits": "readCapacity", "writeCapacityUnits": "writeCapacity"})


def _stream_of_table(value: Any) -> Values:
    """A table has a stream where it says which view."""
    return {"streamEnabled": True, "streamViewType": member(value, "streamViewType")}


def _encryption(value: Any) -> Values:
    """Encryption at rest; pulumi-aws knows none but that by KMS."""
    if not isinstance(value, Mapping):
        return {"serverSideEncryption": value}
    found = {"enabled": value.get("sseEnabled"), "kmsKeyArn": value.get("kmsMasterKeyId")}
    return {"serverSideEncryption": {name: held for name, held in found.items() if held is not None}}


_TABLE = NativeType(
    resource_types.TABLE,
    inputs={
        "tableName": "name",
        "attributeDefinitions": each_renamed("attributes", {"attributeName": "name", "attributeType": "type"}),
        "keySchema": _keys,
        "globalSecondaryIndexes": _indexes("globalSecondaryIndexes"),
        "localSecondaryIndexes": _indexes("localSecondaryIndexes"),
        "provisionedThroughput": _throughput,
        "streamSpecification": _stream_of_table,
        "timeToLiveSpecification": "ttl",
        "pointInTimeRecoverySpecification": renamed("pointInTimeRecovery", {"pointInTimeRecoveryEnabled": "enabled"}),
        "sseSpecification": _encryption,
    },
    physical_id="name",
)


def _target(entry: Any) -> dict[str, Any]:
    """A target of a rule, which is a resource of its own in pulumi-aws."""
    if not isinstance(entry, Mapping):
        return {"arn": UNKNOWN}
    names = {"id": "targetId", "sqsParameters": "sqsTarget", "kinesisParameters": "kinesisTarget"}
    found = dict(with_names(entry, names))
    if "inputTransformer" in found:
        found["inputTransformer"] = with_names(found["inputTransformer"], {"inputPathsMap": "inputPaths"})
    return found


def _of_rule(inputs: Values, outputs: Values) -> Iterator[InnerResource]:
    bus = {"eventBusName": inputs["eventBusName"]} if "eventBusName" in inputs else {}
    for number, entry in enumerate(listed(inputs.get("targets"))):
        held = {"rule": outputs.get("name", UNKNOWN), **bus, **_target(entry)}
        yield InnerResource(resource_types.EVENT_TARGET, f"target-{number}", held)


_RULE = NativeType(
    resource_types.EVENT_RULE,
    inputs={"eventPattern": as_text("eventPattern"), "targets": in_parts},
    outputs={"ruleName": "name"},
    parts=_of_rule,
    physical_id="arn",
)


def _versioning(value: Any) -> Values:
    status = member(value, "status")
    return {"versioning": {"enabled": UNKNOWN if status is UNKNOWN else status == "Enabled"}}


_NOTIFIED = {
    "queueConfigurations": ("queues", "queue", "queueArn"),
    "topicConfigurations": ("topics", "topic", "topicArn"),
    "lambdaConfigurations": ("lambdaFunctions", "function", "lambdaFunctionArn"),
}


def _notified(entry: Any, target: str, arn: str) -> dict[str, Any]:
    """One configuration of a bucket's notification."""
    if not isinstance(entry, Mapping):
        return {arn: UNKNOWN, "events": [UNKNOWN]}
    found = {arn: entry.get(target), "events": [entry.get("event")]}
    if "filter" in entry:
        rules = member(member(entry["filter"], "s3Key"), "rules")
        if not isinstance(rules, list):
            return {**found, "filterPrefix": UNKNOWN, "filterSuffix": UNKNOWN}
        for rule in rules:
            name = member(rule, "name")
            if isinstance(name, str):
                found[f"filter{name.capitalize()}"] = member(rule, "value")
    return found


def _of_bucket(inputs: Values, outputs: Values) -> Iterator[InnerResource]:
    held = inputs.get("notificationConfiguration")
    if held is None:
        return
    found: dict[str, Any] = {"bucket": outputs.get("bucket", UNKNOWN)}
    if not isinstance(held, Mapping):
        yield InnerResource(resource_types.BUCKET_NOTIFICATION, "notification", {**found, "queues": UNKNOWN})
        return
    for name, (block, target, arn) in _NOTIFIED.items():
        found[block] = [_notified(entry, target, arn) for entry in listed(held.get(name))]
    bridge = held.get("eventBridgeConfiguration")
    if bridge is not None:
        enabled = member(bridge, "eventBridgeEnabled")
        found["eventbridge"] = True if enabled is None else enabled
    yield InnerResource(resource_types.BUCKET_NOTIFICATION, "notification", found)


_BUCKET = NativeType(
    resource_types.BUCKET,
    inputs={
        "bucketName": "bucket",
        "bucketNamePrefix": "bucketPrefix",
        "notificationConfiguration": in_parts,
        "versioningConfiguration": _versioning,
    },
    outputs={"domainName": "bucketDomainName", "regionalDomainName": "bucketRegionalDomainName"},
    parts=_of_bucket,
    physical_id="bucket",
)


def _client_authentication(value: Any) -> Values:
    """How clients of brokers sign in: an object for each way here, a switch in pulumi-aws."""
    if not isinstance(value, Mapping):
        return {"clientAuthentication": value}
    found = {name: held for name, held in value.items() if name == "tls"}
    sasl = value.get("sasl")
    if sasl is not None:
        ways = {name: member(member(sasl, name), "enabled") for name in ("iam", "scram")}
        found["sasl"] = {name: held for name, held in ways.items() if held is not None}
    if "unauthenticated" in value:
        found["unauthenticated"] = member(value["unauthenticated"], "enabled")
    return {"clientAuthentication": found}


def _logs_of_brokers(value: Any) -> Values:
    logs = with_names(member(value, "brokerLogs"), {"cloudWatchLogs": "cloudwatchLogs"})
    return {"loggingInfo": {"brokerLogs": logs}}


_BROKERS = ("bootstrapBrokers", "bootstrapBrokersTls", "bootstrapBrokersSaslScram", "bootstrapBrokersSaslIam")

MESSAGING_TYPES: Mapping[str, NativeType] = MappingProxyType(
    {
        "aws-native:sqs:Queue": _QUEUE,
        "aws-native:sqs:QueuePolicy": _policies("queues", resource_types.QUEUE_POLICY, "queueUrl"),
        "aws-native:sqs:QueueInlinePolicy": NativeType(
            resource_types.QUEUE_POLICY, inputs={"queue": "queueUrl", "policyDocument": as_text("policy")}
        ),
        "aws-native:sns:Topic": _TOPIC,
        "aws-native:sns:Subscription": _SUBSCRIPTION,
        "aws-native:sns:TopicPolicy": _policies("topics", resource_types.TOPIC_POLICY, "arn"),
        "aws-native:sns:TopicInlinePolicy": NativeType(
            resource_types.TOPIC_POLICY, inputs={"topicArn": "arn", "policyDocument": as_text("policy")}
        ),
        "aws-native:kinesis:Stream": NativeType(
            resource_types.STREAM,
            inputs={
                "retentionPeriodHours": "retentionPeriod",
                "streamEncryption": within({"encryptionType": "encryptionType", "keyId": "kmsKeyId"}),
                "maxRecordSizeInKiB": "maxRecordSizeInKib",
                "desiredShardLevelMetrics": "shardLevelMetrics",
            },
            physical_id="name",
        ),
        "aws-native:kinesis:StreamConsumer": NativeType(
            resource_types.STREAM_CONSUMER,
            inputs={"consumerName": "name"},
            outputs={"consumerArn": "arn", "consumerCreationTimestamp": "creationTimestamp"},
        ),
        "aws-native:dynamodb:Table": _TABLE,
        "aws-native:msk:Cluster": NativeType(
            resource_types.MSK_CLUSTER,
            inputs={"clientAuthentication": _client_authentication, "loggingInfo": _logs_of_brokers},
            lacks=frozenset({"clusterUuid", *_BROKERS}),
        ),
        "aws-native:msk:ServerlessCluster": NativeType(
            resource_types.MSK_SERVERLESS_CLUSTER, lacks=frozenset({"clusterUuid", *_BROKERS})
        ),
        "aws-native:events:EventBus": NativeType(resource_types.EVENT_BUS, physical_id="name"),
        "aws-native:events:Rule": _RULE,
        "aws-native:s3:Bucket": _BUCKET,
        "aws-native:s3:BucketPolicy": NativeType(
            resource_types.BUCKET_POLICY, inputs={"policyDocument": as_text("policy")}
        ),
    }
)
