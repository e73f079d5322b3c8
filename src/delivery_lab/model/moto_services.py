"""S3, SSM, Secrets Manager, SES, Step Functions and CloudWatch metrics in virtual time (SIM-MOTO-1).

moto keeps what is put and answers as AWS does. Only operations are let through whose answers are right within a run;
what belongs to another stack is not known here, so a call for it is refused rather than answered with "not found".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

import botocore.session
import time_machine
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.backends import get_backend
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.model_instances import reset_model_data
from moto.moto_api._internal import mock_random

from delivery_lab.events import Journal
from delivery_lab.model.clock import EPOCH, Scheduler, in_seconds
from delivery_lab.model.creations import Creation
from delivery_lab.model.randomness import derived
from delivery_lab.model.runtime import ACCOUNT_ID, AwsError


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
    "ses": _operations("SendEmail SendRawEmail"),
    "sesv2": _operations("SendEmail"),
    "stepfunctions": _operations("StartExecution"),
    "cloudwatch": _operations("PutMetricData"),
}
"""By service: what moto answers."""

_NOT_HERE: Mapping[str, frozenset[str]] = {
    "s3": frozenset({"NoSuchBucket"}),
    "ssm": frozenset({"ParameterNotFound"}),
    "secretsmanager": frozenset({"ResourceNotFoundException"}),
    "ses": frozenset({"MessageRejected"}),
    "sesv2": frozenset({"MessageRejected"}),
    "stepfunctions": frozenset({"StateMachineDoesNotExist"}),
}
"""Errors that say that something does not exist, or is not verified: what another stack has is not known."""
_NAMES = ("Bucket", "Name", "Names", "Path", "SecretId", "Source", "FromEmailAddress", "stateMachineArn")
"""Parameters that name what a call is for."""
OBJECTS_PUT = frozenset({"PutObject", "CopyObject", "CompleteMultipartUpload"})
"""Operations of S3 after which there is an object."""


class MotoServices:
    """The services of one run. A context manager: on leaving, everything in them is gone.

    Args:
        region: region of the stack.
        seed: the run's seed, from which moto draws ids.
        creations: what the stack creates, in order.
        started: ARNs of state machines whose executions would work on the stack, and on what.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(
        self,
        region: str,
        seed: int,
        creations: Sequence[Creation],
        started: Mapping[str, str],
        scheduler: Scheduler,
        journal: Journal,
    ) -> None:
        self._region = region
        self._seed = seed
        self._creations = creations
        self._started = started
        self._scheduler = scheduler
        self._journal = journal
        self._clients: dict[str, Any] = {}
        self._deleting: set[str] = set()
        self._created = False

    def __enter__(self) -> Self:
        _forget()
        mock_random.seed(derived(self._seed, "moto"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            client.close()
        _forget()

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one call.

        Raises:
            AwsError: AWS would answer with an error.
            UnknownToStackError: it is not answered here, or is for what the stack does not create.
        """
        if operation not in OPERATIONS[service]:
            known = ", ".join(sorted(OPERATIONS[service]))
            raise UnknownToStackError(f"which is not modelled (of {service} are: {known})")
        work = self._started.get(str(parameters.get("stateMachineArn")))
        if work is not None:
            raise UnknownToStackError(f"whose execution would work on {work}, which is not modelled")
        self._create()
        self._journal.rely_on("SIM-MOTO-1")
        try:
            answer = self._send(service, operation, parameters)
        except AwsError as error:
            if error.code in _NOT_HERE.get(service, frozenset()) and service not in self._deleting:
                raise UnknownToStackError(f"for {_named(parameters)}, which is not in this stack") from error
            if operation == "HeadBucket" and error.status == 404:
                raise UnknownToStackError(f"for {_named(parameters)}, which is not in this stack") from error
            raise
        missing = _missing(operation, answer, parameters)
        if missing and service not in self._deleting:
            raise UnknownToStackError(f"for {missing}, which is not in this stack")
        if operation.startswith("Delete"):
            self._deleting.add(service)
        return answer

    def _create(self) -> None:
        if self._created:
            return
        self._created = True
        for creation in self._creations:
            self._send(creation.service, creation.operation, creation.parameters)
            if creation.arn and creation.operation == "CreateSecret":
                # AWS ends the ARN of a secret with six letters of its own; the program has computed others than moto.
                get_backend("secretsmanager")[ACCOUNT_ID][self._region].secrets[
                    creation.parameters["Name"]
                ].arn = creation.arn

    def _send(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        now = EPOCH.timestamp() + in_seconds(self._scheduler.now)
        with time_machine.travel(now, tick=False):
            call: Callable[..., dict[str, Any]] = getattr(self._client(service), xform_name(operation))
            try:
                answer = call(**parameters)
                return {
                    name: value.read() if hasattr(value, "iter_chunks") else value
                    for name, value in answer.items()
                    if name != "ResponseMetadata"
                }
            except ClientError as error:
                raise _as_error(error) from error
            except Exception as error:  # moto fails where AWS would answer something
                raise UnknownToStackError(f"which cannot be answered as AWS would ({type(error).__name__})") from error

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            client = botocore.session.Session().create_client(
                service,
                region_name=self._region,
                aws_access_key_id="lab",
                aws_secret_access_key="lab",  # noqa: S106 - moto asks for any
                config=Config(
                    retries={"total_max_attempts": 1},
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )
            stub = BotocoreStubber()
            stub.enabled = True
            client.meta.events.register_first("before-send", partial(_answer, stub))  # type: ignore[arg-type]
            self._clients[service] = client
        return self._clients[service]


def _answer(stub: BotocoreStubber, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
    return stub("before-send", request)


def _forget() -> None:
    for service in OPERATIONS:
        for account in get_backend(service).values():  # type: ignore[call-overload]  # its types list every service
            account.reset()
    reset_model_data()


def _as_error(error: ClientError) -> AwsError:
    response: dict[str, Any] = dict(error.response)
    told = response.pop("Error", {})
    status = response.pop("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return AwsError(str(told.get("Code")), str(told.get("Message", "")), int(status), response)


def _named(parameters: Mapping[str, Any]) -> str:
    """What a call is for, in words."""
    found = [parameters[name] for name in _NAMES if name in parameters]
    return json.dumps(found[0], default=str) if found else "something"


def _missing(operation: str, answer: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """What an answer leaves out because the stack does not have it, "" for nothing."""
    if operation == "GetParameters" and answer.get("InvalidParameters"):
        return json.dumps(answer["InvalidParameters"])
    if operation == "GetParametersByPath" and not answer.get("Parameters"):
        return _named(parameters)
    return ""
