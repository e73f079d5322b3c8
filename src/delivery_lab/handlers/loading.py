"""From `module.function` to the handler itself, or to an error that says what is missing and where."""

from __future__ import annotations

import importlib
import inspect
import traceback
from pathlib import Path
from types import FrameType, ModuleType

from delivery_lab.errors import HandlerLoadError, LabError
from delivery_lab.handlers.answers import Handler
from delivery_lab.handlers.modules import SearchPath
from delivery_lab.model.runtime import FunctionConfig


def load_handler(function: FunctionConfig, search: SearchPath) -> Handler:
    """Import the handler's module and take the handler from it.

    Raises:
        HandlerLoadError: it cannot be found, its import fails, or it is of a kind Lambda cannot call.
    """
    path, _, attribute = function.handler.rpartition(".")
    module_name = path.replace("/", ".").strip(".")
    if not module_name or not attribute:
        raise HandlerLoadError(
            f"function {function.name}: handler {function.handler!r} is not of the form module.function\n"
            "  fix: name the file and the function in it, such as app.handler"
        )
    module = _import(function, search, module_name)
    handler = getattr(module, attribute, None)
    if handler is None:
        raise HandlerLoadError(
            f"function {function.name}: {module.__file__} has no {attribute!r}\n"
            f"  fix: define it there, or correct the function's handler ({function.handler!r})"
        )
    _refuse_uncallable(function, handler)
    result: Handler = handler
    return result


def _import(function: FunctionConfig, search: SearchPath, module_name: str) -> ModuleType:
    if search.find(module_name) is None:
        raise HandlerLoadError(
            f"function {function.name}: there is no module {module_name!r} for handler {function.handler!r} "
            f"in {', '.join(search.files)}\n"
            "  fix: correct the function's handler, or the path of its code"
        )
    try:
        return importlib.import_module(module_name)
    except LabError:
        raise
    except BaseException as error:  # noqa: BLE001  # an import may end in anything, also in SystemExit
        raise HandlerLoadError(_import_failure(function, search, module_name, error)) from None


def _import_failure(function: FunctionConfig, search: SearchPath, module_name: str, error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename, search)]
    trace = "".join([*traceback.format_list(frames), *traceback.format_exception_only(error)]).rstrip()
    text = f"function {function.name}: importing {module_name!r} failed\n{trace}"
    if isinstance(error, ModuleNotFoundError):
        text += "\n  fix: pack the module with the function or a layer, or install the package where the lab runs"
    return text


def _refuse_uncallable(function: FunctionConfig, handler: object) -> None:
    kinds = ("async def", inspect.iscoroutinefunction), ("async generator", inspect.isasyncgenfunction)
    for kind, is_kind in kinds:
        if is_kind(handler):
            raise HandlerLoadError(
                f"function {function.name}: handler {function.handler!r} is an {kind}, which Lambda does not await\n"
                "  fix: make it a plain function that calls asyncio.run(...)"
            )
    if not callable(handler):
        raise HandlerLoadError(
            f"function {function.name}: handler {function.handler!r} is a {type(handler).__name__}, not a function\n"
            "  fix: correct the function's handler"
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
