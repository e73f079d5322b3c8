"""Run variants with fixed seeds and `--faults standard`: no invariant is violated, and what is safe loses nothing.

python -m scripts.explore_variants              as CI does
python -m scripts.explore_variants 1000 STACK   more seeds of some variants (docs/reliability.md)
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from delivery_lab.api.explored import explore_seeds
from delivery_lab.api.lab import Lab

ROOT = Path(__file__).resolve().parent.parent
FIRST_SEED = 1
SEEDS = 1
SAFE = frozenset(
    {
        "async-destinations",
        "batch-partial",
        "concurrency-capped",
        "fifo-ordered",
        "msk-bisect",
        "retry-sqs",
        "sqs-park",
        "stream-bisect",
        "visibility-powertools",
        "visibility-safe",
    }
)
"""Variants that lose nothing, whatever AWS documents to happen."""
NOTHING_LOST = "messages.lost == 0"


def explored(lab: Lab, stack: str, seeds: int, processes: int | None) -> tuple[str, bool]:
    """Run a variant.

    Args:
        lab: the project.
        stack: the variant.
        seeds: how many.
        processes: how many processes, None for one for each core.

    Returns:
        What came of it in a line, and whether that is as it should be.
    """
    expect = [NOTHING_LOST] if stack in SAFE else []
    found = explore_seeds(
        lab,
        stack,
        {"faults": "standard", "seed": FIRST_SEED, "expect": expect},
        seeds,
        processes,
        ranges=False,
    )
    lost = [one for one in found.kept() if not one.holds]
    told = [f"{stack}: {found.runs} runs"]
    told += [f"seed {sample.seed} violates {sample.violations[0]}" for sample in found.violations[:1]]
    told += [f"{one.text} fails first with seed {one.first_failing.seed}" for one in lost if one.first_failing]
    return "; ".join(told), not (found.violations or lost)


def main(words: Sequence[str]) -> int:
    """Run variants, and say what came of each.

    Args:
        words: how many seeds, then the variants; all of them by default.
    """
    lab = Lab.open(ROOT)
    seeds = int(words[0]) if words else SEEDS
    fine = True
    for stack in words[1:] or lab.stack_names():
        line, holds = explored(lab, stack, seeds, None if words else 1)
        print(line if holds else f"FAILED {line}", flush=True)
        fine &= holds
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
