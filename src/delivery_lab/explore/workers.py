"""A process for each core, each with its share of the seeds; samples come back in the order of the seeds.

A worker begins as a copy of this process, which has evaluated the program and imported what runs need. Nothing in a run
depends on which worker runs which seed, so the result does not depend on how many there are.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from multiprocessing.util import Finalize

from delivery_lab.errors import LabError
from delivery_lab.explore.processes import begin_worker, starting_workers, worker_pool
from delivery_lab.explore.sample import Sample
from delivery_lab.handlers.fibers import kept_for_ever
from delivery_lab.own_process import OwnProcess, claimed

Sampling = Callable[[int], Sample]
"""Runs a seed."""
Opening = Callable[[], AbstractContextManager[Sampling]]
"""Makes ready to run seeds, and cleans up; it is called once in each worker."""

CHUNK_SECONDS = 0.5
"""A worker is given seeds for about so long, so that Ctrl-C waits for no longer and asking costs nothing."""
LARGEST_CHUNK = 200
WORTH_PROCESSES_SECONDS = 2.0
"""What takes less than that is done in this process."""
MOST_STACKS_KEPT = 4000
"""So many stacks of stopped handlers may a worker keep (200 MB, of small handlers): then others take its place."""
AHEAD = 2
"""So many chunks for each worker are under way at once."""

_kept_before = 0
"""Of a worker: what it had from the process that it began as a copy of."""
_sampling: Sampling | None = None
"""Of a worker: what runs its seeds."""


def samples(opening: Opening, seeds: Sequence[int], processes: int | None = None) -> Iterator[Sample]:
    """Run seeds, and yield their samples in the order of the seeds.

    The first seeds are run in this process: that tells how long one takes, and whether processes are worth it.

    Args:
        opening: makes ready to run seeds.
        seeds: the seeds.
        processes: how many processes; one for each core by default.

    Raises:
        LabError: a run fails, or a worker ends.
    """
    wanted = min(processes or os.cpu_count() or 1, len(seeds))
    done, each = 0, 0.0
    with opening() as sampling:
        for seed in seeds:
            begun = time.perf_counter()
            yield sampling(seed)
            # The first run pays for imports; a later one says how long the others take.
            each, done = time.perf_counter() - begun, done + 1
            if done > 1 and wanted > 1 and each * (len(seeds) - done) > WORTH_PROCESSES_SECONDS:
                break
    rest = seeds[done:]
    if rest:
        size = max(1, min(LARGEST_CHUNK, int(CHUNK_SECONDS / max(each, 1e-4)), -(-len(rest) // wanted)))
        yield from _in_processes(opening, [rest[at : at + size] for at in range(0, len(rest), size)], wanted)


def _in_processes(opening: Opening, chunks: Sequence[Sequence[int]], processes: int) -> Iterator[Sample]:
    left = deque(chunks)
    while left:
        yield from _in_pool(opening, left, processes)


def _in_pool(opening: Opening, left: deque[Sequence[int]], processes: int) -> Iterator[Sample]:
    """Run what is left, until all is done or a process has kept so much that it had better end."""
    full = False
    waiting: deque[Future[tuple[list[Sample], int]]] = deque()
    try:
        with worker_pool(processes, _begin, opening, claimed()) as pool:
            while waiting or (left and not full):
                while left and not full and len(waiting) <= processes * AHEAD:
                    with starting_workers():  # it starts those that are still missing
                        waiting.append(pool.submit(_run, left.popleft()))
                found, kept = waiting.popleft().result()
                full = full or kept > MOST_STACKS_KEPT
                yield from found
    except BrokenProcessPool as error:
        raise LabError(
            "a worker process ended before its runs were done (killed, or out of memory)\n"
            "  fix: run fewer at once with --processes, or a smaller workload"
        ) from error


def _begin(opening: Opening, parents: OwnProcess | None) -> None:
    """Make a worker ready."""
    global _sampling, _kept_before
    begin_worker(parents)
    _kept_before = kept_for_ever()
    opened = opening()
    _sampling = opened.__enter__()
    # A worker has no block that ends with it.
    Finalize(None, opened.__exit__, (None, None, None), exitpriority=10)


def _run(seeds: Sequence[int]) -> tuple[list[Sample], int]:
    """Run seeds in a worker; what comes of them, and how many stacks the worker keeps since it has begun."""
    assert _sampling is not None
    return [_sampling(seed) for seed in seeds], kept_for_ever() - _kept_before
