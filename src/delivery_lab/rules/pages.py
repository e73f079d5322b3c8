"""Which page of documentation was compared with the rules that cite it, when, and how much of it could be read.

A rule that is documented stands or falls with its page, and pages change. Whoever reads one again writes the day here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from delivery_lab.rules.rule import (
    EVENTS_API,
    EVENTS_GUIDE,
    LAMBDA_API,
    LAMBDA_GUIDE,
    S3_GUIDE,
    SCHEDULER_API,
    SCHEDULER_GUIDE,
    SNS_API,
    SNS_GUIDE,
    SQS_API,
    SQS_GUIDE,
    Rule,
)


class Seen(StrEnum):
    """How much of a page was read."""

    WHOLE = "whole page, in a stored copy"
    """A copy that names the page's address; the live page was not opened."""
    API_MODEL = "text of botocore's service model"
    """botocore 1.44.5 ships the text that the page of the API reference shows."""
    REPOSITORY = "whole page, as AWS's public repository of its guides had it in June 2023"
    """The text of the page in the repository that AWS kept until then; what the page says since was not compared."""
    BEGINNING = "beginning only"
    """A stored copy of which only the beginning could be had: what it says further down was not compared."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its last reading.

    Attributes:
        url: its address, without a place within it.
        read_on: the day on which it was compared with the rules that cite it.
        seen: how much of it was read.
    """

    url: str
    read_on: date
    seen: Seen


_READ_ON = date(2026, 11, 27)
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/"
_KINESIS = "https://docs.aws.amazon.com/kinesis/latest/APIReference/"
_STREAMS = "https://docs.aws.amazon.com/streams/latest/dev/"
_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
_BLOG = "https://aws.amazon.com/blogs/compute/"

_WHOLE = (
    *(
        f"{LAMBDA_GUIDE}{name}.html"
        for name in (
            "chapter-layers",
            "configuration-memory",
            "configuration-timeout",
            "gettingstarted-limits",
            "invocation-async",
            "invocation-async-error-handling",
            "invocation-async-retain-records",
            "invocation-eventfiltering",
            "invocation-eventsourcemapping",
            "invocation-recursion",
            "kafka-consumer-group-id",
            "kafka-on-failure-destination",
            "kafka-retry-configurations",
            "kafka-scaling-modes",
            "kafka-starting-positions",
            "kinesis-on-failure-destination",
            "lambda-concurrency",
            "lambda-runtime-environment",
            "scaling-behavior",
            "services-kinesis-batchfailurereporting",
            "services-kinesis-parameters",
            "services-kinesis-windows",
            "services-sqs-configure",
            "services-sqs-errorhandling",
            "services-sqs-parameters",
            "services-sqs-scaling",
            "snapstart",
            "with-ddb",
            "with-kinesis",
            "with-msk-configure",
            "with-sqs",
            "with-sqs-filtering",
        )
    ),
    *(
        f"{SQS_GUIDE}{name}.html"
        for name in (
            "FIFO-queues-understanding-logic",
            "quotas-fifo",
            "quotas-queues",
            "setting-up-dead-letter-queue-retention",
            "sqs-configure-dead-letter-queue-redrive",
            "sqs-dead-letter-queues",
            "sqs-delay-queues",
            "sqs-fair-queues-detailed",
            "sqs-message-metadata",
            "sqs-visibility-timeout",
        )
    ),
    f"{_DYNAMODB}APIReference/API_StreamSpecification.html",
    f"{_DYNAMODB}developerguide/Expressions.ConditionExpressions.html",
    f"{_DYNAMODB}developerguide/Streams.html",
    *(f"{_STREAMS}{name}.html" for name in ("enhanced-consumers", "large-records", "service-sizes-and-limits")),
    *(
        f"{_GATEWAY}{name}.html"
        for name in (
            "http-api-develop-integrations-lambda",
            "http-api-develop-routes",
            "http-api-quotas",
            "http-api-throttling",
            "http-api-troubleshooting-lambda",
        )
    ),
)

_REPOSITORY = (
    f"{LAMBDA_GUIDE}functions-states.html",
    f"{LAMBDA_GUIDE}provisioned-concurrency.html",
    f"{LAMBDA_GUIDE}urls-configuration.html",
    f"{LAMBDA_GUIDE}urls-invocation.html",
    *(
        f"{EVENTS_GUIDE}eb-pipes-{name}.html"
        for name in (
            "batching-concurrency",
            "dynamodb",
            "error-troubleshooting",
            "input-transformation",
            "kinesis",
            "sqs",
        )
    ),
    *(
        f"{_GATEWAY}{name}.html"
        for name in (
            "api-gateway-api-integration-types",
            "api-gateway-integration-settings-integration-response",
            "api-gateway-mapping-template-reference",
            "api-gateway-request-throttling",
            "http-api-develop-integrations-aws-services",
            "http-api-develop-integrations-aws-services-reference",
            "integration-passthrough-behaviors",
            "limits",
            "models-mappings",
            "request-response-data-mappings",
            "set-up-lambda-proxy-integrations",
            "supported-gateway-response-types",
        )
    ),
    *(
        f"{_DYNAMODB}developerguide/{name}.html"
        for name in ("GSI", "HowItWorks.ReadWriteCapacityMode", "ProvisionedThroughput", "bp-partition-key-design")
    ),
)

_API_MODEL = (
    *(
        f"{SQS_API}API_{name}.html"
        for name in (
            "CancelMessageMoveTask",
            "ChangeMessageVisibility",
            "CreateQueue",
            "DeleteMessage",
            "ListQueues",
            "PurgeQueue",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
            "SetQueueAttributes",
            "StartMessageMoveTask",
        )
    ),
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html",
    *(
        f"{SNS_API}API_{name}.html"
        for name in ("CreateTopic", "Publish", "PublishBatch", "SetTopicAttributes", "Subscribe")
    ),
    "https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html",
    *(
        f"https://docs.aws.amazon.com/apigateway/latest/api/API_{name}.html"
        for name in ("CreateStage", "PutIntegration", "PutIntegrationResponse", "PutMethod")
    ),
    *(
        f"https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis{name}.html"
        for name in ("", "-apiid-integrations", "-apiid-stages")
    ),
    *(f"{SCHEDULER_API}API_{name}.html" for name in ("CreateSchedule", "FlexibleTimeWindow", "RetryPolicy", "Target")),
    *(
        f"{EVENTS_API}API_{name}.html"
        for name in ("CreateEventBus", "KinesisParameters", "PutEvents", "PutEventsRequestEntry")
    ),
    *(f"{EVENTS_API}API_{name}.html" for name in ("PutRule", "PutTargets", "Target")),
    *(
        f"{LAMBDA_API}API_{name}.html"
        for name in (
            "AddPermission",
            "AmazonManagedKafkaEventSourceConfig",
            "CreateAlias",
            "CreateEventSourceMapping",
            "CreateFunction",
            "Environment",
            "EventSourceMappingConfiguration",
            "Filter",
            "Invoke",
            "OnFailure",
            "ProvisionedPollerConfig",
            "PublishLayerVersion",
            "PutFunctionConcurrency",
            "PutFunctionEventInvokeConfig",
            "PutProvisionedConcurrencyConfig",
            "ScalingConfig",
            "UpdateEventSourceMapping",
        )
    ),
    *(
        f"{_KINESIS}API_{name}.html"
        for name in ("CreateStream", "GetRecords", "GetShardIterator", "IncreaseStreamRetentionPeriod", "PutRecord")
    ),
    *(
        f"{_DYNAMODB}APIReference/API_{name}.html"
        for name in (
            "BatchWriteItem",
            "CreateTable",
            "PutItem",
            "TransactWriteItems",
            "streams_AttributeValue",
            "streams_GetRecords",
            "streams_GetShardIterator",
            "UpdateItem",
        )
    ),
)

_BEGINNING = (
    f"{_GATEWAY}api-gateway-payload-encodings.html",
    f"{_BLOG}introducing-faster-polling-scale-up-for-aws-lambda-functions-configured-with-amazon-sqs/",
    f"{_BLOG}introducing-maximum-concurrency-of-aws-lambda-functions-when-using-amazon-sqs-as-an-event-source/",
    "https://docs.confluent.io/platform/current/clients/producer.html",
    "https://kafka.apache.org/documentation/",
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
    f"{LAMBDA_GUIDE}configuration-envvars.html",
    f"{LAMBDA_GUIDE}monitoring-concurrency.html",
    f"{LAMBDA_GUIDE}monitoring-metrics-types.html",
    f"{LAMBDA_GUIDE}using-aliases.html",
    f"{LAMBDA_GUIDE}with-sns.html",
    f"{SQS_GUIDE}sqs-available-cloudwatch-metrics.html",
    *(
        f"{SNS_GUIDE}{name}.html"
        for name in (
            "fifo-message-dedup",
            "fifo-message-delivery",
            "fifo-message-grouping",
            "fifo-topic-message-ordering",
            "sns-dead-letter-queues",
            "sns-enable-encryption-for-topic-sqs-queue-subscriptions",
            "sns-large-payload-raw-message-delivery",
            "sns-message-attributes",
            "sns-message-delivery-retries",
            "sns-subscription-filter-policies",
            "subscribe-sqs-queue-to-sns-topic",
            "subscription-filter-policy-constraints",
            "welcome",
        )
    ),
    *(
        f"{SCHEDULER_GUIDE}{name}.html"
        for name in ("configuring-schedule-dlq", "managing-schedule-context-attributes", "schedule-types")
    ),
    *(
        f"{EVENTS_GUIDE}{name}.html"
        for name in (
            "eb-create-pattern-operators",
            "eb-events-structure",
            "eb-putevents",
            "eb-rule-dlq",
            "eb-rule-retry-policy",
            "eb-rules",
            "eb-scheduled-rule-pattern",
            "eb-transform-target-input",
            "eb-use-resource-based",
        )
    ),
    *(
        f"{S3_GUIDE}{name}.html"
        for name in (
            "EventNotifications",
            "ev-events",
            "notification-content-structure",
            "notification-how-to-event-types-and-destinations",
            "notification-how-to-filtering",
        )
    ),
)

PAGES: Mapping[str, Page] = MappingProxyType(
    {
        url: Page(url, _READ_ON, seen)
        for seen, urls in (
            (Seen.WHOLE, _WHOLE),
            (Seen.REPOSITORY, _REPOSITORY),
            (Seen.API_MODEL, _API_MODEL),
            (Seen.BEGINNING, _BEGINNING),
        )
        for url in urls
    }
)
"""By address."""

_ADDRESS = re.compile(r"https://[^\s;,)#]+[^\s;,)#.]")
_DOCUMENTATION = (
    "https://docs.aws.amazon.com/",
    "https://aws.amazon.com/",
    "https://docs.confluent.io/",
    "https://kafka.apache.org/",
)


def pages_of(rule: Rule) -> tuple[str, ...]:
    """Addresses of the pages of documentation that a rule's source names, in the order in which it does."""
    named = (address.group() for address in _ADDRESS.finditer(rule.source))
    return tuple(dict.fromkeys(address for address in named if address.startswith(_DOCUMENTATION)))


def reading_of(rule: Rule) -> Page | None:
    """The last reading of the first page that a rule's source names, None where it names none that was read."""
    return next((PAGES[url] for url in pages_of(rule) if url in PAGES), None)
