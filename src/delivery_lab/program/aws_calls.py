"""Calls to AWS that a program makes itself, with boto3, while it describes its resources.

A deployment sends them to AWS. Here nothing is sent: a call gets what `answers` says of it, or ends the evaluation with
the line that would answer it. The account and region are those that the program is evaluated for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from delivery_lab.errors import LabError, NotModelledError
from delivery_lab.program import naming
from delivery_lab.program.answers import AwsAnswer, ProgramAnswers
from delivery_lab.program.frames import Frames

Refuse = Callable[[LabError, str], None]
"""Takes what is refused and the place of the call; the evaluation ends with the first."""


@contextmanager
def answering_aws(answers: ProgramAnswers, frames: Frames, refuse: Refuse) -> Iterator[None]:
    """Answer the program's calls to AWS for the time of a run.

    Args:
        answers: what is said of them.
        frames: knows the project's files.
        refuse: is told of what nothing answers.
    """
    from botocore.client import BaseClient  # loaded by every run that imports Pulumi's provider of AWS, or boto3

    real = vars(BaseClient)["_make_api_call"]

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        service = client.meta.service_model.service_name
        found = answers.of_call(service, operation, parameters)
        if found is not None:
            if found.code:
                raise _raised(client, operation, found)
            return _finished(client, operation, dict(found.members), found.status)
        if (service, operation) == ("sts", "GetCallerIdentity"):
            return _finished(client, operation, _identity(client.meta.region_name), 200)
        position = frames.of_frame(sys._getframe(1))
        failure = _refusal(service, operation, position, answers.line_of_call(service, operation))
        refuse(failure, position)
        raise failure

    type.__setattr__(BaseClient, "_make_api_call", make_api_call)
    try:
        yield
    finally:
        type.__setattr__(BaseClient, "_make_api_call", real)


def _identity(region: str | None) -> dict[str, Any]:
    """Who deploys, as the provider's `get_caller_identity` is answered."""
    account = naming.ACCOUNT_ID
    partition = naming.partition_of(region or naming.DEFAULT_REGION)
    return {
        "UserId": "AIDADELIVERYLAB00000",
        "Account": account,
        "Arn": f"arn:{partition}:iam::{account}:user/delivery-lab",
    }


def _refusal(service: str, operation: str, position: str, line: str) -> NotModelledError:
    place = f" ({position})" if position else ""
    return NotModelledError(
        f"the program calls {service}:{operation} of AWS while it describes its resources{place}; nothing is sent\n"
        "  fix: say what it gets, in the workload, in delivery-lab.yaml, or in a file for --answers:\n"
        f"    answers:\n      {line}"
    )


def _finished(client: Any, operation: str, answer: dict[str, Any], status: int) -> dict[str, Any]:
    """An answer as botocore hands it on."""
    from botocore.response import StreamingBody

    model = client.meta.service_model.operation_model(operation)
    payload = model.output_shape.serialization.get("payload") if model.has_streaming_output else None
    if payload is not None and isinstance(answer.get(payload), bytes):
        answer[payload] = StreamingBody(BytesIO(answer[payload]), len(answer[payload]))
    metadata = {"RequestId": "program", "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
    return {**answer, "ResponseMetadata": metadata}


def _raised(client: Any, operation: str, error: AwsAnswer) -> Exception:
    """An error as botocore raises it."""
    parsed = {
        "Error": {"Code": error.code, "Message": error.message},
        "ResponseMetadata": {
            "RequestId": "program",
            "HTTPStatusCode": error.status,
            "HTTPHeaders": {},
            "RetryAttempts": 0,
        },
    }
    found: Exception = client.exceptions.from_code(error.code)(parsed, operation)
    return found
