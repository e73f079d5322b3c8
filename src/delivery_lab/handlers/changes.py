"""What a handler asks to be changed outside of it: which calls of AWS APIs are work, and what they are for."""

from __future__ import annotations

import json
import sys
from types import FrameType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.events import Purpose
from delivery_lab.model.runtime import AwsError

_READING = (
    "Analyze", "BatchDetect", "BatchGet", "Check", "Classify", "Compare", "Converse", "Describe", "Detect", "Estimate",
    "Filter", "Get", "Head", "InvokeEndpoint", "InvokeModel", "List", "Lookup", "Query", "Receive", "Recognize",
    "Retrieve", "Scan", "Search", "Select", "Synthesize", "TransactGet", "Translate", "Validate",
)  # fmt: skip
"""How the names of operations begin that change nothing."""

_ABOUT_ITSELF = frozenset({"cloudwatch", "kms", "logs", "sts", "xray"})
"""Services of which code writes how it fares, or gets keys and credentials: no work for a message."""

_HANDLING = frozenset(
    {"ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage", "DeleteMessageBatch", "PurgeQueue"}
)
"""Operations of SQS by which code handles messages that it got."""

_STATEMENT = ("sql", "Sql", "Statement")
"""Where `ExecuteStatement` of a service has its statement (RDS Data, Redshift Data, DynamoDB)."""

_IDEMPOTENCY = "aws_lambda_powertools.utilities.idempotency"
_LIBRARIES = frozenset(
    {
        "aiohttp", "anyio", "asyncio", "aws_xray_sdk", "boto3", "botocore", "contextlib", "delivery_lab", "h11", "http",
        "httpcore", "httpx", "requests", "s3transfer", "socket", "ssl", "urllib", "urllib3",
    }
)  # fmt: skip


def is_change(service: str, operation: str, parameters: dict[str, Any]) -> bool:
    """Whether a call asks for a change that may be work for a message."""
    if service in _ABOUT_ITSELF or operation.startswith(_READING):
        return False
    if service == "sqs":
        return operation not in _HANDLING
    if operation == "ExecuteStatement":
        statement = next((str(parameters[name]) for name in _STATEMENT if name in parameters), "")
        return not statement.lstrip(" (\n\t").upper().startswith("SELECT")
    return not (service == "lambda" and parameters.get("InvocationType") == "DryRun")


def changes_something(method: str) -> bool:
    """Whether a request of this method may change what it is sent to: safe methods of HTTP (RFC 9110) do not."""
    return method not in ("GET", "HEAD", "OPTIONS", "TRACE")


def purpose_of_call() -> Purpose | None:
    """What the call that is under way is made for; None where it is a library's own book-keeping."""
    caller = _caller(sys._getframe(1))
    if caller.startswith("aws_lambda_powertools."):
        return "idempotency" if caller.startswith(_IDEMPOTENCY) else None
    handled = sys.exc_info()[1]
    own_error = handled is not None and not isinstance(handled, (ClientError, BotoCoreError))
    return "error handling" if own_error else "work"


def _caller(frame: FrameType | None) -> str:
    """The module that calls boto3."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.partition(".")[0] not in _LIBRARIES:
            return name
        frame = frame.f_back
    return ""


def is_record_of_completion(operation: str) -> bool:
    """Whether a call of a library for idempotency notes that work is finished; it puts the record before, empty."""
    return operation == "UpdateItem"


def has_effect(answer: dict[str, Any]) -> bool:
    """Whether a call that was answered changed something: a function that was invoked and failed did not."""
    return "FunctionError" not in answer


def is_refused_condition(error: AwsError) -> bool:
    """Whether the condition of a write did not hold, of one that stands alone or is part of a transaction."""
    reasons = error.details.get("CancellationReasons") or ()
    return error.code == "ConditionalCheckFailedException" or any(
        isinstance(reason, dict) and reason.get("Code") == "ConditionalCheckFailed" for reason in reasons
    )


def content_of(parameters: dict[str, Any], answer: dict[str, Any]) -> str:
    """What was sent, as JSON text, without the entries of a batch that were refused."""
    refused = {entry.get("Id") for entry in answer.get("Failed") or () if isinstance(entry, dict)}
    if refused:
        entries = [entry for entry in parameters.get("Entries", ()) if entry.get("Id") not in refused]
        parameters = {**parameters, "Entries": entries}
    return json.dumps(parameters, default=_as_text, ensure_ascii=False)


def _as_text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode(errors="replace")
    return "" if hasattr(value, "read") else str(value)
