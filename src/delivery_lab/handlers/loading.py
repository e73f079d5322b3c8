"""From `module.function` to the handler itself, or to what Lambda answers where there is none (LAM-INIT-2)."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import FrameType, ModuleType

from delivery_lab.errors import HandlerLoadError, LabError, NotModelledError, describe_instead
from delivery_lab.handlers.answers import Handler, place_in_lambda, stack_of
from delivery_lab.handlers.fibers import as_host
from delivery_lab.handlers.missing import may_be_later_syntax, why_ours
from delivery_lab.handlers.modules import SearchPath
from delivery_lab.model.runtime import PROVISIONED, FunctionConfig


class InitialisationError(Exception):
    """A function's code cannot be initialised, neither here nor in Lambda.

    Args:
        kind: the error type that Lambda reports, such as `Runtime.ImportModuleError`.
        message: Lambda's message.
        stack: lines of the stack trace.
        advice: what the user can do about it, "" where the message says it.
    """

    def __init__(self, kind: str, message: str, stack: list[str], advice: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.stack = stack
        self.advice = advice


def load_handler(function: FunctionConfig, search: SearchPath) -> Handler:
    """Import the handler's module and take the handler from it, as Lambda's Python runtime does.

    Raises:
        InitialisationError: Lambda could not, either.
        SystemExit: the code ends its process.
        HandlerLoadError: the code cannot be imported here, which says nothing about Lambda.
    """
    path, dot, attribute = function.handler.rpartition(".")
    if not dot:
        message = f"Bad handler '{function.handler}': not enough values to unpack (expected 2, got 1)"
        raise InitialisationError("Runtime.MalformedHandlerName", message, [], "write it as module.function")
    if path.partition(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {path} as a handler module"
        raise InitialisationError("Runtime.BuiltInModuleConflict", message, [])
    module = _import(function, search, path)
    try:
        handler: Handler = getattr(module, attribute)
    except AttributeError:
        message = f"Handler '{attribute}' missing on module '{path}'"
        raise InitialisationError("Runtime.HandlerNotFound", message, []) from None
    return handler


def _import(function: FunctionConfig, search: SearchPath, path: str) -> ModuleType:
    try:
        return importlib.import_module(path.replace("/", "."))
    except (LabError, SystemExit):
        raise
    except ImportError as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith("<frozen")]
        with as_host():
            reason = why_ours(error, function, search, raised_in=own[-1].filename if own else "")
        if reason is not None:
            raise _refusal(function, search, path, error, reason) from None
        message = f"Unable to import module '{path}': {_text(error)}"
        advice = "pack the module with the function or a layer" if isinstance(error, ModuleNotFoundError) else ""
        raise InitialisationError("Runtime.ImportModuleError", message, [], advice) from None
    except SyntaxError as error:
        if may_be_later_syntax(error, function):
            reason = f"{function.runtime} may read what this Python cannot"
            raise _refusal(function, search, path, error, reason) from None
        place = place_in_lambda(error.filename or "") or error.filename
        stack = [f'  File "{place}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{path}': {error}"
        raise InitialisationError("Runtime.UserCodeSyntaxError", message, stack) from None
    except Exception as error:  # noqa: BLE001  # an import may raise anything
        stack = stack_of(error.__traceback__)
        try:
            said = str(error)
        except BaseException:  # noqa: BLE001  # Lambda's runtime asks for the text, too, and ends with what it gets
            raise SystemExit(1) from None
        raise InitialisationError(type(error).__name__, said, stack, _line(error, search)) from None
    except BaseException:  # noqa: BLE001  # what Lambda's runtime does not catch ends its process
        raise SystemExit(1) from None


def check_ready(function: FunctionConfig, waited: int, *, failed: bool) -> None:
    """Refuse code of an environment that is kept ready where its import is not what it would have been (LAM-PROV-4).

    Args:
        function: the function.
        waited: microseconds that the import took.
        failed: whether the code could not be initialised.

    Raises:
        NotModelledError: it took time, which AWS takes before any invoke; or it failed, and AWS keeps nothing ready.
    """
    if function.initialization != PROVISIONED or not (waited or failed):
        return
    name = function.name
    if failed:
        what = f"the code of {name} cannot be initialised, so AWS would keep none of its environments ready"
        raise NotModelledError(f"{what}\n  nearest: leave its provisioned concurrency out, and see what invokes answer")
    what = f"{name} waits {waited / 1e6:g} s while its code is imported, which AWS lets happen before any invoke"
    raise NotModelledError(
        f"provisioned concurrency: {what}\n  nearest: wait within the handler, or leave the provisioned concurrency out"
    )


def _text(error: ImportError) -> str:
    """What an ImportError says, with Lambda's folders in place of ours."""
    text = str(error)
    return text.replace(error.path, place_in_lambda(error.path) or error.path) if error.path else text


def _line(error: Exception, search: SearchPath) -> str:
    """Where in the user's files an import failed."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename, search)]
    return f"raised in {frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def _refusal(
    function: FunctionConfig, search: SearchPath, path: str, error: Exception, reason: str
) -> HandlerLoadError:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename, search)]
    trace = "".join([*traceback.format_list(frames), *traceback.format_exception_only(error)]).rstrip()
    return HandlerLoadError(
        f"function {function.name}: {path!r} cannot be imported here, and Lambda may be able to: {reason}\n{trace}\n"
        "  fix: install it where the lab runs, or pack it with the function or a layer: packages come from there\n"
        f"  or {describe_instead(function.name)}"
    )


def is_users(filename: str, search: SearchPath) -> bool:
    """Whether a file belongs to the function or to one of its layers."""
    return any(filename == root or filename.startswith(f"{root}/") for root in search.files)


def users_line(frame: FrameType | None, search: SearchPath) -> str:
    """`file:line in name` of the innermost frame in the function's own files, else of the innermost frame."""
    innermost = frame
    while frame is not None and not is_users(frame.f_code.co_filename, search):
        frame = frame.f_back
    frame = frame or innermost
    if frame is None:
        return "an unknown place"
    return f"{Path(frame.f_code.co_filename)}:{frame.f_lineno} in {frame.f_code.co_name}"
