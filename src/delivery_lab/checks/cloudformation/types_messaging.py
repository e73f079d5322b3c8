"""SQS, SNS and Kinesis in CloudFormation's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery_lab import resource_types
from delivery_lab.checks.cloudformation.resource_type import ResourceType
from delivery_lab.checks.cloudformation.shapes import (
    PLACEHOLDER,
    an_object,
    document,
    fields,
    listed,
    plain,
    redrive_policy,
    tag_list,
    text,
    to,
)

# The provider writes it as false where there is no FIFO, and does not send it then.
_DEDUPLICATION = to("ContentBasedDeduplication", unset=(False,))

_QUEUE = ResourceType(
    "AWS::SQS::Queue",
    fields(
        same="deduplicationScope delaySeconds fifoQueue fifoThroughputLimit kmsDataKeyReusePeriodSeconds kmsMasterKeyId"
        " sqsManagedSseEnabled",
        other={
            "contentBasedDeduplication": _DEDUPLICATION,
            "maxMessageSize": "MaximumMessageSize",
            "messageRetentionSeconds": "MessageRetentionPeriod",
            "name": "QueueName",
            "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
            "redriveAllowPolicy": to("RedriveAllowPolicy", document),
            "redrivePolicy": to("RedrivePolicy", redrive_policy),
            "tags": to("Tags", tag_list),
            "visibilityTimeoutSeconds": "VisibilityTimeout",
        },
        left_out="namePrefix policy region",
    ),
)

_QUEUE_POLICY = ResourceType(
    "AWS::SQS::QueuePolicy",
    fields(
        other={
            "policy": to("PolicyDocument", document),
            "queueUrl": to("Queues", lambda url, spot: [plain(url, spot)]),
        },
        left_out="region",
    ),
)

_TOPIC = ResourceType(
    "AWS::SNS::Topic",
    fields(
        same="displayName fifoThroughputScope fifoTopic kmsMasterKeyId maximumMessageSize tracingConfig",
        other={
            "contentBasedDeduplication": _DEDUPLICATION,
            "archivePolicy": to("ArchivePolicy", document),
            "name": "TopicName",
            "signatureVersion": to("SignatureVersion", text),
            "tags": to("Tags", tag_list),
        },
        left_out="applicationFailureFeedbackRoleArn applicationSuccessFeedbackRoleArn"
        " applicationSuccessFeedbackSampleRate deliveryPolicy firehoseFailureFeedbackRoleArn"
        " firehoseSuccessFeedbackRoleArn firehoseSuccessFeedbackSampleRate httpFailureFeedbackRoleArn"
        " httpSuccessFeedbackRoleArn httpSuccessFeedbackSampleRate lambdaFailureFeedbackRoleArn"
        " lambdaSuccessFeedbackRoleArn lambdaSuccessFeedbackSampleRate namePrefix policy region"
        " sqsFailureFeedbackRoleArn sqsSuccessFeedbackRoleArn sqsSuccessFeedbackSampleRate",
    ),
)

_TOPIC_POLICY = ResourceType(
    "AWS::SNS::TopicPolicy",
    fields(
        other={"arn": to("Topics", lambda arn, spot: [plain(arn, spot)]), "policy": to("PolicyDocument", document)},
        left_out="region",
    ),
)

_SUBSCRIPTION = ResourceType(
    "AWS::SNS::Subscription",
    fields(
        same="endpoint filterPolicyScope protocol rawMessageDelivery subscriptionRoleArn",
        other={
            "deliveryPolicy": to("DeliveryPolicy", document),
            "filterPolicy": to("FilterPolicy", document),
            "redrivePolicy": to("RedrivePolicy", document),
            "replayPolicy": to("ReplayPolicy", document),
            "topic": "TopicArn",
        },
        left_out="confirmationTimeoutInMinutes endpointAutoConfirms region",
    ),
)


def _meaningless(inputs: Mapping[str, Any]) -> frozenset[str]:
    """Without encryption the provider does not send the key."""
    return frozenset(("kmsKeyId",)) if inputs.get("encryptionType", "NONE") == "NONE" else frozenset()


_STREAM = ResourceType(
    "AWS::Kinesis::Stream",
    fields(
        same="name",
        other={
            "encryptionType": to("StreamEncryption.EncryptionType", unset=("NONE",)),
            "kmsKeyId": "StreamEncryption.KeyId",
            "maxRecordSizeInKib": "MaxRecordSizeInKiB",
            "retentionPeriod": "RetentionPeriodHours",
            "shardCount": to("ShardCount", unset=(0,)),
            "shardLevelMetrics": to("DesiredShardLevelMetrics", listed(plain)),
            "streamModeDetails": to("StreamModeDetails", an_object(fields(same="streamMode"))),
            "tags": to("Tags", tag_list),
            "warmThroughputMibPs": "WarmThroughputMiBps",
        },
        left_out="arn enforceConsumerDeletion region",
    ),
    left_out=_meaningless,
)

_STREAM_CONSUMER = ResourceType(
    "AWS::Kinesis::StreamConsumer",
    fields(
        other={"name": "ConsumerName", "streamArn": "StreamARN", "tags": to("Tags", tag_list)},
        left_out="region",
    ),
    defaults={"ConsumerName": PLACEHOLDER},
)

TYPES: Mapping[str, ResourceType] = {
    resource_types.STREAM: _STREAM,
    resource_types.STREAM_CONSUMER: _STREAM_CONSUMER,
    resource_types.TOPIC: _TOPIC,
    resource_types.TOPIC_POLICY: _TOPIC_POLICY,
    resource_types.TOPIC_SUBSCRIPTION: _SUBSCRIPTION,
    resource_types.QUEUE: _QUEUE,
    resource_types.QUEUE_POLICY: _QUEUE_POLICY,
}
