"""Seeds on a Dask cluster: the same samples in the same order, however many workers there are and whichever are lost.

The project goes to each worker once, also to those that join later, and seeds go in small lists. A list whose worker is
lost runs again on another one. Who can reach a scheduler of Dask can run code on its workers, with or without the lab.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from delivery_lab.errors import LabError, UsageError
from delivery_lab.explore.sample import Sample
from delivery_lab.explore.shipment import Shipment

PATIENCE_SECONDS = 20
"""How long is waited for the scheduler."""
WORKER_SECONDS = 20
"""How long is waited for the first worker."""
CHUNK = 20
"""Seeds that a worker is given at once."""
LOOK_SECONDS = 5
"""After so long without an answer it is looked whether anybody works on it."""
IDLE_SECONDS = 60
"""How long nobody may: a worker that was lost is started again by its nanny, and one that is paused may go on."""
AHEAD = 3
"""So many lists for each thread of the cluster are under way at once."""


def cluster_samples(address: str, shipment: Shipment, seeds: Sequence[int]) -> Iterator[Sample]:
    """Run seeds on a cluster, and yield their samples in the order of the seeds.

    Args:
        address: of the scheduler, such as `tcp://10.0.0.5:8786`.
        shipment: what its workers get.
        seeds: the seeds.

    Raises:
        UsageError: distributed is not installed here, the address is none, or workers have other versions.
        LabError: the cluster cannot be reached or has no workers, a run fails, or workers are lost again and again.
    """
    client = _connected(address)
    from delivery_lab.explore.cluster_plugin import ShippedProject, run_on_worker  # they need distributed

    name = f"delivery-lab-{shipment.hash[:16]}"
    waiting: deque[Any] = deque()
    try:
        _compare_versions(client, address, shipment.versions)
        try:
            client.register_plugin(ShippedProject(name, shipment), name=name)
        except OSError as error:
            raise _not_made_ready(address, error) from error
        for at in range(0, len(seeds), CHUNK):
            waiting.append(client.submit(run_on_worker, name, seeds[at : at + CHUNK], pure=False, priority=-at))
            if len(waiting) > AHEAD * max(1, sum(client.nthreads().values())):
                yield from _result(client, address, waiting.popleft())
        while waiting:
            yield from _result(client, address, waiting.popleft())
    finally:
        with suppress(Exception):
            client.cancel(list(waiting))
            client.unregister_worker_plugin(name)
        client.close()


def _connected(address: str) -> Any:
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise UsageError("--cluster needs the extra `cluster`: pip install 'delivery-lab[cluster]'") from error
    if "://" not in address:
        raise UsageError(f"--cluster {address}: write the scheduler's address as tcp://HOST:PORT")
    try:
        connect: Any = distributed.Client
        client = connect(address, timeout=PATIENCE_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise LabError(
            f"the cluster at {address} cannot be reached: {error}\n  fix: start it with dask scheduler"
        ) from error
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except Exception as error:
        reason = _why_nobody_works(client, address) or _without_workers(address)
        client.close()
        raise LabError(reason) from error
    return client


def versions_on_this_machine(versions: Callable[[], Mapping[str, str]]) -> Mapping[str, str]:
    """The versions that the workers have to have, too."""
    return versions()


def _compare_versions(client: Any, address: str, versions: Callable[[], Mapping[str, str]]) -> None:
    here = versions_on_this_machine(versions)
    try:
        found: dict[str, Mapping[str, str]] = client.run(versions)
    except OSError as error:
        raise _not_made_ready(address, error) from error
    except Exception as error:
        raise LabError(f"the workers of {address} cannot import what runs need: {error}") from error
    wrong = [
        f"{name} is {there.get(name, 'not installed')} on {worker}, and {here.get(name, 'not installed')} here"
        for worker, there in found.items()
        for name in dict.fromkeys((*here, *there))
        if here.get(name) != there.get(name)
    ]
    if wrong:
        raise UsageError(
            f"the workers of {address} have other versions: {'; '.join(wrong[:5])}\n"
            "  fix: install the same lock on all of them"
        )


def _not_made_ready(address: str, error: OSError) -> LabError:
    """Dask says the same of a worker that it cannot reach and of one that was killed meanwhile."""
    return LabError(
        f"workers of {address} could not be reached, or were lost while they were made ready: {error}\n"
        "  fix: see that the scheduler reaches them, and give each 500 MB or more (dask worker --memory-limit)"
    )


def _result(client: Any, address: str, future: Any) -> list[Sample]:
    from distributed import KilledWorker

    idle_since: float | None = None
    while True:
        try:
            found: list[Sample] = future.result(timeout=LOOK_SECONDS)
            return found
        except KilledWorker as error:
            raise LabError(
                "workers of the cluster were lost again and again with the same seeds (killed, or out of memory)\n"
                "  fix: give them more memory, or a smaller workload"
            ) from error
        except TimeoutError:
            if future.done():
                raise  # the run's own
            reason = _why_nobody_works(client, address)
            now = time.monotonic()
            idle_since = None if reason is None else idle_since or now
            if idle_since is not None and now - idle_since >= IDLE_SECONDS:
                raise LabError(reason or "") from None


def _without_workers(address: str) -> str:
    return f"the cluster at {address} has no workers\n  fix: start some with dask worker {address}"


def _why_nobody_works(client: Any, address: str) -> str | None:
    """Why none of the workers takes seeds, None where one does. Dask itself would wait for ever."""
    info = client.scheduler_info()
    workers = info["workers"].values()
    if info.get("n_workers", len(workers)) > len(workers):
        return None  # not all are told
    if not workers:
        return _without_workers(address)
    if all(worker.get("status") == "paused" for worker in workers):
        return (
            f"all workers of the cluster at {address} are paused: they are near their memory limit\n"
            "  fix: give them more memory, for each 500 MB or more (dask worker --memory-limit)"
        )
    return None
