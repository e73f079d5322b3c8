"""The inputs of what hands messages on: only a message that reaches it depends on them."""

from __future__ import annotations

from collections.abc import Mapping

from delivery_lab import resource_types
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.support import Refusal, Support

_TARGETS = Refusal("a queue, topic, function, stream or bus as the target")
_BROKERS = Refusal("a queue, a Kinesis stream or the stream of a table as the source")

_BATCH_OF_PIPE = ("batchSize", "maximumBatchingWindowInSeconds")
_RETRIES_OF_PIPE = (
    *("startingPosition", "parallelizationFactor", "maximumRetryAttempts", "maximumRecordAgeInSeconds"),
    *("onPartialBatchItemFailure", "deadLetterConfig.arn"),
)
"""What a pipe is told about a source that is a stream, besides its batches."""
_SOURCES_OF_PIPE = ("activemqBroker", "managedStreamingKafka", "rabbitmqBroker", "selfManagedKafka")
_TARGETS_OF_PIPE = (
    *("batchJob", "cloudwatchLogs", "ecsTask", "http", "redshiftData", "sagemakerPipeline"),
    "stepFunctionStateMachine",
)

FEEDS: Mapping[str, Support] = {
    resource_types.TOPIC_SUBSCRIPTION: Support(
        modelled=frozenset(
            {"topic", "protocol", "endpoint", "filterPolicy", "filterPolicyScope", "rawMessageDelivery"}
            | {"redrivePolicy"}
        ),
        # For other protocols than queues and functions.
        harmless=frozenset(
            ["confirmationTimeoutInMinutes", "deliveryPolicy", "endpointAutoConfirms", "subscriptionRoleArn"]
        ),
        refused={"replayPolicy": Refusal("messages that are published during the run")},
    ),
    resource_types.BUCKET_NOTIFICATION: Support(
        modelled=frozenset(
            {"bucket", "eventbridge"}
            | {
                f"{block}.{name}"
                for block in ("queues", "topics", "lambdaFunctions")
                for name in ("events", "filterPrefix", "filterSuffix", "id")
            }
            | {"queues.queueArn", "topics.topicArn", "lambdaFunctions.lambdaFunctionArn"}
        ),
    ),
    resource_types.SCHEDULE: Support(
        modelled=frozenset(
            {"scheduleExpression", "scheduleExpressionTimezone", "state", "startDate", "endDate"}
            | {"flexibleTimeWindow.mode", "flexibleTimeWindow.maximumWindowInMinutes"}
            | {"target.arn", "target.roleArn", "target.input", "target.deadLetterConfig.arn"}
            | {"target.retryPolicy.maximumRetryAttempts", "target.retryPolicy.maximumEventAgeInSeconds"}
            | {"target.sqsParameters.messageGroupId", "target.kinesisParameters.partitionKey"}
            | {"target.eventbridgeParameters.source", "target.eventbridgeParameters.detailType"}
        ),
        harmless=frozenset(["groupName", "kmsKeyArn", "actionAfterCompletion"]),
        refused=dict.fromkeys(("target.ecsParameters", "target.sagemakerPipelineParameters"), _TARGETS),
    ),
    resource_types.PIPE: Support(
        modelled=frozenset(
            {"source", "target", "roleArn", "desiredState", "sourceParameters.filterCriteria.filters.pattern"}
            | {f"sourceParameters.sqsQueueParameters.{name}" for name in _BATCH_OF_PIPE}
            | {
                f"sourceParameters.{block}.{name}"
                for block in ("kinesisStreamParameters", "dynamodbStreamParameters")
                for name in (*_BATCH_OF_PIPE, *_RETRIES_OF_PIPE)
            }
            | {"sourceParameters.kinesisStreamParameters.startingPositionTimestamp"}
            | {"targetParameters.inputTemplate", "targetParameters.lambdaFunctionParameters.invocationType"}
            | {f"targetParameters.sqsQueueParameters.message{name}Id" for name in ("Group", "Deduplication")}
            | {f"targetParameters.eventbridgeEventBusParameters.{name}" for name in ("source", "detailType")}
            | {"targetParameters.kinesisStreamParameters.partitionKey"}
        ),
        harmless=frozenset(["logConfiguration.*", "kmsKeyIdentifier"]),
        refused={
            "enrichment": Refusal("no enrichment"),
            "enrichmentParameters": Refusal("no enrichment"),
            **dict.fromkeys((f"sourceParameters.{name}Parameters" for name in _SOURCES_OF_PIPE), _BROKERS),
            **dict.fromkeys((f"targetParameters.{name}Parameters" for name in _TARGETS_OF_PIPE), _TARGETS),
            **dict.fromkeys(
                (
                    f"targetParameters.eventbridgeEventBusParameters.{name}"
                    for name in ("endpointId", "resources", "time")
                ),
                Refusal("source and detailType of the events alone"),
            ),
        },
    ),
    resource_types.EVENT_TARGET: Support(
        modelled=frozenset(
            {
                "rule",
                "eventBusName",
                "targetId",
                "arn",
                "roleArn",
                "input",
                "inputPath",
                "inputTransformer.inputPaths.*",
            }
            | {"inputTransformer.inputTemplate", "deadLetterConfig.arn", "retryPolicy.maximumRetryAttempts"}
            | {"retryPolicy.maximumEventAgeInSeconds", "sqsTarget.messageGroupId", "kinesisTarget.partitionKeyPath"}
        ),
        harmless=frozenset(["forceDestroy"]),
        refused=dict.fromkeys(
            (
                "appsyncTarget",
                "batchTarget",
                "ecsTarget",
                "httpTarget",
                "redshiftTarget",
                "runCommandTargets",
                "sagemakerPipelineTarget",
            ),
            _TARGETS,
        ),
    ),
}
"""By type; see `delivery_lab.stack.support`."""


def feed_problem(stack: Stack, resource: StackResource) -> str:
    """Why a message that reaches a resource ends the run; "" if it does not."""
    problems = list(stack.refused_inputs(resource, FEEDS[resource.type]))
    lines = "\n".join(f"  {problem}" for problem in problems)
    return f"a message reaches {resource.name}, which uses what is not modelled:\n{lines}" if problems else ""
