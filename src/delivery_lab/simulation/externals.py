"""From `external` of a workload to resources of the graph: what other stacks create stands there like our own.

Whatever reads a stack then finds an external queue by its ARN, its URL and its name. AWS's defaults stand for settings
that the workload leaves out, and a note says so where they decide about deliveries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import WorkloadError
from delivery_lab.limits.queues import VISIBILITY_TIMEOUT
from delivery_lab.limits.streams import SHARDS
from delivery_lab.model.account import Account
from delivery_lab.model.elsewhere import ARN, KINDS, kind_of
from delivery_lab.program.graph import Graph, Resource
from delivery_lab.program.naming import dns_suffix_of
from delivery_lab.program.outputs import create
from delivery_lab.simulation.workload_external import External
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import ON_DEMAND, PROVISIONED

_TYPES: Mapping[str, str] = {
    "queue": resource_types.QUEUE,
    "stream": resource_types.STREAM,
    "topic": resource_types.TOPIC,
    "table": resource_types.TABLE,
    "bus": resource_types.EVENT_BUS,
    "bucket": resource_types.BUCKET,
}
_STREAM_OF_TABLE = "/stream/"


def with_externals(graph: Graph, externals: Mapping[str, External], origin: str) -> Graph:
    """A graph with what a workload says of other stacks.

    Args:
        graph: the graph of the program.
        externals: what the workload says, by ARN.
        origin: where the workload comes from, for messages.

    Raises:
        WorkloadError: a key is no ARN, is that of something else, or of what the program creates itself.
    """
    if not externals:
        return graph
    ours = {resource.outputs.get("arn") for resource in graph.resources.values() if not resource.external}
    added: dict[str, Resource] = {}
    notes: list[str] = []
    for arn, external in externals.items():
        _check(arn, external, ours, f"{origin}: external: {arn}")
        resource = _resource(graph, arn, external)
        added[resource.urn] = resource
        notes.extend(f"{resource.name}, which is external: {note}" for note in _defaults(external))
    # What others have created is there before the program creates anything.
    others = {urn: resource for urn, resource in graph.resources.items() if urn not in added}
    return replace(graph, resources={**_in_order(added), **others}, warnings=(*graph.warnings, *notes))


def read_elsewhere(stack: Stack, arns: Iterable[str], account: Account) -> frozenset[str]:
    """Names of what other stacks create and no mapping of this one reads: what arrives there is theirs to deliver.

    Args:
        stack: the stack, with what is external.
        arns: what is external.
        account: what it was deployed to.
    """
    found = (stack.at(arn.partition(_STREAM_OF_TABLE)[0]) for arn in arns)
    read = {mapping.queue.name for mapping in account.mappings.values()}
    read |= {mapping.source.name for mapping in account.record_mappings.values()}
    return frozenset({resource.label for resource in found if resource is not None} - read)


def _check(arn: str, external: External, ours: set[Any], where: str) -> None:
    if ARN.fullmatch(arn) is None:
        raise WorkloadError(f"{where} is no ARN, such as arn:aws:sqs:eu-west-1:123456789012:orders")
    kind = kind_of(arn)
    if kind != external.kind:
        said = f"the ARN of a {kind}" if kind else f"an ARN of none of {', '.join(KINDS)}"
        raise WorkloadError(f"{where} is {said}, not of a {external.kind}")
    if arn in ours:
        raise WorkloadError(f"{where} is created by the stack itself, so it is not external\n  fix: leave it out")


def _resource(graph: Graph, arn: str, external: External) -> Resource:
    match = ARN.fullmatch(arn)
    assert match is not None
    type_token = _TYPES[external.kind]
    table, _, stream_label = match["rest"].partition(_STREAM_OF_TABLE)
    physical_name = table.rpartition("/")[2] if external.kind in ("stream", "table", "bus") else match["rest"]
    # What the program only reads (`aws.sqs.Queue.get`) is the external one itself, or nothing that a workload sends to.
    taken = {each.name for each in graph.resources.values() if each.type == type_token and not each.external}
    name = arn if physical_name in taken else physical_name
    urn = f"urn:pulumi:{graph.stack}::{graph.project}::{type_token}::{name}"
    inputs = {("bucket" if external.kind == "bucket" else "name"): physical_name, **_inputs(external, physical_name)}
    region, account = match["region"], match["account"]
    given = {**inputs, "arn": arn.partition(_STREAM_OF_TABLE)[0]}
    created = create(type_token, urn, name, given, region)
    outputs, physical_id = {**given, **created.outputs}, created.id
    if external.kind == "queue":
        physical_id = outputs["url"] = f"https://sqs.{region}.{dns_suffix_of(region)}/{account}/{physical_name}"
    elif external.kind in ("stream", "topic"):
        physical_id = arn
    if stream_label:
        outputs["streamArn"] = arn
    return Resource(urn, type_token, name, custom=True, id=physical_id, parent="", inputs=inputs, outputs=outputs)


def _inputs(external: External, physical_name: str) -> dict[str, Any]:
    """What the workload says of it, as a program would write it."""
    said: dict[str, Any] = {
        "visibilityTimeoutSeconds": external.visibility_timeout_seconds,
        "messageRetentionSeconds": external.message_retention_seconds,
        "delaySeconds": external.delay_seconds,
        "contentBasedDeduplication": external.content_based_deduplication,
        "shardCount": external.shard_count,
        "retentionPeriod": external.retention_hours,
    }
    if physical_name.endswith(".fifo"):
        said["fifoTopic" if external.kind == "topic" else "fifoQueue"] = True
    if external.dead_letter_target_arn is not None:
        said["redrivePolicy"] = json.dumps(
            {"deadLetterTargetArn": external.dead_letter_target_arn, "maxReceiveCount": external.max_receive_count}
        )
    if external.on_demand is not None:
        said["streamModeDetails"] = {"streamMode": ON_DEMAND if external.on_demand else PROVISIONED}
    if external.hash_key is not None:
        said |= _table_inputs(external.hash_key, external.range_key, external.stream_view_type)
    return {name: value for name, value in said.items() if value is not None}


def _table_inputs(hash_key: str, range_key: str | None, view_type: str | None) -> dict[str, Any]:
    keys = [key.partition(":")[::2] for key in (hash_key, range_key) if key is not None]
    names = [name for name, _ in keys]
    return {
        "hashKey": names[0],
        "rangeKey": names[1] if len(names) > 1 else None,
        "attributes": [{"name": name, "type": kind or "S"} for name, kind in keys],
        "billingMode": "PAY_PER_REQUEST",
        "streamEnabled": None if view_type is None else True,
        "streamViewType": view_type,
    }


def _defaults(external: External) -> Iterator[str]:
    if external.kind == "queue" and external.visibility_timeout_seconds is None:
        yield f"visibilityTimeoutSeconds is not said; taken is AWS's default, {VISIBILITY_TIMEOUT.default} s"
    if external.kind == "stream" and external.shard_count is None and not external.on_demand:
        yield f"shardCount is not said; taken is {SHARDS.default}"


def _in_order(added: Mapping[str, Resource]) -> dict[str, Resource]:
    """Resources with those that are dead-letter queues first: a queue is created after the one that it names."""
    named = {
        json.loads(resource.inputs["redrivePolicy"])["deadLetterTargetArn"]
        for resource in added.values()
        if "redrivePolicy" in resource.inputs
    }
    return dict(sorted(added.items(), key=lambda entry: entry[1].outputs["arn"] not in named))
