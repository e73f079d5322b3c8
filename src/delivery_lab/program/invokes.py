"""Provider functions that programs call while they describe resources (`aws.get_region()` and the like).

Known here are those whose answer follows from the arguments, the account and the region, and look-ups of what the same
program creates. Others look something up in AWS: they get placeholders (`delivery_lab.program.placeholders`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types
from delivery_lab.program import naming
from delivery_lab.program.placeholders import LOGIN_TOKEN
from delivery_lab.program.policy_document import policy_document, render

Answer = dict[str, Any]

_COMPOUND = {"northeast", "northwest", "southeast", "southwest"}


def _caller_identity(_arguments: Mapping[str, Any], region: str) -> Answer:
    account = naming.ACCOUNT_ID
    arn = f"arn:{naming.partition_of(region)}:iam::{account}:user/delivery-lab"
    return {"accountId": account, "id": account, "arn": arn, "userId": "AIDADELIVERYLAB00000"}


def _region(arguments: Mapping[str, Any], region: str) -> Answer:
    name = str(arguments.get("region") or arguments.get("name") or region)
    endpoint = f"ec2.{name}.{naming.dns_suffix_of(name)}"
    return {"id": name, "name": name, "region": name, "endpoint": endpoint, "description": name}


def _partition(_arguments: Mapping[str, Any], region: str) -> Answer:
    partition, suffix = naming.partition_of(region), naming.dns_suffix_of(region)
    prefix = ".".join(reversed(suffix.split(".")))
    return {"id": partition, "partition": partition, "dnsSuffix": suffix, "reverseDnsPrefix": prefix}


def _availability_zones(arguments: Mapping[str, Any], region: str) -> Answer:
    # Three zones, as nearly every region has at least; which letters an account sees differs from account to account.
    names = [f"{region}{letter}" for letter in "abc"]
    excluded = {*(arguments.get("excludeNames") or ())}
    kept = [(name, number) for number, name in enumerate(names, start=1) if name not in excluded]
    return {
        "id": region,
        "names": [name for name, _ in kept],
        "zoneIds": [f"{_short_region(region)}-az{number}" for _, number in kept],
        "groupNames": [region],
    }


def _short_region(region: str) -> str:
    """How zone ids abbreviate a region: `use1` for us-east-1, `apse2` for ap-southeast-2."""
    area, *middle, number = region.split("-")
    initials = "".join(part[0] + (part[5] if part in _COMPOUND else "") for part in middle)
    return f"{area}{initials}{number}"


def _policy_document(arguments: Mapping[str, Any], _region: str) -> Answer:
    policy = policy_document(arguments)
    text = render(policy)
    return {
        **arguments,
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": render(policy, minified=True),
        "version": policy["Version"],
    }


def _registry_login(arguments: Mapping[str, Any], region: str) -> Answer:
    """How Docker logs in to ECR: the password alone is what only a cloud knows, and programs take the token apart.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html (user `AWS`), and
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html (base64 of `user:password`).
    """
    registry = str(arguments.get("registryId") or naming.ACCOUNT_ID)
    host = f"{registry}.dkr.ecr.{region}.{naming.dns_suffix_of(region)}"
    return {"authorizationToken": LOGIN_TOKEN, "proxyEndpoint": f"https://{host}"}


INVOKES: Mapping[str, Callable[[Mapping[str, Any], str], Answer]] = MappingProxyType(
    {
        "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
        "aws:index/getRegion:getRegion": _region,
        "aws:index/getPartition:getPartition": _partition,
        "aws:index/getAvailabilityZones:getAvailabilityZones": _availability_zones,
        "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
    }
)
"""The functions that are answered, by token."""

PARTLY_KNOWN: Mapping[str, Callable[[Mapping[str, Any], str], Answer]] = MappingProxyType(
    {
        "aws:ecr/getAuthorizationToken:getAuthorizationToken": lambda arguments, region: {
            **_registry_login(arguments, region),
            "userName": "AWS",
        },
        "aws:ecr/getCredentials:getCredentials": _registry_login,
    }
)
"""The functions of whose answer a part is known, by token; the rest is placeholders."""

LOOK_UPS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "aws:sqs/getQueue:getQueue": (resource_types.QUEUE, "name", "name"),
        "aws:sns/getTopic:getTopic": (resource_types.TOPIC, "name", "name"),
        "aws:lambda/getFunction:getFunction": (resource_types.FUNCTION, "functionName", "name"),
        "aws:dynamodb/getTable:getTable": (resource_types.TABLE, "name", "name"),
        "aws:kinesis/getStream:getStream": (resource_types.STREAM, "name", "name"),
        "aws:cloudwatch/getEventBus:getEventBus": (resource_types.EVENT_BUS, "name", "name"),
        "aws:s3/getBucket:getBucket": (resource_types.BUCKET, "bucket", "bucket"),
        "aws:iam/getRole:getRole": (resource_types.ROLE, "name", "name"),
    }
)
"""By token: the type of what is looked up, the argument that names it, and the property that has that name."""
