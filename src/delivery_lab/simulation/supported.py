"""Which settings of which resource types the model knows (every other one is refused by name).

For a type that takes part in delivery each input is *modelled* (it changes what happens to messages, and the
model follows it), *without effect* on delivery (names, tags, permissions, encryption), or *refused*: it would change
the result, and the model does not know how. An input that is on no list is refused as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.program.config import SECRET
from delivery_lab.program.graph import UNKNOWN, Graph, Resource
from delivery_lab.simulation.events import INVOKE_CONFIG, RECURSION_CONFIG

QUEUE = "aws:sqs/queue:Queue"
REDRIVE_POLICY = "aws:sqs/redrivePolicy:RedrivePolicy"
REDRIVE_ALLOW_POLICY = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
FUNCTION = "aws:lambda/function:Function"
LAYER = "aws:lambda/layerVersion:LayerVersion"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
TABLE = "aws:dynamodb/table:Table"
HTTP_API = "aws:apigatewayv2/api:Api"
ROUTE = "aws:apigatewayv2/route:Route"
INTEGRATION = "aws:apigatewayv2/integration:Integration"
STAGE = "aws:apigatewayv2/stage:Stage"
STREAM = "aws:kinesis/stream:Stream"
MSK_CLUSTERS = ("aws:msk/cluster:Cluster", "aws:msk/serverlessCluster:ServerlessCluster")
MSK_CONFIGURATION = "aws:msk/configuration:Configuration"
TOPIC = "aws:sns/topic:Topic"
BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")

_EVERYWHERE = frozenset({"name", "namePrefix", "region", "tags", "tagsAll", "description"})


def _always(_: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that is refused.

    Attributes:
        nearest: what the model has instead.
        when: whether a value is refused; harmless values (false, the default) pass.
    """

    nearest: str
    when: Callable[[Any], bool] = bool


@dataclass(frozen=True, slots=True)
class Support:
    """What is known of one resource type."""

    modelled: frozenset[str]
    without_effect: frozenset[str]
    refused: Mapping[str, Refusal]


_LOCAL_CODE = Refusal("code in a local folder (pulumi.FileArchive)")

SUPPORT: Mapping[str, Support] = {
    QUEUE: Support(
        frozenset(
            {
                "visibilityTimeoutSeconds",
                "messageRetentionSeconds",
                "delaySeconds",
                "receiveWaitTimeSeconds",
                "maxMessageSize",
                "redrivePolicy",
                "fifoQueue",
                "contentBasedDeduplication",
                "deduplicationScope",
                "fifoThroughputLimit",
            }
        ),
        frozenset(
            {
                "policy",
                "redriveAllowPolicy",
                "kmsMasterKeyId",
                "kmsDataKeyReusePeriodSeconds",
                "sqsManagedSseEnabled",
            }
        ),
        {},
    ),
    FUNCTION: Support(
        frozenset(
            {
                "code",
                "handler",
                "timeout",
                "memorySize",
                "environment",
                "reservedConcurrentExecutions",
                "layers",
                "runtime",
                "deadLetterConfig",
            }
        ),
        frozenset(
            {
                "architectures",
                "codeSha256",
                "codeSigningConfigArn",
                "ephemeralStorage",
                "kmsKeyArn",
                "loggingConfig",
                "packageType",
                "publish",
                "replaceSecurityGroupsOnDestroy",
                "replacementSecurityGroupIds",
                "role",
                "skipDestroy",
                "sourceCodeHash",
                "tracingConfig",
                "useResourceTimeoutForPropagation",
                "vpcConfig",
            }
        ),
        {
            "imageUri": _LOCAL_CODE,
            "s3Bucket": _LOCAL_CODE,
            "s3Key": _LOCAL_CODE,
            "s3ObjectVersion": _LOCAL_CODE,
            "snapStart": Refusal("a cold start of fixed length (LAM-INIT-1)"),
            "fileSystemConfig": Refusal("files in the function's own folder"),
            "capacityProviderConfig": Refusal("a function on Lambda's own capacity"),
            "durableConfig": Refusal("an ordinary function"),
        },
    ),
    INVOKE_CONFIG: Support(
        frozenset(
            {"functionName", "qualifier", "destinationConfig", "maximumEventAgeInSeconds", "maximumRetryAttempts"}
        ),
        frozenset(),
        {},
    ),
    RECURSION_CONFIG: Support(frozenset({"functionName", "recursiveLoop"}), frozenset(), {}),
    MAPPING: Support(
        frozenset(
            {
                "functionName",
                "eventSourceArn",
                "batchSize",
                "maximumBatchingWindowInSeconds",
                "functionResponseTypes",
                "scalingConfig",
                "filterCriteria",
                "enabled",
                # Of streams and Kafka; AWS refuses them for a queue, and so does the deployment (ESM-KIND-1).
                "amazonManagedKafkaEventSourceConfig",
                "bisectBatchOnFunctionError",
                "destinationConfig",
                "maximumRecordAgeInSeconds",
                "maximumRetryAttempts",
                "parallelizationFactor",
                "provisionedPollerConfig",
                "selfManagedEventSource",
                "selfManagedKafkaEventSourceConfig",
                "startingPosition",
                "startingPositionTimestamp",
                "topics",
                "tumblingWindowInSeconds",
            }
        ),
        frozenset({"kmsKeyArn", "metricsConfig", "sourceAccessConfigurations", "useResourceTimeoutForPropagation"}),
        {
            "documentDbEventSourceConfig": Refusal("eventSourceArn of a queue, a stream or an MSK cluster"),
            "queues": Refusal("eventSourceArn of an SQS queue"),
        },
    ),
    STREAM: Support(
        frozenset({"shardCount", "retentionPeriod", "streamModeDetails", "maxRecordSizeInKib"}),
        frozenset({"arn", "encryptionType", "enforceConsumerDeletion", "kmsKeyId", "shardLevelMetrics"}),
        {},
    ),
    TABLE: Support(
        frozenset(
            {
                "attributes",
                "hashKey",
                "rangeKey",
                "globalSecondaryIndexes",
                "localSecondaryIndexes",
                "billingMode",
                "streamEnabled",
                "streamViewType",
            }
        ),
        frozenset(
            {
                "deletionProtectionEnabled",
                "onDemandThroughput",
                "pointInTimeRecovery",
                "serverSideEncryption",
                "tableClass",
                "ttl",  # lazy, so nothing may depend on it (DDB-TTL-1)
            }
        ),
        {
            "readCapacity": Refusal("billingMode PAY_PER_REQUEST"),
            "writeCapacity": Refusal("billingMode PAY_PER_REQUEST"),
            "replicas": Refusal("a table in one region"),
        },
    ),
}

CONSUMERS: Mapping[str, str] = {
    "aws:pipes/pipe:Pipe": "an event source mapping",
}
"""Types that take messages away from what is modelled: with them any result would be wrong."""

FEEDERS = frozenset(
    {
        "aws:apigateway/restApi:RestApi",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:lambda/functionUrl:FunctionUrl",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:scheduler/schedule:Schedule",
        "aws:sfn/stateMachine:StateMachine",
        "aws:sns/topicSubscription:TopicSubscription",
    }
)
"""Types that send messages by themselves. They are not simulated: a run contains what its workload sends."""


def check(graph: Graph) -> list[str]:
    """Refuse what would make a result wrong. Functions are not refused here, but when they are invoked.

    Returns:
        Notes on what is part of the stack and not simulated.

    Raises:
        NotModelledError: naming each setting that is not modelled, with what is nearest.
    """
    problems: list[str] = []
    notes: list[str] = []
    for resource in graph.resources.values():
        support = SUPPORT.get(resource.type)
        if resource.type == FUNCTION:
            continue
        if support is not None:
            problems.extend(_problems(resource, support))
        elif resource.type in CONSUMERS:
            problems.append(f"{resource.name} ({resource.type}); nearest: {CONSUMERS[resource.type]}")
        elif resource.type in FEEDERS:
            notes.append(f"{resource.name} ({resource.type}) is not simulated: only the workload sends messages")
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise NotModelledError(f"stack {graph.stack} uses what is not modelled:\n{lines}")
    return notes


def function_problems(resource: Resource) -> list[str]:
    """Why a function cannot be run: settings that are not modelled, code that is not Python or not here."""
    problems = _problems(resource, SUPPORT[FUNCTION])
    inputs = resource.inputs
    runtime = str(inputs.get("runtime") or "python")
    if not runtime.startswith("python"):
        problems.append(f"{resource.name}: runtime = {runtime!r}; nearest: a Python runtime")
    elif inputs.get("code") in (None, UNKNOWN) and not problems:
        problems.append(f"{resource.name}: has no code on this machine; nearest: {_LOCAL_CODE.nearest}")
    variables = (inputs.get("environment") or {}).get("variables") or {}
    problems.extend(
        f"{resource.name}: the environment variable {name} is known only after deployment; "
        "the lab computes ids, ARNs and URLs of the common resource types"
        for name, value in sorted(variables.items())
        if value is UNKNOWN
    )
    return problems


def _problems(resource: Resource, support: Support) -> list[str]:
    problems = []
    for name, value in resource.inputs.items():
        if value is None or name in support.modelled or name in support.without_effect or name in _EVERYWHERE:
            continue
        refusal = support.refused.get(name, Refusal("leave it out", _always))
        if refusal.when(value):
            shown = SECRET if name in resource.secret_inputs else repr(value)
            problems.append(f"{resource.name}: {name} = {shown}; nearest: {refusal.nearest}")
    return problems
