"""How code ends the process it runs in: in Lambda that ends the execution environment, and here nothing else.

Python offers every way twice, in `os` and in `posix`, and each is answered. A program that takes the place of the
runtime ends it, too; what that program would do is not followed. Signals to other processes are refused by name.
"""

from __future__ import annotations

import os
import posix
import signal
from collections.abc import Callable
from typing import Any

from delivery_lab.handlers.fibers import Fiber, current
from delivery_lab.handlers.patches import Patches

Refuse = Callable[[Fiber, str, str], None]

_HARMLESS = frozenset(
    getattr(signal, name) for name in ("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH") if hasattr(signal, name)
)
"""Signals that a process does not notice unless it asked for them."""

_WORDS = {
    signal.SIGABRT: "aborted",
    signal.SIGALRM: "alarm clock",
    signal.SIGHUP: "hangup",
    signal.SIGKILL: "killed",
    signal.SIGQUIT: "quit",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGTERM: "terminated",
    signal.SIGUSR1: "user defined signal 1",
    signal.SIGUSR2: "user defined signal 2",
}
"""Signals in the words of Lambda, whose supervisor is written in Go."""


def install(patches: Patches, refuse: Refuse) -> dict[int, Any]:
    """Answer what ends the process.

    Args:
        patches: takes the replacements.
        refuse: ends the run with what code does and what it can do instead.

    Returns:
        The replacements by `id` of what they replace.
    """
    ways: dict[str, Callable[[Any], Any]] = {
        "_exit": _exit,
        "abort": _abort,
        "execv": _replaced,
        "execve": _replaced,
        "kill": lambda real: _kill(real, refuse),
        "killpg": lambda real: _kill_group(real, refuse),
    }
    replaced: dict[int, Any] = {}
    for name, stand_in in ways.items():
        real = getattr(os, name)
        new = replaced[id(real)] = stand_in(real)
        patches.set(os, name, new)
        patches.set(posix, name, new)
    for name, new in (
        ("raise_signal", lambda real: _raise_signal(real)),
        ("pthread_kill", lambda real: _kill_thread(real, refuse)),
    ):
        if hasattr(signal, name):
            patches.set(signal, name, new(getattr(signal, name)))
    return replaced


def _exit(real: Callable[[int], Any]) -> Callable[[int], Any]:
    def leave(status: int) -> None:
        fiber = current()
        if fiber is None:
            real(status)
        else:
            fiber.environment.exit(fiber, status)

    return leave


def _abort(real: Callable[[], Any]) -> Callable[[], Any]:
    def abort() -> None:
        fiber = current()
        if fiber is None:
            real()
        else:
            _end(fiber, signal.SIGABRT)

    return abort


def _replaced(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `os.execv` and its kin, through which all others go."""

    def execute(*args: Any, **kwargs: Any) -> None:
        fiber = current()
        if fiber is None:
            real(*args, **kwargs)
        else:
            fiber.environment.exit(fiber, 0)

    return execute


def _kill(real: Callable[[int, int], Any], refuse: Refuse) -> Callable[[int, int], Any]:
    def kill(pid: int, number: int, /) -> None:
        fiber = current()
        if fiber is None:
            real(pid, number)
        elif pid == os.getpid():
            _signal(fiber, number)
        else:
            refuse(fiber, f"sends a signal to the process {pid}", "leave other processes alone")

    return kill


def _kill_group(real: Callable[[int, int], Any], refuse: Refuse) -> Callable[[int, int], Any]:
    def killpg(group: int, number: int, /) -> None:
        fiber = current()
        if fiber is None:
            real(group, number)
        else:
            refuse(fiber, f"sends a signal to the process group {group}", "leave other processes alone")

    return killpg


def _kill_thread(real: Callable[[int, int], Any], refuse: Refuse) -> Callable[[int, int], Any]:
    def pthread_kill(thread: int, number: int, /) -> None:
        fiber = current()
        if fiber is None:
            real(thread, number)
        else:
            refuse(fiber, "sends a signal to a thread", "wake threads with threading.Event, which is virtual")

    return pthread_kill


def _raise_signal(real: Callable[[int], Any]) -> Callable[[int], Any]:
    def raise_signal(number: int, /) -> None:
        fiber = current()
        if fiber is None:
            real(number)
        else:
            _signal(fiber, number)

    return raise_signal


def _signal(fiber: Fiber, number: int) -> None:
    """A process sends itself a signal. Its own handlers of signals are never called (`process_effects`)."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    if number != 0 and number not in _HARMLESS:
        _end(fiber, number)


def _end(fiber: Fiber, number: int) -> None:
    known = _WORDS.get(signal.Signals(number)) if number in signal.valid_signals() else None
    fiber.environment.exit(fiber, 128 + number, f"signal: {known or f'signal {number}'}")
