"""What the id of a resource that somebody else created says of it: its name, its ARN, its URL.

A program names such a resource by its id (`aws.sqs.Queue.get("orders", "https://sqs...")`); the ids are those of
`delivery_lab.program.outputs`, and those that `pulumi import` takes. Its settings only the cloud can tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from delivery_lab import resource_types
from delivery_lab.program import naming
from delivery_lab.program.outputs import OUTPUTS_BY_TYPE, create

_URL = re.compile(r"https://sqs\.(?P<region>[a-z0-9-]+)\.[a-z.]+/(?P<account>\d{12})/(?P<name>[\w.-]+)")
_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d{12}:(?:[a-z-]+[/:])?(?P<name>[\w.-]+)")
_TOLD: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        resource_types.FUNCTION: ("name", "arn", "invokeArn"),
        resource_types.TABLE: ("name", "arn"),
        resource_types.TOPIC: ("name", "arn"),
        resource_types.STREAM: ("name", "arn"),
        resource_types.EVENT_BUS: ("name", "arn"),
        resource_types.BUCKET: ("bucket", "arn", "bucketDomainName"),
        resource_types.BUCKET_V2: ("bucket", "arn", "bucketDomainName"),
    }
)
"""Outputs that the id tells, by type of resource; the first is the name."""


def told_by_id(type_token: str, resource_id: str, region: str) -> dict[str, str]:
    """Say which outputs of a resource its id decides.

    Args:
        type_token: type of the resource.
        resource_id: its id: the URL of a queue, the name or ARN of others.
        region: region of its provider, for ids that are names.

    Returns:
        Outputs by wire name; none for types and ids that tell nothing.
    """
    if type_token == resource_types.QUEUE:
        url = _URL.fullmatch(resource_id)
        if url is None:
            return {}
        arn = f"arn:{naming.partition_of(url['region'])}:sqs:{url['region']}:{url['account']}:{url['name']}"
        return {"name": url["name"], "arn": arn, "url": resource_id}
    if type_token not in _TOLD:
        return {}
    name = OUTPUTS_BY_TYPE[type_token].name
    if resource_id.startswith("arn:"):
        arn_parts = _ARN.fullmatch(resource_id)
        return {} if arn_parts is None else {name: arn_parts["name"], "arn": resource_id}
    outputs = create(type_token, "", resource_id, {name: resource_id}, region).outputs
    return {name: resource_id, **{each: outputs[each] for each in _TOLD[type_token] if each in outputs}}
