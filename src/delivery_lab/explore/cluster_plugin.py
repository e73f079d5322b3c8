"""What runs on a worker of Dask: it unpacks the project, and has processes that run seeds of it."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import shutil
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin, get_worker

from delivery_lab.explore.remote import SeedProcess
from delivery_lab.explore.sample import Sample
from delivery_lab.explore.shipment import Shipment

_PREFIX = "delivery-lab-shipped-"
_YOUNG_SECONDS = 60
"""A folder may be so old before its worker has locked it."""


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether a folder could be locked, which is so for as long as the block runs, or its process lives."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)


def remove_what_killed_workers_left() -> None:
    """Remove the folders whose locks nobody holds: a worker that was killed has removed nothing."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Folders of other users cannot be opened, and others are faster at the same work.
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < time.time() - _YOUNG_SECONDS:
                with _locked(folder) as ours:
                    if ours:
                        shutil.rmtree(folder, ignore_errors=True)


class ShippedProject(WorkerPlugin):
    """A plugin of Dask that has the project on a worker, and processes that run its seeds.

    Args:
        name: name of the plugin.
        shipment: what to unpack.
    """

    def __init__(self, name: str, shipment: Shipment) -> None:
        self.name, self._shipment = name, shipment
        self._folder: Path | None = None

    def __getstate__(self) -> dict[str, object]:
        """On its way it is what it was made of."""
        return {"name": self.name, "_shipment": self._shipment, "_folder": None}

    def setup(self, worker: Any) -> None:
        """Unpack the project on a worker."""
        remove_what_killed_workers_left()
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        self._lock_of_folder = contextlib.ExitStack()
        self._lock_of_folder.enter_context(_locked(self._folder))
        with tarfile.open(fileobj=io.BytesIO(self._shipment.archive)) as archive:
            archive.extractall(self._folder, filter="data")
        self._lock, self._idle = threading.Lock(), list[SeedProcess]()

    def teardown(self, worker: Any) -> None:
        """End the processes, and remove the project."""
        with self._lock:
            while self._idle:
                self._idle.pop().end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._lock_of_folder.close()

    def run(self, seeds: Sequence[int]) -> list[Sample]:
        """Run seeds in a process that does nothing else meanwhile."""
        with self._lock:
            process = self._idle.pop() if self._idle else None
        if process is None:
            assert self._folder is not None
            process = SeedProcess(self._shipment.opening_in(self._folder))
        try:
            found = process.run(seeds)
        except BaseException:
            process.end()
            raise
        with self._lock:
            self._idle.append(process)
        return found


def run_on_worker(plugin: str, seeds: Sequence[int]) -> list[Sample]:
    """Run seeds on the worker that this is called on."""
    project = get_worker().plugins[plugin]
    assert isinstance(project, ShippedProject)
    return project.run(seeds)
