"""Many random configurations, with a line for each source at the end.

    python -m scripts.fuzz_many COUNT [FIRST]     so many of each source, from a number on

The configurations are those of `make fuzz`. Each is run once, and each tenth twice. What goes wrong is printed with its
source and number, which draw the same configuration again.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from delivery_lab.results.invariants import violations_of
from delivery_lab.results.outcome import outcome_of
from tests.fuzz.configurations import SOURCES, draw

SLOWEST_SECONDS = 10.0
"""No configuration takes longer to run: each has 40 messages at most."""
TWICE = 10
TOLD_EVERY = 50


def problems(source: str, number: int) -> Iterator[str]:
    """What is wrong with the run of a configuration."""
    configuration = draw(source, number)
    with tempfile.TemporaryDirectory(prefix="delivery-lab-fuzz-") as folder:
        begun = time.process_time()
        try:
            run = configuration.run(Path(folder), number)
            yield from map(str, violations_of(run))
            if number % TWICE == 0 and run.trace_hash != configuration.run(Path(folder), number).trace_hash:
                yield "the second run has another trace hash"
            outcome_of(run)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a find
            yield f"{type(error).__name__}: {error}"
        seconds = time.process_time() - begun
        if seconds > SLOWEST_SECONDS * (2 if number % TWICE == 0 else 1):
            yield f"it took {seconds:.1f} s"


def main(words: list[str]) -> int:
    """Run them; the exit code is 1 if anything is wrong."""
    count, first = int(words[0]), int(words[1]) if len(words) > 1 else 0
    found = dict.fromkeys(SOURCES, 0)
    for number in range(first, first + count):
        for source in SOURCES:
            for problem in problems(source, number):
                found[source] += 1
                print(f"{source} {number}: {problem}", flush=True)
        if (number + 1) % TOLD_EVERY == 0:
            print(f"... to number {number}", flush=True)
    for source, wrong in found.items():
        print(f"{source}: {count} configurations, {wrong} problems")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
