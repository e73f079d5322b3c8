"""boto3 inside a handler: botocore's own client and validation, the model's answers.

botocore asks the listeners of `before-call` whether somebody has an answer before it opens a connection. By
then it has validated and serialised the parameters; it turns our answer into the return value or the exception
afterwards. The parameters as the caller gave them are noted at `before-parameter-build`, after all other
listeners of that event (boto3's resources turn Python values into DynamoDB's there).

botocore's retries happen below this point, around the connection. A call whose first answer may be tried again
(a throttle, an internal error, a timeout, a connection that fails) is therefore let through to them: `before-send`,
which botocore asks for each attempt, gives that answer first and asks the model for the next ones, so the client's own
retry mode, number of attempts, quota, waits and timeouts decide (SYN-RETRY-1, SYN-RETRY-2). Every other call takes the
short way.
Clients in the mode `adaptive` count every call, so theirs all take the long one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from logging import DEBUG, Logger
from types import FunctionType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import botocore.endpoint_provider
import botocore.errorfactory
import botocore.handlers
import botocore.hooks
import botocore.loaders
import botocore.model
import botocore.session
import botocore.useragent
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from botocore.retries import standard

from delivery_lab.handlers import wire
from delivery_lab.handlers.failed_calls import raise_failed
from delivery_lab.handlers.fibers import Fiber, current
from delivery_lab.handlers.patches import Patches
from delivery_lab.model.runtime import (
    AwsApi,
    AwsError,
    Caller,
    ConnectionFailed,
    LongPoll,
    Pending,
    ReadTimeout,
)

if TYPE_CHECKING:
    from botocore.model import OperationModel

_NOTED = "delivery_lab_parameters"

DESCRIPTIONS = (
    botocore.model.ServiceModel,
    botocore.model.OperationModel,
    botocore.model.Shape,
    botocore.model.ShapeResolver,
    botocore.errorfactory.ClientExceptionsFactory,
    botocore.endpoint_provider.EndpointProvider,
    botocore.loaders.Loader,
)
"""What describes services: it never changes, and only keeps what it has worked out."""

_loader: Any = None
_allowed = lru_cache(maxsize=1_000)(botocore.useragent.sanitize_user_agent_string_component)
"""Goes through each part of the user agent letter by letter, for each call again."""
_component = botocore.useragent.UserAgentComponent
_component_text = _component.to_string
_known_component_text = lru_cache(maxsize=1_000)(_component_text)
_accepting: dict[FunctionType, Any] = {}
_names: dict[str, str] = {}
_MOST_NAMES = 10_000
_ALIASES: dict[str, str] = botocore.hooks.EVENT_ALIASES
_hooks_log: Logger = botocore.hooks.logger

# Who answers calls made outside handlers while a deployment runs; see `operating`.
_operators: list[AwsApi] = []


@contextmanager
def operating(aws: AwsApi) -> Iterator[None]:
    """Answer calls made outside handlers too, at once: those of code that takes part in a deployment.

    Only sessions made within an entered `HandlerHost` ask us at all.
    """
    _operators.append(aws)
    try:
        yield
    finally:
        _operators.remove(aws)


@dataclass(slots=True)
class _RetriedCall:
    """A call of a handler that has gone through to botocore's retries.

    Attributes:
        model: the operation.
        ask: makes an attempt.
        request_id: makes the id of an attempt.
        answer: the answer to the attempt under way, None before it was made.
        client_config: the settings of the client, None without any.
    """

    model: OperationModel
    ask: Callable[[], ApiAnswer]
    request_id: Callable[[], str]
    answer: ApiAnswer | None
    client_config: Any


ApiAnswer = dict[str, Any] | AwsError | ConnectionFailed | ReadTimeout

_retried_calls: WeakKeyDictionary[Fiber, _RetriedCall] = WeakKeyDictionary()


def _note_parameters(params: Any, context: dict[str, Any], **_: Any) -> None:
    if current() is not None or _operators:
        context[_NOTED] = params


def _answer(model: OperationModel, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
    """Answer a call at `before-call`, or let it through to the retries."""
    fiber = current()
    parameters = {name: _whole(value) for name, value in context.get(_NOTED, {}).items()}
    if fiber is None:
        return _answer_operator(model, parameters) if _operators else None
    host, environment = fiber.environment.host, fiber.environment
    config = context.get("client_config")
    read_timeout_seconds = getattr(config, "read_timeout", None)
    service = model.service_model.service_name
    retried = _RetriedCall(
        model,
        partial(_attempt, partial(host.call_aws, fiber, service, model.name, parameters, read_timeout_seconds)),
        partial(host.streams.uuid, "api request", environment.function.name, str(environment.number)),
        None,
        config,
    )
    if (getattr(config, "retries", None) or {}).get("mode") != "adaptive":
        answer = retried.answer = retried.ask()
        if isinstance(answer, dict) or (isinstance(answer, AwsError) and not wire.is_retryable(answer)):
            return _finished(model, answer, retried.request_id())
    _retried_calls[fiber] = retried
    return None


def _whole(value: Any) -> Any:
    """A parameter that is read from a file, such as the body of an object, as what stands in it."""
    return value.read() if hasattr(value, "read") else value


def _attempt(call: Callable[[], dict[str, Any]]) -> ApiAnswer:
    try:
        return call()
    except (AwsError, ConnectionFailed, ReadTimeout) as error:
        return error


def _answer_operator(model: OperationModel, parameters: dict[str, Any]) -> tuple[AWSResponse, dict[str, Any]]:
    caller = Caller("deployment", None)
    try:
        answer = _operators[-1].call(model.service_model.service_name, model.name, parameters, caller)
    except AwsError as error:
        return _finished(model, error, "deployment")
    if isinstance(answer, Pending):
        raise TypeError(f"a deployment cannot wait for {model.name}: no time passes while it runs")
    return _finished(model, answer.empty if isinstance(answer, LongPoll) else answer, "deployment")


def _finished(
    model: OperationModel, answer: dict[str, Any] | AwsError, request_id: str
) -> tuple[AWSResponse, dict[str, Any]]:
    """An answer as botocore hands it on after its retries."""
    if isinstance(answer, AwsError):
        parsed = _parsed(model, answer)
        status = answer.status
    else:
        parsed = _with_streams(model, answer)
        status = _status(answer)
        request_id = _own_request_id(answer) or request_id
    headers = {"x-amzn-requestid": request_id}
    parsed["ResponseMetadata"] = {
        "RequestId": request_id,
        "HTTPStatusCode": status,
        "HTTPHeaders": headers,
        "RetryAttempts": 0,
    }
    url = f"https://{model.service_model.service_name}.amazonaws.com/"
    return AWSResponse(url, status, HTTPHeaders.from_dict(headers), None), parsed


def _parsed(model: OperationModel, error: AwsError) -> dict[str, Any]:
    """An error as botocore reads it: what a handler finds in `error.response`."""
    described = {"Code": error.code, "Message": error.message}
    parsed: dict[str, Any] = {"Error": described, **error.details}
    service = model.service_model
    if service.is_query_compatible:
        described |= {"QueryErrorCode": error.shape, "Type": wire.fault_of(error)}
    modelled: Any = service.shape_for_error_code(error.code)  # type: ignore[arg-type]  # the stubs have it as a number
    for member in ("message", "Message"):
        if modelled is not None and member in modelled.members:
            parsed.setdefault(member, error.message)
    return parsed


def _with_streams(model: OperationModel, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer whose streamed member, such as the `Payload` of an invoke, is read as a stream."""
    parsed = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    shape = model.output_shape
    name = shape.serialization.get("payload") if shape is not None and model.has_streaming_output else None
    if name is not None and isinstance(parsed.get(name), bytes):
        parsed[name] = StreamingBody(BytesIO(parsed[name]), len(parsed[name]))
    return parsed


def _status(answer: dict[str, Any]) -> int:
    """The HTTP status of a successful answer, which that of an invoke names."""
    return int(answer.get("StatusCode", 200))


def _own_request_id(answer: dict[str, Any]) -> str | None:
    """The request id that the model gave an answer: that of an invoke is the one its function sees."""
    metadata: dict[str, str] = answer.get("ResponseMetadata", {})
    return metadata.get("RequestId")


def _send(request: Any, **_: Any) -> AWSResponse | None:
    """Answer one attempt at `before-send`.

    Raises:
        ReadTimeoutError: there was no answer within the read timeout of the client.
        HTTPClientError: the connection failed; which kind of it says how.
    """
    fiber = current()
    retried = None if fiber is None else _retried_calls.get(fiber)
    if fiber is None or retried is None:
        return None
    answer, retried.answer = retried.answer, None
    if answer is None:
        answer = retried.ask()
    if isinstance(answer, ReadTimeout):
        raise ReadTimeoutError(endpoint_url=request.url, error="Read timed out.")
    if isinstance(answer, ConnectionFailed):
        raise_failed(fiber, answer.how, request, retried.client_config)
    if isinstance(answer, AwsError):
        return wire.failure(retried.model, answer, retried.request_id())
    retried.answer = answer
    return wire.success(retried.model, _own_request_id(answer) or retried.request_id(), _status(answer))


def _fill_in(operation_model: OperationModel, customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Add the content of a successful attempt at `before-parse`."""
    fiber = current()
    retried = None if fiber is None else _retried_calls.get(fiber)
    if fiber is None or retried is None or not isinstance(retried.answer, dict):
        return
    customized_response_dict.update(_with_streams(operation_model, retried.answer))
    del _retried_calls[fiber]


class _Backoff(standard.ExponentialBackoff):
    """botocore's waits, drawn by the generator of whoever waits: botocore binds the host's when it is imported."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"random": lambda: random.random(), **kwargs})


def _shared_loader(real: Any) -> Any:
    """One store of service descriptions for all whom we answer: reading them takes most of the time a client takes."""

    def create_loader(search_path_string: str | None = None) -> Any:
        global _loader
        if (current() is None and not _operators) or search_path_string:
            return real(search_path_string)
        if _loader is None:
            _loader = real(None)
        return _loader

    return create_loader


def _remembering(real: Any) -> Any:
    """Inspect the signatures of botocore's 130 listeners once, not for each session again."""
    if not _accepting:
        known = {entry[1] for entry in botocore.handlers.BUILTIN_HANDLERS if isinstance(entry[1], FunctionType)}
        _accepting.update({listener: real(listener) for listener in known})

    def accepts_kwargs(listener: Any) -> Any:
        checked = _accepting.get(listener) if isinstance(listener, FunctionType) else None
        return real(listener) if checked is None else checked

    return accepts_kwargs


def _text_of_component(component: Any) -> str:
    """A part of the user agent, which has nine of them for each call; only the one that is cut to a size is new."""
    return _known_component_text(component) if component.size_config is None else _component_text(component)


def _sharing_names(real: Any) -> Any:
    """The names of botocore's events are translated by a fixed table, of which each client has a copy: look once."""

    def alias_event_name(aliaser: Any, name: str) -> str:
        known = _names.get(name)
        if known is not None and aliaser._event_aliases == _ALIASES and not _hooks_log.isEnabledFor(DEBUG):
            return known
        found: str = real(aliaser, name)
        if len(_names) < _MOST_NAMES and aliaser._event_aliases == _ALIASES:
            _names[name] = found
        return found

    return alias_event_name


def install(patches: Patches) -> None:
    """Have every botocore session that is made from now on ask us.

    Sessions made outside handlers do what they did: our listeners only answer calls made inside one.
    """
    last = botocore.handlers.REGISTER_LAST
    ours: list[Any] = [
        ("before-parameter-build", _note_parameters, last),
        ("before-call", _answer, last),
        ("before-send", _send, last),
        ("before-parse", _fill_in, last),
    ]
    patches.set(botocore.handlers, "BUILTIN_HANDLERS", [*botocore.handlers.BUILTIN_HANDLERS, *ours])
    patches.set(standard, "ExponentialBackoff", _Backoff)
    patches.set(botocore.session, "create_loader", _shared_loader(botocore.session.create_loader))
    aliaser = botocore.hooks.EventAliaser
    patches.set(aliaser, "_alias_event_name", _sharing_names(vars(aliaser)["_alias_event_name"]))
    patches.set(botocore.useragent, "sanitize_user_agent_string_component", _allowed)
    patches.set(_component, "to_string", _text_of_component)
    patches.set(botocore.hooks, "accepts_kwargs", _remembering(botocore.hooks.accepts_kwargs))
