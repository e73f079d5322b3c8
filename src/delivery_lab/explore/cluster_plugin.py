"""What runs on a worker of Dask: it unpacks the project, and has processes that run seeds of it."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin, get_worker

from delivery_lab.errors import LabError
from delivery_lab.explore.remote import SeedProcess
from delivery_lab.explore.sample import Sample
from delivery_lab.explore.shipment import Shipment
from delivery_lab.own_folders import new_folder, remove_folder

MOST_LOST = 3
"""So many processes may a list of seeds lose: one that the machine's memory is too small for is lost each time."""


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
        self._lock, self._idle, self._busy = threading.Lock(), list[SeedProcess](), set[SeedProcess]()
        self._over = False

    def teardown(self, worker: Any) -> None:
        """End the processes, also those at work, whose seeds nobody wants any more, and remove the project."""
        with self._lock:
            self._over = True
            idle, busy = [*self._idle], [*self._busy]
            self._idle.clear()
        for process in idle:
            process.end()
        for process in busy:
            process.stop()
        if self._folder is not None:
            remove_folder(self._folder)

    def run(self, seeds: Sequence[int]) -> list[Sample]:
        """Run seeds in a process that does nothing else meanwhile; in another one where it is lost.

        Raises:
            LabError: a run fails, or processes are lost again and again.
        """
        for _ in range(MOST_LOST):
            process = self._free_process()
            try:
                return process.run(seeds)
            except LabError:
                if self._over or not process.lost:
                    raise
            except BaseException:
                process.lost = True  # it still has an answer to give, which is none to the next question
                raise
            finally:
                self._give_back(process)
        raise LabError(
            "processes of a worker of the cluster ended again and again before their runs were done (killed, or out of "
            "memory)\n  fix: give its machine more memory, or the worker fewer threads"
        )

    def _free_process(self) -> SeedProcess:
        with self._lock:
            process = self._idle.pop() if self._idle else None
        if process is None:
            assert self._folder is not None
            process = SeedProcess(self._shipment.opening_in(self._folder))
        with self._lock:
            self._busy.add(process)
        return process

    def _give_back(self, process: SeedProcess) -> None:
        with self._lock:
            self._busy.discard(process)
            usable = not (self._over or process.lost or process.full)
            if usable:
                self._idle.append(process)
        if not usable:
            process.end()


def run_on_worker(plugin: str, seeds: Sequence[int]) -> list[Sample]:
    """Run seeds on the worker that this is called on."""
    project = get_worker().plugins[plugin]
    assert isinstance(project, ShippedProject)
    return project.run(seeds)
