"""What runs on a worker of Dask: it unpacks the project, and has processes that run seeds of it."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin, get_worker

from delivery_lab.explore.remote import SeedProcess
from delivery_lab.explore.sample import Sample
from delivery_lab.explore.shipment import Shipment
from delivery_lab.own_folders import new_folder, remove_folder


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
        self._folder = new_folder("shipped")
        with tarfile.open(fileobj=io.BytesIO(self._shipment.archive)) as archive:
            archive.extractall(self._folder, filter="data")
        self._lock, self._idle = threading.Lock(), list[SeedProcess]()

    def teardown(self, worker: Any) -> None:
        """End the processes, and remove the project."""
        with self._lock:
            while self._idle:
                self._idle.pop().end()
        if self._folder is not None:
            remove_folder(self._folder)

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
