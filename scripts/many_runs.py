"""Run the safe variants with very many seeds and `--faults standard`, in blocks that are written down.

python -m scripts.many_runs RUNS FILE            so many runs of each safe variant, in all that FILE does not have yet
python -m scripts.many_runs RUNS FILE STACK ...  of some variants

FILE has a JSON object a line, for each block of seeds: what was run, invariants that were violated, seeds with which a
message was lost, and a hash over the traces of the block, which is the same on every machine. It can be ended at any
time and resumed. The variants take turns, so that there are about as many runs of each. A process for each core runs
blocks of its own. docs/reliability.md has the totals.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path

from delivery_lab._version import __version__
from delivery_lab.api.explored import explore_seeds
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.errors import LabError
from delivery_lab.explore.processes import process_context
from delivery_lab.explore.sample import Sample
from scripts.explore_variants import NOTHING_LOST, ROOT, SAFE

FIRST_SEED = 1
BLOCK = 100
"""Seeds of a block: some 3 to 8 s on one core. To make a process ready takes as long as ten seeds or so."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of seeds of one variant.

    Attributes:
        stack: the variant.
        first: the first seed.
        runs: how many.
        seconds: how much processor time they took.
        version: version of Delivery Lab.
        traces: hash over the hashes of all traces.
        violations: seeds that violate an invariant, each with the first one.
        lost: seeds with which a message was lost.
        failed: why the block could not be run, "" if it was.
    """

    stack: str
    first: int
    runs: int
    seconds: float
    version: str
    traces: str
    violations: dict[str, str] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)
    failed: str = ""


def read_blocks(file: Path) -> list[Block]:
    """The blocks that are done; a last line that was cut off is none, and is taken out of the file."""
    if not file.exists():
        return []
    text = file.read_text(encoding="utf-8")
    *lines, cut_off = text.split("\n")
    if cut_off:
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return [Block(**json.loads(line)) for line in lines]


def blocks_to_do(stacks: Sequence[str], runs: int, done: Sequence[Block]) -> Iterator[tuple[str, int, int]]:
    """The blocks that are missing, each as stack, first seed and number of seeds; the stacks take turns.

    Args:
        stacks: the variants.
        runs: how many runs of each.
        done: what there is.
    """
    have = {(block.stack, block.first): block.runs for block in done}
    for first in range(FIRST_SEED, FIRST_SEED + runs, BLOCK):
        count = min(BLOCK, FIRST_SEED + runs - first)
        yield from ((stack, first, count) for stack in stacks if have.get((stack, first), 0) < count)


def run_block(lab: Lab, stack: str, first: int, runs: int) -> Block:
    """Run a block of seeds."""
    traces, violations, lost = hashlib.sha256(), dict[str, str](), list[int]()

    def note(sample: Sample) -> None:
        traces.update(sample.trace_hash.encode())
        if sample.violations:
            violations[str(sample.seed)] = str(sample.violations[0])
        if not all(one.holds for one in sample.verdicts):
            lost.append(sample.seed)

    begun, failed = time.process_time(), ""
    options: RunOptions = {"faults": "standard", "seed": first, "expect": [NOTHING_LOST]}
    try:
        if explore_seeds(lab, stack, options, runs, 1, note, ranges=False).interrupted:
            raise KeyboardInterrupt
    except LabError as error:
        failed = str(error)
    seconds = round(time.process_time() - begun, 1)
    return Block(stack, first, runs, seconds, __version__, traces.hexdigest(), violations, lost, failed)


def told(blocks: Sequence[Block]) -> list[str]:
    """What all blocks come to, in lines."""
    runs, wrong, lost = Counter[str](), Counter[str](), Counter[str]()
    for block in blocks:
        if block.failed:
            continue
        runs[block.stack] += block.runs
        wrong[block.stack] += len(block.violations)
        lost[block.stack] += len(block.lost)
    failed = [f"{one.stack}: seeds from {one.first} on cannot be run: {one.failed}" for one in blocks if one.failed]
    lines = [
        f"{name}: {runs[name]} runs, {wrong[name]} violations, {lost[name]} lose messages" for name in sorted(runs)
    ]
    return [*failed, *lines, f"all: {runs.total()} runs, {wrong.total()} violations, {lost.total()} lose messages"]


def main(words: Sequence[str]) -> int:
    """Run what is missing, and say what all comes to.

    Args:
        words: how many runs of each variant, the file, and the variants; all safe ones by default.
    """
    runs, file, stacks = int(words[0]), Path(words[1]), list(words[2:]) or sorted(SAFE)
    done = read_blocks(file)
    missing = list(blocks_to_do(stacks, runs, done))
    with ProcessPoolExecutor(os.cpu_count(), process_context(), _leave_interrupts_to_the_parent) as pool:
        try:
            for future in as_completed([pool.submit(_run_here, *block) for block in missing]):
                block = future.result()
                done.append(block)
                with file.open("a", encoding="utf-8") as output:
                    output.write(json.dumps(asdict(block)) + "\n")
                last = block.first + block.runs - 1
                print(f"{block.stack}: seeds {block.first} to {last} took {block.seconds} s", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            print("interrupted: the same command goes on from here", file=sys.stderr)
    print("\n".join(told(done)))
    return 1 if any(block.violations or block.lost or block.failed for block in done) else 0


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run_here(stack: str, first: int, runs: int) -> Block:
    """Run a block in this process."""
    return run_block(Lab.open(ROOT), stack, first, runs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
