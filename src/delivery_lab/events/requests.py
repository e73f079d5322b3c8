"""Events of callers who wait for an answer."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.events.base import Actor, EventBase


@dataclass(frozen=True, slots=True)
class RequestAnswered(EventBase):
    """An HTTP API answered a request of the workload.

    Attributes:
        api: name of the HTTP API.
        method: HTTP method.
        path: path of the request, without its query.
        status: HTTP status of the answer.
        invoke: id of the invoke behind it, None where none was made.
    """

    api: str
    method: str
    path: str
    status: int
    invoke: str | None


@dataclass(frozen=True, slots=True)
class RequestArrived(EventBase):
    """A request has arrived at an API that calls a service of AWS itself.

    Attributes:
        api: name of the API.
        method: HTTP method.
        path: path of the request, without its query.
        request: id that API Gateway gives it.
        operation: the operation that the integration calls.
        body: what the caller sent.
    """

    api: str
    method: str
    path: str
    request: str
    operation: str
    body: str


@dataclass(frozen=True, slots=True)
class RequestPassedOn(EventBase):
    """The service has taken what an API has made of a request.

    Attributes:
        api: name of the API.
        request: id of the request.
        messages: the ids that the service gave.
    """

    api: str
    request: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvokeAnswered(EventBase):
    """A synchronous invoke of the workload was answered.

    Attributes:
        function: name of the function.
        invoke: id of the invoke, None where Lambda refused it.
        status: HTTP status of the answer, 200 also where the function failed.
        error: the function's error type, or AWS's error code of a refusal; None where all is well.
    """

    function: str
    invoke: str | None
    status: int
    error: str | None


@dataclass(frozen=True, slots=True)
class WebCallAnswered(EventBase):
    """A request that code sent to an HTTP address got its answer from the workload.

    The event is at the instant of the request; the answer may arrive later.

    Attributes:
        method: HTTP method.
        url: the whole address.
        body: what was sent, as text.
        status: HTTP status of the answer.
        by: who called.
    """

    method: str
    url: str
    body: str
    status: int
    by: Actor


@dataclass(frozen=True, slots=True)
class CallUnanswered(EventBase):
    """Nobody answered a call or a request of code: its connection failed, as the workload says.

    Attributes:
        what: the service and its operation, the method and the URL, or the host of a connection that was opened.
        how: what became of the connection, in the workload's word.
        by: who called.
    """

    what: str
    how: str
    by: Actor


@dataclass(frozen=True, slots=True)
class ApiCallRefused(EventBase):
    """AWS answered an API call with an error.

    Attributes:
        service: the service as boto3 names it.
        operation: the operation as the API names it.
        code: AWS's error code.
        condition_refused: whether it was a conditional write whose condition did not hold, alone or in a transaction.
        by: who called.
    """

    service: str
    operation: str
    code: str
    condition_refused: bool
    by: Actor
