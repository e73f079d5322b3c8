"""The event loop of one run: what the SDK does in the background is done, or ended, when the run is over."""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import threading
from collections.abc import Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType, TracebackType
from typing import Any

from delivery_lab.program.patience import PROGRAM_TIMEOUT_SECONDS, OutOfTimeError, limited

# The SDK blocks one thread for each call under way (see delivery_lab.program.service for why there may be many).
_THREADS = 64

_MAY_INTERRUPT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals for which whoever uses the lab may have functions of its own that raise KeyboardInterrupt."""
_PATIENCE_SECONDS = 0.5
"""How long a program may take to give control back once Ctrl-C was pressed."""


def run_to_end(
    start: Callable[[], Coroutine[Any, Any, None]],
    limit_seconds: float = PROGRAM_TIMEOUT_SECONDS,
    on_late: Callable[[FrameType | None], None] = lambda _: None,
    on_over: Callable[[], None] = lambda: None,
) -> BaseException | None:
    """Run a coroutine in a loop of its own and leave no task, thread or message of asyncio behind.

    Args:
        start: makes the coroutine.
        limit_seconds: how long it may take on a real clock.
        on_late: is told where it was when it had taken as long as that.
        on_over: called when nothing of it is wanted any longer, before what is still under way is ended.

    Returns:
        What it raised, with the traceback of where it was raised first; None if it ended well.

    Raises:
        KeyboardInterrupt: the user wants to stop.
    """
    origins = _Origins()
    loop = asyncio.new_event_loop()
    loop.set_debug(False)
    # Futures that failed and that nobody waits for are how a failing program ends; the caller reports the cause.
    loop.set_exception_handler(lambda _loop, _context: None)
    loop.set_task_factory(origins.new_task)
    executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="pulumi-sdk")
    loop.set_default_executor(executor)
    ended_early = True
    with _stopped_by_interrupts(loop) as users:
        try:
            with limited(limit_seconds, on_late, lambda: _wake(loop)):
                loop.run_until_complete(start())
            ended_early = False
        except OutOfTimeError as error:
            return error
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and users():
                raise
            ended_early = False  # also SystemExit: whatever the program raises is reported
            return origins.restored(error)
        finally:
            on_over()
            if ended_early:  # nobody waits for what its threads are still doing
                executor.shutdown(wait=False, cancel_futures=True)
            _close(loop, users, wait=not ended_early)
    return None


def _wake(loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.suppress(RuntimeError):  # it has ended meanwhile
        loop.call_soon_threadsafe(lambda: None)


@contextlib.contextmanager
def _stopped_by_interrupts(loop: asyncio.AbstractEventLoop) -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C stop the loop, instead of being raised wherever the main thread happens to be.

    Raised in a callback of the garbage collector it would be ignored, and raised between a task and what waits for it
    the loop would wait for ever. A program that loops or sleeps does not give control back: where the loop has not
    stopped after half a second, it is raised in any case, and again until the program has ended. So is the second one.

    Yields:
        Whether a KeyboardInterrupt is the user's, and not one that the program raises itself.

    Raises:
        KeyboardInterrupt: at the end, if it was pressed meanwhile.
    """
    on_main_thread = threading.current_thread() is threading.main_thread()
    if not on_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        # Whoever uses the lab may raise it, the command at SIGTERM, too, where Ctrl-C is ignored.
        may_be = on_main_thread and any(callable(signal.getsignal(number)) for number in _MAY_INTERRUPT)
        yield lambda: may_be
        return
    pressed = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed or loop.is_closed():
            signal.default_int_handler(number, frame)
        pressed = True
        signal.signal(signal.SIGALRM, signal.default_int_handler)  # Ctrl-C comes before the program's time limit
        loop.call_soon_threadsafe(loop.stop)
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE_SECONDS, _PATIENCE_SECONDS)

    alarm = signal.getsignal(signal.SIGALRM)
    signal.signal(signal.SIGINT, stop)
    try:
        yield lambda: pressed
    finally:
        if pressed:
            signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, alarm)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if pressed:
            raise KeyboardInterrupt


class _Origins:
    """Remembers where exceptions were raised.

    A future that several wait for hands its exception to each, and asyncio drops the traceback for all but the first.
    """

    def __init__(self) -> None:
        self._first: dict[int, tuple[BaseException, TracebackType | None]] = {}

    def new_task(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        /,
        **options: Any,
    ) -> asyncio.Task[Any]:
        """Make a task as the loop would, and watch it."""
        task = asyncio.Task(coroutine, loop=loop, **options)
        task.add_done_callback(self._note)
        return task

    def _note(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._first.setdefault(id(error), (error, error.__traceback__))

    def restored(self, error: BaseException) -> BaseException:
        """The exception with its first traceback, unless the one it has goes as deep."""
        _, first = self._first.get(id(error), (None, None))
        if first is None or _innermost(first) is _innermost(error.__traceback__):
            return error
        return error.with_traceback(first)


def _innermost(trace: TracebackType | None) -> object:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return None if trace is None else trace.tb_frame


def _close(loop: asyncio.AbstractEventLoop, users: Callable[[], bool], *, wait: bool) -> None:
    """End what is still under way, and wait for threads if that is wanted."""
    with contextlib.suppress(RuntimeError):
        _do(loop, asyncio.sleep(0), users)  # a stop that an interrupt has asked for takes place here
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    if pending:
        # gRPC prints the traceback of every call of its own that is cancelled.
        with contextlib.redirect_stderr(io.StringIO()):
            _do(loop, asyncio.wait(pending, timeout=None if wait else _PATIENCE_SECONDS), users)
    _do(loop, loop.shutdown_asyncgens(), users)
    if wait:
        with contextlib.suppress(RuntimeError):  # a thread of it was never started: the program has replaced `Thread`
            _do(loop, loop.shutdown_default_executor(), users)
    loop.close()


def _do(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], users: Callable[[], bool]) -> None:
    """Let a loop do something to its end, although asyncio lets a task's SystemExit and its kin end the loop."""
    task = loop.create_task(work)
    while not task.done():
        try:
            loop.run_until_complete(task)
        except RuntimeError:  # it was stopped for a step before, whose end an exception has overtaken
            if task.done() or users():
                raise
        except (KeyboardInterrupt, SystemExit) as error:
            if isinstance(error, KeyboardInterrupt) and users():
                raise
