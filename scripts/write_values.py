"""Write what AWS's APIs take of single values into `delivery_lab/limits/values.json`: `python -m scripts.write_values`.

Lengths, patterns, lists and ranges stand in the service models that botocore ships, from which the pages of the API
references are made. What only a page says is written below, with the page.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from delivery_lab import resource_types
from delivery_lab.simulation.supported_feeds import FEEDS
from delivery_lab.simulation.supported_inputs import SUPPORT
from scripts.provider_inputs import paths_of

PAGE = Path(__file__).resolve().parent.parent / "src" / "delivery_lab" / "limits" / "values.json"
_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/api/"
_GATEWAY_V2 = "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/"
_SNS = "https://docs.aws.amazon.com/sns/latest/api/"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/"
_VIEWS = ["KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE"]
_METHODS = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


@dataclass(frozen=True, slots=True)
class Call:
    """The operation that creates resources of a type.

    Attributes:
        service: botocore's name of the service.
        operation: the operation.
        within: the members that the inputs stand in, such as `Targets`.
        renamed: inputs whose member has another name, by path.
    """

    service: str
    operation: str
    within: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


CALLS: Mapping[str, Call] = {
    resource_types.FUNCTION: Call("lambda", "CreateFunction", renamed={"name": "FunctionName"}),
    resource_types.ALIAS: Call("lambda", "CreateAlias"),
    resource_types.INVOKE_CONFIG: Call("lambda", "PutFunctionEventInvokeConfig"),
    resource_types.FUNCTION_URL: Call("lambda", "CreateFunctionUrlConfig"),
    resource_types.LAYER: Call("lambda", "PublishLayerVersion"),
    resource_types.PROVISIONED_CONCURRENCY: Call("lambda", "PutProvisionedConcurrencyConfig"),
    resource_types.RECURSION_CONFIG: Call("lambda", "PutFunctionRecursionConfig"),
    resource_types.MAPPING: Call("lambda", "CreateEventSourceMapping"),
    resource_types.STREAM: Call("kinesis", "CreateStream", renamed={"name": "StreamName"}),
    resource_types.TABLE: Call(
        "dynamodb",
        "CreateTable",
        renamed={
            "name": "TableName",
            "attributes": "AttributeDefinitions",
            "attributes.name": "AttributeName",
            "attributes.type": "AttributeType",
            "globalSecondaryIndexes.name": "IndexName",
            "localSecondaryIndexes.name": "IndexName",
        },
    ),
    resource_types.EVENT_BUS: Call("events", "CreateEventBus"),
    resource_types.EVENT_RULE: Call("events", "PutRule"),
    resource_types.EVENT_TARGET: Call(
        "events",
        "PutTargets",
        ("Targets",),
        {
            "targetId": "Id",
            "sqsTarget": "SqsParameters",
            "kinesisTarget": "KinesisParameters",
            "inputTransformer.inputPaths": "InputPathsMap",
        },
    ),
    resource_types.SCHEDULE: Call("scheduler", "CreateSchedule"),
    resource_types.PIPE: Call("pipes", "CreatePipe"),
    resource_types.HTTP_API: Call("apigatewayv2", "CreateApi"),
    resource_types.ROUTE: Call("apigatewayv2", "CreateRoute"),
    resource_types.INTEGRATION: Call("apigatewayv2", "CreateIntegration"),
    resource_types.STAGE: Call("apigatewayv2", "CreateStage"),
    resource_types.REST_API: Call("apigateway", "CreateRestApi"),
    resource_types.REST_METHOD: Call("apigateway", "PutMethod"),
    resource_types.REST_INTEGRATION: Call("apigateway", "PutIntegration"),
    resource_types.REST_INTEGRATION_RESPONSE: Call("apigateway", "PutIntegrationResponse"),
    resource_types.REST_STAGE: Call("apigateway", "CreateStage"),
    resource_types.BUCKET_NOTIFICATION: Call(
        "s3",
        "PutBucketNotificationConfiguration",
        ("NotificationConfiguration",),
        {
            "queues": "QueueConfigurations",
            "topics": "TopicConfigurations",
            "lambdaFunctions": "LambdaFunctionConfigurations",
        },
    ),
}

_NAME_OF_STAGE = {"pattern": r"\$default|[A-Za-z0-9_-]{1,128}"}
_ARN = {"pattern": "arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", "most": 1600}
_TARGET = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html"
_NOTIFICATION = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html"
DOCUMENTED: Mapping[str, Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    resource_types.TOPIC: {
        "name": (f"{_SNS}API_CreateTopic.html", {"pattern": r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo"}),
        "fifoThroughputScope": (f"{_SNS}API_CreateTopic.html", {"values": ["MessageGroup", "Topic"]}),
        "signatureVersion": (f"{_SNS}API_CreateTopic.html", {"values": ["1", "2"]}),
        "tracingConfig": (f"{_SNS}API_CreateTopic.html", {"values": ["Active", "PassThrough"]}),
    },
    resource_types.TOPIC_SUBSCRIPTION: {
        "protocol": (
            f"{_SNS}API_Subscribe.html",
            {
                "values": [
                    *("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
                ]
            },
        ),
        "topic": (f"{_SNS}API_Subscribe.html", _ARN),
        "filterPolicyScope": (f"{_SNS}API_Subscribe.html", {"values": ["MessageAttributes", "MessageBody"]}),
    },
    resource_types.EVENT_TARGET: dict.fromkeys(("arn", "deadLetterConfig.arn", "roleArn"), (_TARGET, _ARN)),
    resource_types.SCHEDULE: {
        "target.arn": ("https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html", _ARN),
    },
    resource_types.BUCKET_NOTIFICATION: dict.fromkeys(
        ("lambdaFunctions.lambdaFunctionArn", "queues.queueArn", "topics.topicArn"), (_NOTIFICATION, _ARN)
    ),
    resource_types.HTTP_API: {
        "name": (f"{_GATEWAY_V2}apis.html", {"least": 1, "most": 128}),
    },
    resource_types.INTEGRATION: {
        "payloadFormatVersion": (f"{_GATEWAY_V2}apis-apiid-integrations.html", {"values": ["1.0", "2.0"]}),
        "integrationSubtype": (f"{_GATEWAY_V2}apis-apiid-integrations.html", {"least": 1, "most": 128}),
        "integrationUri": (f"{_GATEWAY_V2}apis-apiid-integrations.html", {"least": 1, "most": 2048}),
    },
    resource_types.STAGE: {"name": (f"{_GATEWAY_V2}apis-apiid-stages.html", _NAME_OF_STAGE)},
    resource_types.TABLE: {
        "name": (f"{_DYNAMODB}API_CreateTable.html", {"pattern": "[a-zA-Z0-9_.-]{3,255}"}),
        "streamViewType": (f"{_DYNAMODB}API_StreamSpecification.html", {"values": _VIEWS}),
        **{
            f"{index}.projectionType": (f"{_DYNAMODB}API_Projection.html", {"values": ["ALL", "INCLUDE", "KEYS_ONLY"]})
            for index in ("globalSecondaryIndexes", "localSecondaryIndexes")
        },
    },
    resource_types.REST_STAGE: {
        "stageName": (f"{_GATEWAY}API_CreateStage.html", {"pattern": r"[A-Za-z0-9_-]{1,128}"}),
    },
    resource_types.REST_METHOD: {"httpMethod": (f"{_GATEWAY}API_PutMethod.html", {"values": _METHODS})},
    resource_types.REST_INTEGRATION: {
        "httpMethod": (f"{_GATEWAY}API_PutIntegration.html", {"values": _METHODS}),
        "passthroughBehavior": (
            f"{_GATEWAY}API_PutIntegration.html",
            {"values": ["NEVER", "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES"]},
        ),
    },
    resource_types.REST_INTEGRATION_RESPONSE: {
        "httpMethod": (f"{_GATEWAY}API_PutIntegrationResponse.html", {"values": _METHODS}),
    },
}
"""What no service model says: by type and path, the page and what it takes."""

ELSEWHERE = frozenset(
    {
        (resource_types.FUNCTION, "handler"),
        (resource_types.FUNCTION, "layers"),
        (resource_types.FUNCTION, "packageType"),
        (resource_types.FUNCTION, "environment.variables"),
        (resource_types.FUNCTION, "ephemeralStorage.size"),
        (resource_types.FUNCTION, "memorySize"),
        (resource_types.FUNCTION, "timeout"),
        (resource_types.FUNCTION, "role"),
        (resource_types.MAPPING, "eventSourceArn"),
    }
)
"""What is refused elsewhere, with more to say."""
NUMBERS_ELSEWHERE = frozenset({resource_types.MAPPING, resource_types.STREAM, resource_types.TABLE})


def _is_pythons(pattern: str) -> bool:
    """Whether Python reads a pattern, which is Java's: classes such as that of all letters it does not."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _is_refused(type_token: str, path: tuple[str, ...]) -> bool:
    """Whether the lab refuses an input, or a block around it, whatever its value is."""
    support = {**SUPPORT, **FEEDS}.get(type_token)
    above = {".".join(path[:length]) for length in range(1, len(path) + 1)}
    return support is not None and bool(above & set(support.refused))


def _constraints(shape: Mapping[str, Any]) -> dict[str, Any]:
    """What a shape takes, by the names of `delivery_lab.limits.values.Values`."""
    kind = shape["type"]
    found: dict[str, Any] = {}
    if kind == "string":
        if "enum" in shape:
            return {"values": sorted(shape["enum"])}
        least, most = shape.get("min", 0), shape.get("max")
        found = {name: value for name, value in (("least", least), ("most", most)) if value}
        if shape.get("pattern") not in (None, ".*") and _is_pythons(shape["pattern"]):
            found["pattern"] = shape["pattern"]
    elif kind in ("integer", "long", "double", "float"):
        found = {name: shape[given] for name, given in (("lowest", "min"), ("highest", "max")) if given in shape}
    return found


@dataclass(frozen=True, slots=True)
class Model:
    """The shapes of a service."""

    shapes: Mapping[str, Any]

    def member(self, shape: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
        """The shape of a member by its name in whatever case, through lists and maps; None if there is none."""
        while shape["type"] in ("list", "map"):
            shape = self.shapes[shape["member" if shape["type"] == "list" else "value"]["shape"]]
        named = {each.casefold(): member for each, member in shape.get("members", {}).items()}
        member = named.get(name.casefold()) or named.get(name.removesuffix("s").casefold())
        return None if member is None else self.shapes[member["shape"]]

    def keys(self, shape: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The shape of the keys of a map."""
        return self.shapes[shape["key"]["shape"]] if shape["type"] == "map" else None

    def items(self, shape: Mapping[str, Any]) -> Mapping[str, Any]:
        """The shape of what a list or map holds, or the shape itself."""
        while shape["type"] in ("list", "map"):
            shape = self.shapes[shape["member" if shape["type"] == "list" else "value"]["shape"]]
        return shape


def _taken(type_token: str, call: Call) -> Iterator[tuple[str, dict[str, Any]]]:
    model = Loader().load_service_model(call.service, "service-2")
    shapes = Model(model["shapes"])
    top: Mapping[str, Any] | None = shapes.shapes[model["operations"][call.operation]["input"]["shape"]]
    for name in call.within:
        top = top and shapes.member(top, name)
    if top is None:
        raise LookupError(f"{call.service} {call.operation} has no {'.'.join(call.within)} any more")
    for path in paths_of(type_token):
        if path[0] == "tags":
            continue
        shape: Mapping[str, Any] | None = top
        member = [call.operation, *call.within]
        for depth, name in enumerate(path, start=1):
            called = call.renamed.get(".".join(path[:depth]), name)
            shape = shape and shapes.member(shape, called)
            member.append(called[0].upper() + called[1:])
        elsewhere = (type_token, ".".join(path)) in ELSEWHERE or _is_refused(type_token, path)
        if shape is None or elsewhere or (type_token in NUMBERS_ELSEWHERE and shape["type"] != "string"):
            continue
        if shape["type"] == "map" and (keys := shapes.keys(shape)) and (found := _constraints(keys)):
            yield ".".join((*path, "{}")), {"member": ".".join(member), **found}
        if found := _constraints(shapes.items(shape)):
            yield ".".join(path), {"member": ".".join(member), **found}


def written() -> str:
    """The file as it has to be."""
    found: dict[str, dict[str, Any]] = {}
    for type_token, call in CALLS.items():
        for path, taken in _taken(type_token, call):
            found.setdefault(type_token, {})[path] = {"service": call.service, **taken}
    for type_token, paths in DOCUMENTED.items():
        service = type_token.split("/")[0].removeprefix("aws:").split(":")[0]
        for name, (page, said) in paths.items():
            found.setdefault(type_token, {})[name] = {"service": service, "member": page, **said}
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Write the file."""
    PAGE.write_text(written(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
