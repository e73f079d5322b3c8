"""What a pipe makes of the records of its source: what the target gets, and by which id each is known."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PipedRecord:
    """A record of a batch.

    Attributes:
        message: id by which events name it: the message id, the event id, or the sequence number of a table's change.
        identifier: id by which a function names it as failed (PIPE-REPORT-1).
        reported: id by which the poller knows it.
        content: what the target gets of it without a template (PIPE-EVENT-1).
        readable: the same with its body or data read, for templates and paths (PIPE-INPUT-2).
        is_json: whether body or data are JSON, so that paths lead into them.
    """

    message: str
    identifier: str
    reported: str
    content: Mapping[str, Any]
    readable: Mapping[str, Any]
    is_json: bool = True


def piped(record: Mapping[str, Any]) -> PipedRecord:
    """A record as a mapping of Lambda hands it over, for a pipe."""
    if "kinesis" in record:
        inner = record["kinesis"]
        content = {**inner, **{name: value for name, value in record.items() if name != "kinesis"}}
        data, is_json = _read(_plain(inner["data"]), inner["data"])
        sequence, readable = inner["sequenceNumber"], {**content, "data": data}
        return PipedRecord(record["eventID"], record["eventID"], sequence, content, readable, is_json)
    if "dynamodb" in record:
        sequence = record["dynamodb"]["SequenceNumber"]
        return PipedRecord(sequence, record["eventID"], sequence, record, record)
    message = record["messageId"]
    body, is_json = _read(record["body"], record["body"])
    return PipedRecord(message, message, message, record, {**record, "body": body}, is_json)


def _plain(data: str) -> str:
    return base64.b64decode(data).decode(errors="replace")


def _read(text: str, otherwise: str) -> tuple[Any, bool]:
    """JSON where it is some, else what the record has: of data that is its Base64; and whether it is JSON."""
    try:
        return json.loads(text), True
    except ValueError:
        return otherwise, False
