"""The emulator from start to end, which answers in real time, against the simulation of the same messages."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure

ROOT = Path(__file__).resolve().parent.parent
MESSAGES = 1_000
STACK = "batch-partial"
_WORKLOAD = f'send:\n  - {{times: {MESSAGES}, queue: batch-queue, body: {{id: "{{n}}"}}}}\n'


def figures() -> Iterator[Figure]:
    """Measure both as a user starts them, by the clock on the wall: an emulator waits more than it computes.

    Where it is not installed (`make local`) nothing is measured, and that is said.
    """
    if not (ROOT / ".local-env").is_dir():
        print("the emulator is not installed (make local): not measured", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        workload = Path(folder, "workload.yaml")
        workload.write_text(_WORKLOAD, encoding="utf-8")
        words = ("run", STACK, "--workload", str(workload), "--json")
        simulated = min(_seconds(*words) for _ in range(2))  # the first one fills the cache of graphs
        emulated = _seconds(*words, "--on", "local")
    yield Figure(f"{MESSAGES:,} messages simulated, start-up included, on the wall", f"{simulated:.1f} s")
    what = f"{MESSAGES:,} messages sent to the emulator in batches of ten, polled by the lab, on the wall"
    yield Figure(what, f"{emulated / simulated:.1f} x the time of the simulation")


def _seconds(*words: str) -> float:
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "delivery_lab.cli", *words], cwd=ROOT, capture_output=True, check=True)
    return time.monotonic() - begun
