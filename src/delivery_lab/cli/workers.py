"""Many stacks at once: a process for each core, since runs share nothing and Python computes on one core a process."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from delivery_lab.api.parts import begin_worker, process_context, starting_workers
from delivery_lab.cli.console import AGAIN_SECONDS, Console
from delivery_lab.errors import LabError
from delivery_lab.own_process import claimed

T = TypeVar("T")

WORTH_PROCESSES = 6
"""So many stacks take longer one after the other than it takes to start processes for them."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A stack that could not be worked on.

    Attributes:
        message: what was said about it.
        exit_code: the exit code that goes with it.
        traceback: where it comes from.
    """

    message: str
    exit_code: int
    traceback: str = field(default="", repr=False, compare=False)


def for_each(
    work: Callable[[str], T], names: Sequence[str], console: Console, doing: str
) -> Iterator[tuple[str, T | Failure]]:
    """Work on stacks, and yield what came of each in the order of their names.

    Args:
        work: what to do with one; like what it returns it has to be picklable.
        names: the stacks.
        console: is told how far it is.
        doing: what is done, for the messages: "simulating".
    """
    attempt = _Attempt(work)
    processes = min(os.cpu_count() or 1, len(names))
    if len(names) < WORTH_PROCESSES or processes < 2:
        yield from ((name, attempt(name)) for name in names)
        return
    context = process_context()
    with contextlib.ExitStack() as ending:
        with starting_workers():
            pool = ending.enter_context(context.Pool(processes, begin_worker, (claimed(),)))
        results = pool.imap(attempt, names)
        waited_seconds = 0
        for position, name in enumerate(names):
            while True:
                try:
                    result = results.next(timeout=1)
                    break
                except multiprocessing.TimeoutError:
                    waited_seconds += 1
                    if waited_seconds % AGAIN_SECONDS == 1:
                        console.message(f"{doing} {len(names)} stacks, {position} are done ...")
            yield name, result


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[T]):
    """Does the work and turns the errors that say what is wrong with a stack into values: not all can be pickled."""

    work: Callable[[str], T]

    def __call__(self, name: str) -> T | Failure:
        try:
            return self.work(name)
        except LabError as error:
            return Failure(str(error), error.exit_code, traceback.format_exc())
