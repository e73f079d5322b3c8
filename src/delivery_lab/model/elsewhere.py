"""What belongs to other stacks: the line of a workload that says what it is, and the refusal of calls that touch it.

A call that names a queue, stream, topic or table which the stack does not create would succeed in AWS if another stack
has it, and fail if none does. Nothing here knows which, so the call is refused with the line that tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from delivery_lab.errors import NotModelledError

ARN = re.compile(r"arn:(?P<partition>aws[\w-]*):(?P<service>[\w-]+):(?P<region>[\w-]*):(?P<account>\d*):(?P<rest>.+)")
"""The parts of an ARN (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "queue": ("sqs", ""),
        "stream": ("kinesis", "stream/"),
        "topic": ("sns", ""),
        "table": ("dynamodb", "table/"),
        "bus": ("events", "event-bus/"),
        "bucket": ("s3", ""),
    }
)
"""By kind: the service in its ARNs, and what stands before the name there."""

_MORE = MappingProxyType({"queue": ", visibilityTimeoutSeconds: 30", "table": ", hashKey: id"})
"""By kind: what a run needs to know besides, or what most depends on."""
_QUEUE_URL = re.compile(r"https?://(?:sqs\.)?(?P<region>[\w-]+)\.[^/]*/(?P<account>\d{12})/(?P<name>[\w.-]+)")


Knows = Callable[[str, str], bool]
"""Whether something exists, by its kind and by the name that a call gives it."""


def kind_of(arn: str) -> str | None:
    """What an ARN is the ARN of, None for what cannot be external."""
    match = ARN.fullmatch(arn)
    if match is None:
        return None
    return next(
        (
            kind
            for kind, (service, prefix) in KINDS.items()
            if match["service"] == service and match["rest"].startswith(prefix)
        ),
        None,
    )


def line_of(arn: str) -> str | None:
    """The line under `external` that says what an ARN is; None for what cannot be external."""
    kind = kind_of(arn)
    if kind is None:
        return None
    more = _MORE.get(kind, "")
    if "/stream/" in arn and kind == "table":
        more += ", streamViewType: NEW_AND_OLD_IMAGES"
    return f'"{arn}": {{kind: {kind}{more}}}'


def fix_of(arn: str) -> str:
    """What to add to a workload so that an ARN means something, "" where nothing would help."""
    line = line_of(arn)
    return "" if line is None else f"  fix: say in the workload what it is\n    external:\n      {line}"


def refuse_elsewhere(
    knows: Knows, service: str, parameters: Mapping[str, Any], function: str, place: tuple[str, str]
) -> None:
    """Refuse a call that names what this stack does not have.

    Args:
        knows: what the account of the run has.
        service: botocore's name of the service.
        parameters: of the call.
        function: who calls.
        place: region and account of the function.

    Raises:
        NotModelledError: with the line of the workload that says what it is.
    """
    for kind, name, arn in _named(service, parameters, *place):
        if not knows(kind, name):
            raise NotModelledError(
                f"{function} calls {service} for the {kind} {name}, which is not in this stack\n{fix_of(arn)}"
            )


def _named(service: str, parameters: Mapping[str, Any], region: str, account: str) -> Iterator[tuple[str, str, str]]:
    """What a call names: the kind, the name that it gives, and the ARN."""
    match service:
        case "sqs":
            yield from _queues(parameters, region, account)
        case "sns":
            arn = parameters.get("TopicArn") or parameters.get("TargetArn")
            if isinstance(arn, str) and kind_of(arn) == "topic":
                yield "topic", arn, arn
        case "kinesis":
            yield from _streams(parameters, region, account)
        case "dynamodb":
            for table in _tables(parameters):
                name = table.rpartition("/")[2]
                yield "table", name, f"arn:aws:dynamodb:{region}:{account}:table/{name}"


def _queues(parameters: Mapping[str, Any], region: str, account: str) -> Iterator[tuple[str, str, str]]:
    url, name = parameters.get("QueueUrl"), parameters.get("QueueName")
    if isinstance(url, str):
        found = _QUEUE_URL.fullmatch(url)
        # The oldest form of an URL has no region: https://queue.amazonaws.com/...
        there = region if found is None or found["region"] == "queue" else found["region"]
        owner, queue = (found["account"], found["name"]) if found else (account, url.rstrip("/").rpartition("/")[2])
        yield "queue", url, f"arn:aws:sqs:{there}:{owner}:{queue}"
    elif isinstance(name, str):
        owner = parameters.get("QueueOwnerAWSAccountId") or account
        yield "queue", name, f"arn:aws:sqs:{region}:{owner}:{name}"


def _streams(parameters: Mapping[str, Any], region: str, account: str) -> Iterator[tuple[str, str, str]]:
    arn, name = parameters.get("StreamARN"), parameters.get("StreamName")
    if isinstance(arn, str):
        yield "stream", arn, arn
    elif isinstance(name, str):
        yield "stream", name, f"arn:aws:kinesis:{region}:{account}:stream/{name}"


def _tables(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Names of the tables in a request of DynamoDB, alone or in a batch or transaction."""
    named = parameters.get("TableName")
    if isinstance(named, str):
        yield named
    requested = parameters.get("RequestItems")
    if isinstance(requested, Mapping):
        yield from requested
    for item in parameters.get("TransactItems") or ():
        for part in item.values():
            if isinstance(part, Mapping):
                yield from _tables(part)
