"""What SNS takes for a message, and what it refuses (SNS-SIZE-1, SNS-FIFO-1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from delivery_lab.limits.topics import PUBLISH_ENTRIES, SUBJECT
from delivery_lab.model.api_errors import sns as errors
from delivery_lab.model.sns import attributes
from delivery_lab.model.sqs import message_attributes

Parameters = Mapping[str, Any]

_CONTROL = re.compile("[\x00-\x1f\x7f]")
_IDENTIFIER = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """The settings of a topic.

    Attributes:
        fifo: whether it is a FIFO topic.
        content_based: whether a FIFO topic makes deduplication ids out of bodies.
        deduplication_scope: `Topic` or `MessageGroup`.
        maximum_message_bytes: the largest message.
        signature_version: `1` or `2`.
    """

    fifo: bool = False
    content_based: bool = False
    deduplication_scope: str = "Topic"
    maximum_message_bytes: int = 262_144
    signature_version: str = "1"


def check(settings: PublishSettings, parameters: Parameters) -> None:
    """Refuse a message that SNS refuses.

    Args:
        settings: of the topic.
        parameters: a `Publish` request, or one entry of a batch.

    Raises:
        AwsError: SNS would refuse the message.
    """
    if not parameters.get("Message"):
        raise errors.EMPTY_MESSAGE.error()
    if size_of(parameters) > settings.maximum_message_bytes:
        why = f"It has {size_of(parameters)} bytes with its attributes, of at most {settings.maximum_message_bytes}."
        raise errors.MESSAGE_TOO_LONG.error(why=why)
    subject = parameters.get("Subject")
    if subject is not None and (not SUBJECT.allows(len(subject)) or _CONTROL.search(subject)):
        raise errors.SUBJECT.error(why=f"It has to have {SUBJECT.range} characters, and no line break.")
    bodies_by_protocol(parameters)
    attributes.check(parameters.get("MessageAttributes") or {})
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        given = parameters.get(name)
        if given is not None and not _IDENTIFIER.fullmatch(given):
            raise errors.PARAMETER.error(reason=name, why=f"It is {given!r}.")
    _check_fifo(settings, parameters)


def _check_fifo(settings: PublishSettings, parameters: Parameters) -> None:
    named = parameters.get("MessageDeduplicationId")
    if not settings.fifo:
        if named:
            raise errors.DEDUPLICATION_OF_STANDARD.error()
        return
    if not parameters.get("MessageGroupId"):
        raise errors.GROUP_MISSING.error()
    if not named and not settings.content_based:
        raise errors.DEDUPLICATION_MISSING.error()


def check_batch(entries: Sequence[Parameters], limit_bytes: int) -> None:
    """Refuse a whole batch (SNS-BATCH-1).

    Raises:
        AwsError: SNS would refuse the whole request.
    """
    if len(entries) > PUBLISH_ENTRIES.maximum:
        raise errors.TOO_MANY_ENTRIES.error()
    ids = [entry["Id"] for entry in entries]
    if len(set(ids)) != len(ids):
        raise errors.REPEATED_ENTRY_ID.error()
    if sum(map(size_of, entries)) > limit_bytes:
        raise errors.BATCH_TOO_LONG.error()


def size_of(parameters: Parameters) -> int:
    """Bytes that a message counts: body, and name, type and value of its attributes."""
    body = str(parameters.get("Message") or "").encode("utf-8", "surrogatepass")
    return len(body) + message_attributes.size_of(parameters.get("MessageAttributes") or {})


def bodies_by_protocol(parameters: Parameters) -> Mapping[str, str]:
    """The bodies of a message of the structure `json`, by protocol; empty for any other.

    Raises:
        AwsError: the message is no JSON object, or has no text under `default`.
    """
    structure = parameters.get("MessageStructure")
    if not structure:
        return {}
    if structure != "json":
        raise errors.PARAMETER.error(reason="MessageStructure", why=f"It is {structure!r}; the only value is json.")
    try:
        held = json.loads(parameters["Message"])
    except ValueError as error:
        raise errors.NO_JSON.error() from error
    if not isinstance(held, dict) or not isinstance(held.get("default"), str):
        raise errors.NO_DEFAULT.error()
    return {protocol: body for protocol, body in held.items() if isinstance(body, str)}
