"""Measure what many seeds cost, each once, in processor time: for the tables of docs/scale.md.

python -m scripts.measure_scale              all rows, which takes some 10 minutes of processor time
python -m scripts.measure_scale 5000 2 8     one row: 5,000 seeds in 2 processes with 8 messages
python -m scripts.measure_scale 2000 cluster 1    with a scheduler and two workers on 127.0.0.1

A line of JSON for each: seeds, processes, messages, processor seconds of all processes, seconds on the wall, and the
largest memory that one process had.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

STACK = "visibility-short"
ROOT = Path(__file__).resolve().parent.parent
CLUSTER = "cluster"
WORKERS = 2
ROWS: tuple[tuple[int, str, int], ...] = (
    (500, "1", 1),
    (5_000, "1", 1),
    (5_000, "2", 1),
    (500, "1", 8),
    (5_000, "2", 8),
    (2_000, CLUSTER, 1),
)
_WORKLOAD = """
send:
  - {{every: 1, times: {messages}, http: {{method: POST, path: /enqueue, body: {{id: "msg-{{n}}", sleep: 8}}}}}}
"""
_DASK = "from distributed.cli.dask_{0} import main; main()"


def measured(seeds: int, processes: str, messages: int) -> dict[str, object]:
    """Run seeds once.

    Args:
        seeds: how many.
        processes: how many processes, or `cluster`.
        messages: how many messages a run has.
    """
    with tempfile.TemporaryDirectory() as folder:
        workload = Path(folder, "workload.yaml")
        workload.write_text(_WORKLOAD.format(messages=messages), encoding="utf-8")
        words = ["explore", STACK, "--seeds", str(seeds), "--workload", str(workload), "--no-shrink"]
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        if processes == CLUSTER:
            with _cluster(Path(folder)) as address:
                _run([*words, "--cluster", address])
                spent = time.monotonic() - begun
        else:
            _run([*words, "--processes", processes])
            spent = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seeds": seeds,
        "processes": f"{WORKERS} workers" if processes == CLUSTER else processes,
        "messages": messages,
        "processorSeconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "wallSeconds": round(spent, 1),
        "largestMegabytes": after.ru_maxrss // 1024,
    }


def _run(words: Sequence[str]) -> None:
    command = [sys.executable, "-m", "delivery_lab.cli", *words]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    """A scheduler and workers with one thread each, which end with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    worker = (address, "--host", "127.0.0.1", "--no-nanny", "--nthreads", "1", "--no-dashboard")
    parts = [
        _start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-jupyter"),
        *(_start("worker", *worker, "--local-directory", str(folder)) for _ in range(WORKERS)),
    ]
    try:
        yield address
    finally:
        for part in reversed(parts):
            part.send_signal(signal.SIGINT)
            part.wait()


def _start(part: str, *words: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-W", "ignore", "-c", _DASK.format(part), *words]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, cwd=ROOT)


def main(words: Sequence[str]) -> int:
    """Measure, each row in a process of its own, since memory is the largest of all that has ended.

    Args:
        words: seeds, processes and messages of one row; all rows by default.
    """
    if words:
        print(json.dumps(measured(int(words[0]), words[1], int(words[2]))), flush=True)
        return 0
    for row in ROWS:
        subprocess.run([sys.executable, "-m", "scripts.measure_scale", *map(str, row)], cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
