"""boto3 inside a handler: botocore's own client and validation, the model's answers.

botocore asks the listeners of `before-call` whether somebody has an answer before it opens a connection. By
then it has validated and serialised the parameters; it turns our answer into the return value or the exception
afterwards. The parameters as the caller gave them are noted at `before-parameter-build`, after all other
listeners of that event (boto3's resources turn Python values into DynamoDB's there).

Not modelled: botocore's retries, which happen below this point. A throttled call raises at its first answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any

import botocore.handlers
import botocore.hooks
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from lab.handlers.fibers import current
from lab.handlers.patches import Patches
from lab.model.runtime import AwsApi, AwsError, Caller, LongPoll

if TYPE_CHECKING:
    from botocore.model import OperationModel

_NOTED = "delivery_lab_parameters"

_loader: Any = None
_accepting: dict[FunctionType, Any] = {}


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


def _note_parameters(params: Any, context: dict[str, Any], **_: Any) -> None:
    if current() is not None or _operators:
        context[_NOTED] = params


def _answer(model: OperationModel, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
    fiber = current()
    service = model.service_model.service_name
    parameters = dict(context.get(_NOTED, {}))
    if fiber is not None:
        host, environment = fiber.environment.host, fiber.environment
        request_id = host.streams.uuid("api request", environment.function.name, str(environment.number))
        call: Callable[[], Any] = partial(host.call_aws, fiber, service, model.name, parameters)
    elif _operators:
        request_id = "deployment"
        call = partial(_operators[-1].call, service, model.name, parameters, Caller("deployment", None))
    else:
        return None
    try:
        answer = call()
        parsed: dict[str, Any] = dict(answer.empty if isinstance(answer, LongPoll) else answer)
        status = 200
    except AwsError as error:
        parsed = {**error.details, "Error": {"Code": error.code, "Message": error.message}}
        status = error.status
    headers = {"x-amzn-requestid": request_id}
    parsed["ResponseMetadata"] = {
        "RequestId": request_id,
        "HTTPStatusCode": status,
        "HTTPHeaders": headers,
        "RetryAttempts": 0,
    }
    return AWSResponse(f"https://{service}.amazonaws.com/", status, HTTPHeaders.from_dict(headers), None), parsed


def _shared_loader(real: Any) -> Any:
    """One store of service descriptions for all handlers: reading them takes most of the time a client takes."""

    def create_loader(search_path_string: str | None = None) -> Any:
        global _loader
        if current() is None or search_path_string:
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


def _sharing_names(real: Any) -> Any:
    """The names of botocore's events are translated by a fixed table; sessions of handlers share what is known."""
    known: dict[str, str] = {}

    def event_aliaser(*args: Any, **kwargs: Any) -> Any:
        made = real(*args, **kwargs)
        if current() is not None:
            made._alias_name_cache = known
        return made

    return event_aliaser


def install(patches: Patches) -> None:
    """Have every botocore session that is made from now on ask us.

    Sessions made outside handlers do what they did: our listeners only answer calls made inside one.
    """
    last = botocore.handlers.REGISTER_LAST
    ours: list[Any] = [("before-parameter-build", _note_parameters, last), ("before-call", _answer, last)]
    patches.set(botocore.handlers, "BUILTIN_HANDLERS", [*botocore.handlers.BUILTIN_HANDLERS, *ours])
    patches.set(botocore.session, "create_loader", _shared_loader(botocore.session.create_loader))
    patches.set(botocore.session, "EventAliaser", _sharing_names(botocore.session.EventAliaser))
    patches.set(botocore.hooks, "accepts_kwargs", _remembering(botocore.hooks.accepts_kwargs))
