"""API calls of handlers: who answers them, and how late."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from delivery_lab.errors import NotModelledError
from delivery_lab.events import ApiCallRefused, Journal
from delivery_lab.model.answers import GivenAnswers, ServiceAnswer
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.conditions import is_refused_condition, rule_of_refusal
from delivery_lab.model.elsewhere import refuse_elsewhere
from delivery_lab.model.eventbridge.buses import EventBuses
from delivery_lab.model.faults import FaultKind, Faults, InjectedFault, error_of
from delivery_lab.model.functions import Lambda
from delivery_lab.model.lambda_api import LambdaApi
from delivery_lab.model.late import Answer, answer_late
from delivery_lab.model.moto_operations import OBJECTS_PUT, STORED, UnknownToStackError
from delivery_lab.model.runtime import AwsError, Caller, Connecting, ConnectionFailed, Pending
from delivery_lab.model.s3.bucket import NotifyingBucket
from delivery_lab.model.sns.api import SnsApi
from delivery_lab.model.sns.topic import SnsTopic
from delivery_lab.model.sqs.administration import name_of
from delivery_lab.model.sqs.api import SqsApi
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.model.streams.kinesis_api import KinesisApi
from delivery_lab.model.streams.table_streams_api import TableStreamsApi
from delivery_lab.model.sts import answer_of_sts
from delivery_lab.model.targets import Sinks

if TYPE_CHECKING:  # moto takes a quarter of a second to import: only stacks with tables pay for it
    from delivery_lab.model.dynamodb import DynamoDb
    from delivery_lab.model.moto_services import MotoServices


class AnsweringServices(Protocol):
    """What answers calls: the services of an account, and what the workload says."""

    scheduler: Scheduler
    journal: Journal
    functions: Lambda
    faults: Faults
    answers: GivenAnswers
    sqs: SqsApi
    queues: dict[str, SqsQueue]
    lambda_api: LambdaApi
    sinks: Sinks
    sns: SnsApi
    buses: EventBuses
    buckets: dict[str, NotifyingBucket]
    objects: list[tuple[str, str, bytes | None]]
    topics: dict[str, SnsTopic]
    kinesis: KinesisApi
    streams_by_name: dict[str, KinesisStream]
    table_streams: dict[str, TableStream]
    table_streams_api: TableStreamsApi
    dynamodb: DynamoDb | None
    stored: MotoServices | None
    roles: frozenset[str]


class Calls:
    """The calls of all handlers of an account.

    A fault of the workload stands before its answers, and these stand before services.

    Args:
        services: who answers.
    """

    def __init__(self, services: AnsweringServices) -> None:
        self._services = services

    def call(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> Answer:
        """Answer an API call of a handler; see `delivery_lab.model.runtime.AwsApi`."""
        self._services.journal.rely_on("SIM-API-1")
        self._services.functions.note_api_call(caller.request_id)
        fault = self._services.faults.of_call(service, operation, parameters)
        given = self._services.answers.of_call(service, operation, parameters, caller)
        silent = given is not None and given[0].connection is Connecting.SILENT
        if silent and (fault is None or fault.kind is FaultKind.LATENCY):
            self._services.answers.note_failure(f"{service} {operation}", Connecting.SILENT, caller)
            return Pending(_never)
        delay = 0 if given is None else given[1]
        if fault is not None and fault.kind is FaultKind.LATENCY:
            delay, fault = delay + fault.delay, None
        entry = None if given is None else given[0]
        ask = partial(self._answer, service, operation, parameters, caller, fault, entry)
        return Pending(partial(answer_late, ask, delay, self._services.scheduler)) if delay else ask()

    def _answer(
        self,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        caller: Caller,
        fault: InjectedFault | None,
        given: ServiceAnswer | None,
    ) -> Answer:
        try:
            if fault is not None:
                raise error_of(service, fault.kind)
            if given is not None:
                return given.result()
            return self._answered_by_service(service, operation, parameters, caller)
        except AwsError as error:
            now, rule = self._services.scheduler.now, rule_of_refusal(error)
            condition_refused = is_refused_condition(error)
            self._services.journal.append(
                ApiCallRefused(now, rule, service, operation, error.code, condition_refused, caller.actor)
            )
            raise
        except ConnectionFailed as failed:
            self._services.answers.note_failure(f"{service} {operation}", failed.how, caller)
            raise

    def _answered_by_service(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> Answer:
        try:
            return self._dispatch(service, operation, parameters, caller)
        except NotModelledError as error:
            if "\n" in str(error):  # it says itself what to do
                raise
            raise NotModelledError(f"{error}\n{_fix(service, operation)}") from None

    def _dispatch(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> Answer:
        functions = self._services.functions
        if caller.function in functions.names:
            config = functions.configuration(caller.function)
            place = config.region, config.account_id
            refuse_elsewhere(self._knows, service, parameters, caller.function, place)
        if service == "sqs":
            return self._services.sqs.call(operation, parameters, caller)
        if service == "lambda":
            return self._services.lambda_api.call(operation, parameters, caller)
        if service == "sns" and self._services.topics:
            return self._services.sns.call(operation, parameters, caller)
        if service == "sts" and caller.function in functions.names:
            return self._ask_sts(operation, parameters, caller)
        if service in STORED and self._services.stored is not None:
            return self._ask_stored(self._services.stored, service, operation, parameters, caller)
        if service == "events":
            return self._services.buses.call(operation, parameters, caller)
        apis = {
            "dynamodb": self._services.dynamodb,
            "dynamodbstreams": self._services.table_streams_api if self._services.table_streams else None,
            "kinesis": self._services.kinesis if self._services.streams_by_name else None,
        }
        api = apis.get(service)
        if api is not None:
            return api.call(operation, parameters)
        raise _unanswered(caller, service, operation, "which nothing in this stack answers")

    def _knows(self, kind: str, name: str) -> bool:
        """Whether the stack has something, by the name that a call gives it; what it had and has deleted counts."""
        services = self._services
        match kind:
            case "queue":
                return any(name in (queue.url, name_of(queue)) for queue in services.queues.values())
            case "stream":
                return any(name in (stream.arn, stream.physical_name) for stream in services.streams_by_name.values())
            case "table":
                return services.dynamodb is not None and name in services.dynamodb.tables
        return services.sinks.at(name) is not None

    def _ask_sts(self, operation: str, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        self._services.journal.rely_on("SIM-STS-1")
        config = self._services.functions.configuration(caller.function)
        try:
            return answer_of_sts(operation, parameters, config, self._services.roles, self._services.scheduler.now)
        except UnknownToStackError as error:
            raise _unanswered(caller, "sts", operation, str(error)) from None

    def _ask_stored(
        self, stored: MotoServices, service: str, operation: str, parameters: dict[str, Any], caller: Caller
    ) -> dict[str, Any]:
        self._bring_up_to_date(stored)
        try:
            answer = stored.call(service, operation, parameters)
        except UnknownToStackError as error:
            raise _unanswered(caller, service, operation, str(error)) from None
        if service == "s3" and operation in OBJECTS_PUT:
            self._services.sinks.put_object(parameters)
        if service == "s3":
            self._tell(operation, parameters, answer, caller)
        return answer

    def _bring_up_to_date(self, stored: MotoServices) -> None:
        """Do to objects what the workload has done since a handler last asked."""
        objects = self._services.objects
        while objects:
            bucket, key, content = objects.pop(0)
            if content is None:
                stored.call("s3", "DeleteObject", {"Bucket": bucket, "Key": key})
            else:
                stored.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": content})

    def _tell(self, operation: str, parameters: dict[str, Any], answer: dict[str, Any], caller: Caller) -> None:
        """Let a bucket tell of what was done to its objects (S3-NOTIFY-1)."""
        bucket = self._services.buckets.get(str(parameters.get("Bucket")))
        if bucket is not None:
            functions, request = self._services.functions, caller.request_id
            lineage, trace = functions.loops.lineage(request), functions.traces.of(request)
            bucket.operation(operation, parameters, answer, invoke=request, lineage=lineage, trace=trace)


def _never(_: Callable[[Any], None]) -> None:
    """Nobody answers, so nobody is called back."""


def _unanswered(caller: Caller, service: str, operation: str, why: str) -> NotModelledError:
    """A call that nothing answers, with the line that would."""
    return NotModelledError(f"{caller.function} calls {service}:{operation}, {why}\n{_fix(service, operation)}")


def _fix(service: str, operation: str) -> str:
    """The line of a workload that would answer a call."""
    from delivery_lab.model.answer_lines import line_of_call  # botocore is loaded where it is needed

    return f"  fix: add to the workload\n    answers:\n      {line_of_call(service, operation)}"
