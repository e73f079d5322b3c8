"""S3, SSM, Secrets Manager, KMS, SES, Step Functions, CloudWatch and Firehose in virtual time (SIM-MOTO-1).

moto keeps what is put and answers as AWS does. Only operations are let through whose answers are right within a run;
what belongs to another stack is not known here, so a call for it is refused rather than answered with "not found".
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
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
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.model_instances import reset_model_data
from moto.moto_api._internal import mock_random

from delivery_lab.events import Journal
from delivery_lab.model.clock import EPOCH, Scheduler, in_seconds
from delivery_lab.model.creations import StoredStack
from delivery_lab.model.moto_isolation import chance_of_system, offline, rename
from delivery_lab.model.moto_operations import (
    OPERATIONS,
    UnknownToStackError,
    is_unknown,
    missing_in,
    named,
    refuse_size,
)
from delivery_lab.model.randomness import derived
from delivery_lab.model.runtime import AwsError


class MotoServices:
    """The services of one run. A context manager: on leaving, everything in them is gone.

    Args:
        stack: what the stack has in them.
        seed: the run's seed, from which moto draws ids and keys.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(
        self,
        stack: StoredStack,
        seed: int,
        scheduler: Scheduler,
        journal: Journal,
    ) -> None:
        self._stack = stack
        self._chance = random.Random(derived(seed, "moto bytes"))
        self._seed = seed
        self._scheduler = scheduler
        self._journal = journal
        self._clients: dict[str, Any] = {}
        self._deleting: set[str] = set()
        self._created: set[str] = set()

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
        work = next(filter(None, map(self._stack.works_on.get, _handed_to(parameters))), None)
        if work is not None:
            raise UnknownToStackError(f"which would work on {work}, and that is not modelled")
        refuse_size(service, parameters)
        self._create(service)
        self._journal.rely_on("SIM-MOTO-1")
        try:
            answer = self._send(service, operation, parameters)
        except AwsError as error:
            if is_unknown(service, error.code, error.message) and service not in self._deleting:
                raise UnknownToStackError(f"for {self._what(operation, parameters)}") from error
            if operation == "HeadBucket" and error.status == 404:
                raise UnknownToStackError(f"for {named(parameters)}, which is not in this stack") from error
            raise
        missing = missing_in(operation, answer, parameters)
        if missing and service not in self._deleting:
            raise UnknownToStackError(f"for {missing}, which is not in this stack")
        if operation.startswith("Delete"):
            self._deleting.add(service)
        return answer

    def _create(self, service: str) -> None:
        """Create what the stack has in a service, once: each takes its time to load."""
        together = {"ses", "sesv2"} if service in ("ses", "sesv2") else {service}
        if service in self._created:
            return
        self._created |= together
        for creation in self._stack.creations:
            if creation.service in together:
                self._send(creation.service, creation.operation, creation.parameters)
                if creation.arn:
                    rename(creation, self._stack.region)

    def _what(self, operation: str, parameters: Mapping[str, Any]) -> str:
        if operation in ("Decrypt", "ReEncrypt"):
            return "a text that no key of this stack has encrypted in this run"
        return f"{named(parameters)}, which is not in this stack"

    def _send(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        now = EPOCH.timestamp() + in_seconds(self._scheduler.now)
        with time_machine.travel(now, tick=False), offline(), chance_of_system(self._chance):
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
                region_name=self._stack.region,
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


def _handed_to(parameters: Mapping[str, Any]) -> Iterator[str]:
    """What a call hands something over to."""
    yield from (
        str(parameters[name])
        for name in ("stateMachineArn", "logGroupName", "DeliveryStreamName")
        if name in parameters
    )


def _forget() -> None:
    for backend in _in_use():
        for account in backend.values():
            account.reset()
    reset_model_data()


def _in_use() -> list[Any]:
    """What moto keeps for the services: a service that was not called has nothing, and takes its time to import."""
    used = getattr(BackendDict, "_instances", None)
    if used is None:  # moto has no public list of them
        return [get_backend(service) for service in OPERATIONS]  # type: ignore[call-overload]  # lists every service
    return [backend for backend in used if backend.service_name in OPERATIONS]


def _as_error(error: ClientError) -> AwsError:
    response: dict[str, Any] = dict(error.response)
    told = response.pop("Error", {})
    status = response.pop("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return AwsError(str(told.get("Code")), str(told.get("Message", "")), int(status), response)
