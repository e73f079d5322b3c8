"""A process of its own that runs seeds for a worker of a cluster, and is told which over pipes.

A worker of Dask works in threads, and a handler has to run in the main thread of a process (`handlers/host.py`). So a
worker starts such processes: each opens once, then answers one list of seeds after the other, and ends with its pipe.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any

from delivery_lab.errors import LabError
from delivery_lab.explore.processes import begin_worker
from delivery_lab.explore.sample import Sample
from delivery_lab.explore.workers import MOST_STACKS_KEPT, Opening
from delivery_lab.handlers.fibers import kept_for_ever

_PROGRAM = "from delivery_lab.explore.remote import serve; serve()"
_PATIENCE_SECONDS = 5


class SeedProcess:
    """A process that runs seeds.

    Args:
        opening: makes it ready; it is pickled.

    Attributes:
        lost: whether it has ended before its runs were done.
        full: whether it has kept so much that another one had better take its place.
    """

    def __init__(self, opening: Opening) -> None:
        command = [sys.executable, "-c", _PROGRAM]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        # Sets of texts are gone through as the command does it (`cli.__main__`), which the worker was not told.
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}
        self.lost = self.full = False
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self._tell(opening)

    def run(self, seeds: Sequence[int]) -> list[Sample]:
        """Run seeds.

        Raises:
            LabError: a run fails, or the process has ended.
        """
        try:
            self._tell(list(seeds))
            answer = pickle.load(_pipe(self._process.stdout))  # noqa: S301 - our own process has written it
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            self.lost = True
            raise LabError(
                "a process of a worker of the cluster ended before its runs were done (killed, or out of memory)"
            ) from error
        if isinstance(answer, BaseException):
            raise answer
        found: list[Sample]
        found, kept = answer
        self.full = kept > MOST_STACKS_KEPT
        return found

    def end(self) -> None:
        """End it; what it does not notice in a while kills it."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def stop(self) -> None:
        """Have it end in the middle of its runs; whoever waits for them ends it."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _tell(self, what: object) -> None:
        pipe = _pipe(self._process.stdin)
        pickle.dump(what, pipe)
        pipe.flush()


def _pipe(found: IO[bytes] | None) -> IO[bytes]:
    assert found is not None
    return found


def serve() -> None:
    """Be such a process: read what to open, then lists of seeds, until the pipe ends."""
    begin_worker(None)
    incoming = sys.stdin.buffer
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what programs print is no answer
    opened: Any = None
    try:
        opening: Opening = pickle.load(incoming)  # noqa: S301 - the worker has written it
        opened = opening()
        sampling = opened.__enter__()
        failure = None
    except Exception as error:  # noqa: BLE001 - it is the answer to all seeds
        failure = LabError(str(error))
    while True:
        try:
            seeds = pickle.load(incoming)  # noqa: S301
        except EOFError:
            break
        try:
            answer: object = failure or ([sampling(seed) for seed in seeds], kept_for_ever())
        except Exception as error:  # noqa: BLE001 - it goes to whoever asked
            answer = LabError(str(error))
        pickle.dump(answer, outgoing)
        outgoing.flush()
    if opened is not None and failure is None:
        opened.__exit__(None, None, None)
