"""Calling a handler, and writing down its answer as Lambda's Python runtime does."""

from __future__ import annotations

import inspect
import json
import os
import sysconfig
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.handlers.marshalling import EndsProcessError, marshalled, sendable
from delivery_lab.model.runtime import FunctionConfig, InvokeRequest, InvokeResponse

MAX_RESPONSE_BYTES = 6_291_556
"""Largest response of a synchronous invoke, the number that Lambda's own message names."""

Handler = Callable[[Any, Any], Any]

_OWN_FOLDER = str(Path(__file__).parent)
_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"]


@dataclass(slots=True)
class LambdaContext:
    """What Lambda passes to a handler as its second argument."""

    function_name: str
    function_version: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    _remaining_ms: Callable[[], int]
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds of virtual time until the function times out, never below 0."""
        return self._remaining_ms()


def context_for(
    function: FunctionConfig, request: InvokeRequest, log_stream: str, now: Callable[[], int]
) -> LambdaContext:
    """The context of one invoke; `now` reads the clock in microseconds."""
    return LambdaContext(
        function_name=function.deployed_name,
        function_version="$LATEST",
        invoked_function_arn=function.arn,
        memory_limit_in_mb=str(function.memory_mb),
        aws_request_id=request.request_id,
        log_group_name=function.log_group,
        log_stream_name=log_stream,
        _remaining_ms=lambda: max(0, (request.deadline - now()) // 1000),
    )


@dataclass(frozen=True, slots=True)
class HandlerAnswer:
    """A response, and whether the process ended with it."""

    response: InvokeResponse
    exited: bool = False


def call(
    handler: Handler,
    request: InvokeRequest,
    context: LambdaContext,
    watched: Callable[[Any], Any],
    function: FunctionConfig,
) -> HandlerAnswer:
    """Call the handler and serialise what it returns or raises; `watched` makes the event one that is watched.

    Raises:
        NotModelledError: it returns bytes that are no text.
    """
    try:
        result = handler(watched(json.loads(request.payload)), context)
    except SystemExit as error:
        return exit_answer(request.request_id, error.code)
    except Exception as error:  # noqa: BLE001  # whatever the function raises is its answer
        try:
            said = str(error)
        except SystemExit as left:
            return exit_answer(request.request_id, left.code)
        except BaseException:  # noqa: BLE001  # Lambda's runtime does not catch this, so its process ends
            return exit_answer(request.request_id, 1)
        return _told(type(error).__name__, said, request.request_id, stack_of(error.__traceback__))
    except BaseException:  # noqa: BLE001  # nor what is no Exception
        return exit_answer(request.request_id, 1)
    return _success(result, request.request_id, function)


def exit_answer(request_id: str, code: object, reason: str = "") -> HandlerAnswer:
    """What Lambda reports when the process ends itself, or is ended by what `reason` names."""
    status = code if isinstance(code, int) else int(code is not None)
    reason = reason or f"exit status {status}"
    told = f"Runtime exited with error: {reason}" if status else "Runtime exited without providing a reason"
    message = f"RequestId: {request_id} Error: {told}"
    return HandlerAnswer(_failure("Runtime.ExitError", message, request_id, None), exited=True)


def init_answer(kind: str, message: str, stack: list[str]) -> HandlerAnswer:
    """What Lambda reports when the code cannot be initialised; its process ends with it (LAM-INIT-2)."""
    return HandlerAnswer(_failure(kind, message, "", stack), exited=True)


def frames_of(trace: TracebackType | None) -> traceback.StackSummary:
    """The frames of a traceback from the first one that is not the lab's."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OWN_FOLDER):
        trace = trace.tb_next
    return traceback.extract_tb(trace)


def stack_of(trace: TracebackType | None) -> list[str]:
    """The stack trace of an error answer, as it would look in Lambda.

    It ends up in what destinations and callers get, and so in the trace of the run, which has to be the same on every
    machine and Python version: hence Lambda's folders in place of ours, and no frames of the standard library.
    """
    return [
        f'  File "{place}", line {frame.lineno}, in {frame.name}\n    {frame.line}\n'
        for frame in frames_of(trace)
        if (place := place_in_lambda(frame.filename)) is not None
    ]


def place_in_lambda(filename: str) -> str | None:
    """Where a file is in Lambda, None for one of the standard library."""
    installed = filename.replace(os.sep, "/").rpartition("/site-packages/")[2]
    if installed != filename.replace(os.sep, "/"):
        return f"/opt/python/{installed}"
    return None if filename.startswith((_STANDARD_LIBRARY, "<frozen")) else f"/var/task/{Path(filename).name}"


def _success(result: Any, request_id: str, function: FunctionConfig) -> HandlerAnswer:
    if inspect.iscoroutine(result):
        result.close()  # Lambda does not await it, and it is no JSON
    try:
        payload = _text(result, function) if isinstance(result, bytes) else marshalled(result, function.runtime)
    except EndsProcessError:
        return exit_answer(request_id, 1)
    except NotModelledError:
        raise
    except Exception as error:  # noqa: BLE001  # a value's own methods may raise anything
        return _told("Runtime.MarshalError", f"Unable to marshal response: {error}", request_id, [])
    if len(payload) > MAX_RESPONSE_BYTES // 4 and len(payload.encode()) > MAX_RESPONSE_BYTES:
        message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
        return HandlerAnswer(_failure("Function.ResponseSizeTooLarge", message, request_id, None))
    return HandlerAnswer(InvokeResponse(payload))


def _text(response: bytes, function: FunctionConfig) -> str:
    """Bytes, which the runtime sends as they are (LAM-RESPONSE-1)."""
    try:
        return response.decode()
    except UnicodeDecodeError as error:
        raise NotModelledError(
            f"{function.name} returns {len(response)} bytes that are not UTF-8 ({error.reason} at byte {error.start}); "
            "responses that are no text are not modelled (LAM-RESPONSE-1)\n"
            "  nearest: return text, with the bytes in base64"
        ) from None


def _told(kind: str, message: str, request_id: str, stack: list[str]) -> HandlerAnswer:
    """An error that the runtime logs and reports; one that it cannot write is its end (LAM-RESPONSE-1)."""
    response = _failure(kind, message, request_id, stack)
    try:
        sendable(response.payload)
    except EndsProcessError:
        return exit_answer(request_id, 1)
    return HandlerAnswer(response)


def _failure(kind: str, message: str, request_id: str, stack: list[str] | None) -> InvokeResponse:
    body: dict[str, Any] = {"errorMessage": message, "errorType": kind}
    if stack is not None:
        body |= {"requestId": request_id, "stackTrace": stack}
    return InvokeResponse(json.dumps(body, ensure_ascii=False), kind)
