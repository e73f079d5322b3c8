"""Errors in futures: noted when they are set, and forgiven once somebody asks for the result.

`concurrent.futures` and `asyncio.gather(..., return_exceptions=True)` keep an error for who asks. Code that asks nobody
goes on as if all were well. Tasks of asyncio that nobody awaits write it to the log when they are collected.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Iterator
from typing import Any

from delivery_lab.handlers.fibers import current
from delivery_lab.handlers.patches import Patches


class _Asked:
    """Whether somebody asked for a result."""

    def __init__(self) -> None:
        self.asked_for = False


class _Results(list[Any]):
    """The results of `gather(..., return_exceptions=True)`, which notice being looked at."""

    def __init__(self, results: list[Any], asked: _Asked) -> None:
        super().__init__(results)
        self._asked = asked

    def __iter__(self) -> Iterator[Any]:
        self._asked.asked_for = True
        return super().__iter__()

    def __getitem__(self, index: Any) -> Any:
        self._asked.asked_for = True
        return super().__getitem__(index)

    def pop(self, index: Any = -1) -> Any:
        """As of a list."""
        self._asked.asked_for = True
        return super().pop(index)


def _note(asked: _Asked, error: BaseException) -> None:
    fiber = current()
    if fiber is not None:
        fiber.environment.watch.failed(asked, error)


def _setting(real: Callable[..., None]) -> Callable[..., None]:
    def set_exception(self: Any, exception: BaseException | None) -> None:
        real(self, exception)
        if exception is not None and current() is not None:
            self._delivery_lab_asked = _Asked()
            _note(self._delivery_lab_asked, exception)

    return set_exception


def _asking(real: Callable[..., Any]) -> Callable[..., Any]:
    def ask(self: Any, timeout: float | None = None) -> Any:
        try:
            return real(self, timeout)
        finally:
            asked = vars(self).get("_delivery_lab_asked")
            if asked is not None:
                asked.asked_for = True

    return ask


def _gathering(real: Callable[..., Any]) -> Callable[..., Any]:
    def gather(*awaitables: Any, return_exceptions: bool = False) -> Any:
        gathered = real(*awaitables, return_exceptions=return_exceptions)
        if return_exceptions and awaitables and current() is not None:
            set_result = gathered.set_result

            def set_results(results: list[Any]) -> None:
                asked = _Asked()
                for result in results:
                    if isinstance(result, BaseException):
                        _note(asked, result)
                set_result(_Results(results, asked))

            gathered.set_result = set_results
        return gathered

    return gather


def _starting(real: Callable[..., asyncio.Task[Any]]) -> Callable[..., asyncio.Task[Any]]:
    """An event loop begins a task."""

    def create_task(self: Any, *arguments: Any, **options: Any) -> asyncio.Task[Any]:
        task = real(self, *arguments, **options)
        fiber = current()
        if fiber is not None:
            fiber.environment.watch.started(task)
        return task

    return create_task


def _reporting(real: Callable[..., None]) -> Callable[..., None]:
    """An event loop writes an error to the log that nobody asked for."""

    def call_exception_handler(self: Any, context: dict[str, Any]) -> None:
        fiber = current()
        if fiber is None:
            real(self, context)
            return
        watch, error = fiber.environment.watch, context.get("exception")
        if isinstance(error, BaseException):
            watch.left(error)
        watch.telling = error is not None
        try:
            real(self, context)
        finally:
            watch.telling = False

    return call_exception_handler


def install(patches: Patches) -> dict[int, Any]:
    """Watch futures.

    Returns:
        The replaced functions by the `id` of the real one.
    """
    future = concurrent.futures.Future
    patches.set(future, "set_exception", _setting(future.set_exception))
    patches.set(future, "result", _asking(future.result))
    patches.set(future, "exception", _asking(future.exception))
    loop = asyncio.BaseEventLoop
    patches.set(loop, "create_task", _starting(loop.create_task))
    patches.set(loop, "call_exception_handler", _reporting(loop.call_exception_handler))
    gather = _gathering(asyncio.gather)
    replaced = {id(asyncio.gather): gather}
    patches.set(asyncio.tasks, "gather", gather)
    return replaced
