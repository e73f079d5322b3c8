"""Lambda, and the roles of its functions, as aws-native names them: those of AWS's Cloud Control API."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types
from delivery_lab.program.assets import AssetArchive, StringAsset
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.native.native_type import (
    InnerResource,
    NativeType,
    Values,
    as_text,
    each_renamed,
    in_parts,
    listed,
    pairs,
    renamed,
    with_names,
    within,
)


def _inline(text: Any) -> Values:
    """Source code in the program itself, which AWS puts into a file named `index`.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
    """
    return {"code": AssetArchive({"index.py": StringAsset(text)}) if isinstance(text, str) else text}


def _one_file_system(value: Any) -> Values:
    return {"fileSystemConfig": next(iter(listed(value)), None)}


def _of_function(inputs: Values, outputs: Values) -> Iterator[InnerResource]:
    """Whether loops are let run is a setting of the function in CloudFormation."""
    if "recursiveLoop" in inputs:
        held = {"functionName": outputs.get("name", UNKNOWN), "recursiveLoop": inputs["recursiveLoop"]}
        yield InnerResource(resource_types.RECURSION_CONFIG, "recursive-loop", held)


_FUNCTION = NativeType(
    resource_types.FUNCTION,
    inputs={
        "functionName": "name",
        "code": within(
            {
                "imageUri": "imageUri",
                "s3Bucket": "s3Bucket",
                "s3Key": "s3Key",
                "s3ObjectVersion": "s3ObjectVersion",
                "sourceKmsKeyArn": "sourceKmsKeyArn",
                "zipFile": _inline,
            }
        ),
        "fileSystemConfigs": _one_file_system,
        "imageConfig": renamed("imageConfig", {"command": "commands", "entryPoint": "entryPoints"}),
        "recursiveLoop": in_parts,
    },
    parts=_of_function,
    physical_id="name",
    # Versions and URIs for API Gateway are resources and formulas of their own.
    lacks=frozenset({"publish", "version", "qualifiedArn", "invokeArn", "qualifiedInvokeArn"}),
)


def _destinations(value: Any) -> Values:
    if not isinstance(value, Mapping):
        return {"destinationConfig": value}
    return {"destinationConfig": {"onFailure": with_names(value.get("onFailure"), {"destination": "destinationArn"})}}


def _brokers(value: Any) -> Values:
    """The brokers of a cluster of one's own are a list here, and a text with commas in pulumi-aws."""
    endpoints = value.get("endpoints") if isinstance(value, Mapping) else value
    servers = endpoints.get("kafkaBootstrapServers") if isinstance(endpoints, Mapping) else endpoints
    texts = [server for server in listed(servers) if isinstance(server, str)]
    text = ",".join(texts) if texts and len(texts) == len(listed(servers)) else UNKNOWN
    return {"selfManagedEventSource": {"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": text}}}


def _timestamp(value: Any) -> Values:
    """Seconds since 1970 here, a text as of RFC 3339 in pulumi-aws."""
    if not isinstance(value, int | float):
        return {"startingPositionTimestamp": value}
    at = datetime.datetime.fromtimestamp(value, datetime.UTC)
    return {"startingPositionTimestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ")}


_MAPPING = NativeType(
    resource_types.MAPPING,
    inputs={
        "destinationConfig": _destinations,
        "selfManagedEventSource": _brokers,
        "startingPositionTimestamp": _timestamp,
    },
    outputs={"awsId": "uuid", "eventSourceMappingArn": "arn"},
)


def _of_alias(inputs: Values, _: Values) -> Iterator[InnerResource]:
    """Provisioned concurrency is a setting of the alias in CloudFormation."""
    held = inputs.get("provisionedConcurrencyConfig")
    if held is not None:
        many = held.get("provisionedConcurrentExecutions") if isinstance(held, Mapping) else UNKNOWN
        named = {"functionName": inputs.get("functionName"), "qualifier": inputs.get("name")}
        yield InnerResource(
            resource_types.PROVISIONED_CONCURRENCY,
            "provisioned-concurrency",
            {**named, "provisionedConcurrentExecutions": many},
        )


def _of_managed_policy(inputs: Values, outputs: Values) -> Iterator[InnerResource]:
    for number, role in enumerate(listed(inputs.get("roles"))):
        held = {"role": role, "policyArn": outputs.get("arn", UNKNOWN)}
        yield InnerResource(resource_types.ROLE_POLICY_ATTACHMENT, f"role-{number}", held)


_POLICY = as_text("policy")


def _inline_policies(value: Any) -> Values:
    if not isinstance(value, list):
        return {"inlinePolicies": value}
    found = [
        {"name": entry.get("policyName"), **_POLICY(entry.get("policyDocument"))}
        if isinstance(entry, Mapping)
        else entry
        for entry in value
    ]
    return {"inlinePolicies": found}


FUNCTION_TYPES: Mapping[str, NativeType] = MappingProxyType(
    {
        "aws-native:lambda:Function": _FUNCTION,
        "aws-native:lambda:EventSourceMapping": _MAPPING,
        "aws-native:lambda:EventInvokeConfig": NativeType(resource_types.INVOKE_CONFIG),
        "aws-native:lambda:Permission": NativeType(resource_types.PERMISSION, inputs={"functionName": "function"}),
        "aws-native:lambda:Url": NativeType(
            resource_types.FUNCTION_URL, inputs={"targetFunctionArn": "functionName", "authType": "authorizationType"}
        ),
        "aws-native:lambda:Alias": NativeType(
            resource_types.ALIAS,
            inputs={"provisionedConcurrencyConfig": in_parts},
            outputs={"aliasArn": "arn"},
            parts=_of_alias,
        ),
        "aws-native:iam:Role": NativeType(
            resource_types.ROLE,
            inputs={
                "roleName": "name",
                "assumeRolePolicyDocument": as_text("assumeRolePolicy"),
                "policies": _inline_policies,
            },
            outputs={"roleId": "uniqueId"},
            physical_id="name",
        ),
        "aws-native:iam:RolePolicy": NativeType(
            resource_types.ROLE_POLICY,
            inputs={"roleName": "role", "policyName": "name", "policyDocument": as_text("policy")},
        ),
        "aws-native:iam:ManagedPolicy": NativeType(
            resource_types.POLICY,
            inputs={"managedPolicyName": "name", "policyDocument": as_text("policy")},
            outputs={"policyArn": "arn"},
            parts=_of_managed_policy,
        ),
        "aws-native:logs:LogGroup": NativeType(resource_types.LOG_GROUP, inputs={"logGroupName": "name"}),
        "aws-native:cloudwatch:Alarm": NativeType(
            resource_types.METRIC_ALARM,
            inputs={
                "alarmName": "name",
                "dimensions": pairs("dimensions", "name"),
                "metrics": each_renamed("metricQueries", {"metricStat": "metric"}),
            },
        ),
    }
)
