"""Many stacks at once: a process for each core, since runs share nothing and Python computes on one core a process."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from delivery_lab.api.parts import begin_worker, starting_workers, worker_pool
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
    work: Callable[[str], T], names: Sequence[str], console: Console, doing: str, project: Path
) -> Iterator[tuple[str, T | Failure]]:
    """Work on stacks, and yield what came of each in the order of their names.

    Args:
        work: what to do with one; like what it returns it has to be picklable.
        names: the stacks.
        console: is told how far it is.
        doing: what is done, for the messages: "simulating".
        project: folder of their project, of which is known which stack takes longest.

    Raises:
        LabError: a process ended before its work was done.
    """
    attempt = _Attempt(work)
    processes = min(os.cpu_count() or 1, len(names))
    if len(names) < WORTH_PROCESSES or processes < 2:
        yield from ((name, attempt(name)[0]) for name in names)
    else:
        yield from _in_processes(attempt, names, console, doing, project, processes)


def _in_processes(
    attempt: _Attempt[T], names: Sequence[str], console: Console, doing: str, project: Path, processes: int
) -> Iterator[tuple[str, T | Failure]]:
    # A command that works on one stack needs none of it.
    from concurrent.futures.process import BrokenProcessPool

    from delivery_lab.api.lengths import keep_lengths, longest_first

    seconds: dict[str, float] = {}
    try:
        with worker_pool(processes, begin_worker, claimed()) as pool:
            first = longest_first(project, doing, names) if console.cache else names
            with starting_workers():
                under_way = {name: pool.submit(attempt, name) for name in first}
            for name, (found, seconds[name]) in _in_turn(under_way, names, console, doing):
                yield name, found
    except BrokenProcessPool as error:
        raise LabError(
            "a process that shared the work ended before it was done (killed, or out of memory)\n"
            "  fix: name fewer stacks at once, or a smaller workload"
        ) from error
    if console.cache:
        keep_lengths(project, doing, seconds)


def _in_turn(
    under_way: Mapping[str, Future[T]], names: Sequence[str], console: Console, doing: str
) -> Iterator[tuple[str, T]]:
    """What comes of stacks in the order of their names, and now and then how many are done."""
    waited_seconds = 0
    for name in names:
        while wait([under_way[name]], timeout=1).not_done:
            waited_seconds += 1
            if waited_seconds % AGAIN_SECONDS == 1:
                done = sum(one.done() for one in under_way.values())
                console.message(f"{doing} {len(names)} stacks, {done} are done ...")
        yield name, under_way[name].result()


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[T]):
    """Does the work and turns the errors that say what is wrong with a stack into values: not all can be pickled.

    Returns what came of it, and how much processor time it took in seconds.
    """

    work: Callable[[str], T]

    def __call__(self, name: str) -> tuple[T | Failure, float]:
        begun = time.process_time()
        try:
            found: T | Failure = self.work(name)
        except LabError as error:
            found = Failure(str(error), error.exit_code, traceback.format_exc())
        return found, time.process_time() - begun
