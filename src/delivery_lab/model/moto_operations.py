"""Which operations moto answers rightly within a run, and which calls it cannot know of (SIM-MOTO-1).

It stands apart from `moto_services`, which takes a quarter of a second to import.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class UnknownToStackError(Exception):
    """A call for something that the stack does not create; the text says what."""


def _operations(*names: str) -> frozenset[str]:
    return frozenset(name for line in names for name in line.split())


OPERATIONS: Mapping[str, frozenset[str]] = {
    "s3": _operations(
        "PutObject GetObject HeadObject DeleteObject DeleteObjects CopyObject ListObjects ListObjectsV2 HeadBucket",
        "CreateMultipartUpload UploadPart CompleteMultipartUpload AbortMultipartUpload ListParts",
        "GetObjectTagging PutObjectTagging DeleteObjectTagging",
    ),
    "ssm": _operations(
        "GetParameter GetParameters GetParametersByPath PutParameter DeleteParameter DeleteParameters",
        "GetParameterHistory",
    ),
    "secretsmanager": _operations(
        "GetSecretValue PutSecretValue CreateSecret UpdateSecret DescribeSecret ListSecretVersionIds"
    ),
    "kms": _operations(
        "Encrypt Decrypt ReEncrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateRandom DescribeKey"
    ),
    "ses": _operations("SendEmail SendRawEmail SendTemplatedEmail SendBulkTemplatedEmail"),
    "sesv2": _operations("SendEmail CreateContact GetContact DeleteContact"),
    "stepfunctions": _operations("StartExecution"),
    "cloudwatch": _operations("PutMetricData"),
    "logs": _operations("CreateLogGroup CreateLogStream PutLogEvents DescribeLogStreams"),
    "firehose": _operations("PutRecord PutRecordBatch"),
}
"""By service: what moto answers."""

NOT_HERE: Mapping[str, frozenset[str]] = {
    "s3": frozenset({"NoSuchBucket"}),
    "ssm": frozenset({"ParameterNotFound"}),
    "secretsmanager": frozenset({"ResourceNotFoundException"}),
    "kms": frozenset({"NotFoundException", "InvalidCiphertextException", "AccessDeniedException"}),
    "ses": frozenset({"MessageRejected", "TemplateDoesNotExist", "TemplateDoesNotExistException"}),
    "sesv2": frozenset({"MessageRejected", "NotFoundException"}),
    "logs": frozenset({"ResourceNotFoundException"}),
    "firehose": frozenset({"ResourceNotFoundException"}),
    "stepfunctions": frozenset({"StateMachineDoesNotExist"}),
}
"""Errors that say that something does not exist, or is not verified: what another stack has is not known."""
_NAMES = (
    "Bucket", "Name", "Names", "Path", "SecretId", "KeyId", "Template", "Source", "FromEmailAddress", "ContactListName",
    "stateMachineArn", "logGroupName", "DeliveryStreamName",
)  # fmt: skip
"""Parameters that name what a call is for."""
_MOST_RECORDS, _LARGEST_CALL_BYTES, _LARGEST_RECORD_BYTES = 500, 4 * 1024 * 1024, 1000 * 1024
"""Of Firehose: https://docs.aws.amazon.com/firehose/latest/dev/limits.html"""
OBJECTS_PUT = frozenset({"PutObject", "CopyObject", "CompleteMultipartUpload"})
"""Operations of S3 after which there is an object."""
STORED = frozenset(OPERATIONS)
"""Services that keep what is put into them, and are answered by moto (SIM-MOTO-1)."""


def is_unknown(service: str, code: str, message: str) -> bool:
    """Whether an error says that something is not there which another stack may have."""
    if service == "logs" and "log stream" in message:
        return False  # a group of the stack has the streams of the stack, and those that were created since
    return code in NOT_HERE.get(service, frozenset())


def refuse_size(service: str, parameters: Mapping[str, Any]) -> None:
    """Refuse what AWS refuses and moto takes.

    Raises:
        UnknownToStackError: it is too large for AWS.
    """
    if service != "firehose":
        return
    records = parameters.get("Records") or [parameters.get("Record", {})]
    sizes = [len(record.get("Data", b"")) for record in records]
    if len(sizes) > _MOST_RECORDS or sum(sizes) > _LARGEST_CALL_BYTES or max(sizes, default=0) > _LARGEST_RECORD_BYTES:
        raise UnknownToStackError(
            "with more than AWS takes: 500 records of 1,000 KiB, 4 MiB in all; AWS's error for it is not modelled"
        )


def named(parameters: Mapping[str, Any]) -> str:
    """What a call is for, in words."""
    found = [parameters[name] for name in _NAMES if name in parameters]
    return json.dumps(found[0], default=str) if found else "something"


def missing_in(operation: str, answer: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """What an answer leaves out because the stack does not have it, "" for nothing."""
    if operation == "GetParameters" and answer.get("InvalidParameters"):
        return json.dumps(answer["InvalidParameters"])
    if operation == "GetParametersByPath" and not answer.get("Parameters"):
        return named(parameters)
    return ""
