"""Look for the planted bugs: with how many seeds each is found, and which are missed.

python -m tests.quality                   up to 5,000 seeds for each, as docs/reliability.md has it
python -m tests.quality 100 NAME ...      up to 100 seeds, for some
python -m tests.quality NAME@SEED         one seed with the bug, and what happens to the message that matters
python -m tests.quality --without 100     that nothing is found without the bugs
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

from delivery_lab.api.expected import read_expectations
from delivery_lab.results.invariants import violations_of
from delivery_lab.results.matters import message_that_matters
from delivery_lab.results.timeline import timeline
from tests.quality.catalog import BUGS
from tests.quality.planted import FIRST_SEED, look_for, planted

SEEDS = 5_000
WANTED = 0.95


def replay(name: str, seed: int) -> int:
    """Run one seed with a bug; 1 where it does not show."""
    bug = BUGS[name]
    with planted(bug, bug) as (lab, options):
        options["seed"] = seed
        simulation = lab.run(bug.stack, **options)
        failed = [str(one) for one in violations_of(simulation.run)]
        failed += [f"{one.text} ({one.told})" for one in simulation.outcome.expectations if not one.holds]
        names = [str(name) for one in read_expectations([bug.expect] if bug.expect else []) for name in one.names()]
        message = next(filter(None, (message_that_matters(simulation.run, each) for each in names)), None)
        print(f"{name}: {bug.about}\n{failed[0] if failed else 'nothing shows it'}")
        for line in timeline(simulation.run, message):
            print(f"  {line.seconds:>10.3f} s  {line.text}  {line.rule}")
    return 0 if failed else 1


def look_for_all(names: Sequence[str], seeds: int, *, without: bool) -> int:
    """Look for bugs, and say what came of it; 1 where too few are found, or one where there is none."""
    found_ones = 0
    missed = []
    for name in names:
        begun = time.monotonic()
        found = look_for(BUGS[name], range(FIRST_SEED, FIRST_SEED + seeds), os.cpu_count() or 1, without=without)
        took = f"{time.monotonic() - begun:.0f} s"
        if found is None:
            missed.append(name)
            print(f"{name}: not found with {seeds} seeds, {took}", flush=True)
        else:
            found_ones += 1
            print(f"{name}: seed {found.seed}: {found.why}; python -m tests.quality {name}@{found.seed}", flush=True)
    if without:
        print(f"{found_ones} of {len(names)} fail without a bug")
        return 1 if found_ones else 0
    print(f"{found_ones} of {len(names)} are found; missed: {', '.join(missed) or 'none'}")
    return 0 if found_ones >= WANTED * len(names) else 1


def main(words: Sequence[str]) -> int:
    """Do what the words say."""
    without = "--without" in words
    rest = [word for word in words if word != "--without"]
    if len(rest) == 1 and "@" in rest[0]:
        name, _, seed = rest[0].partition("@")
        return replay(name, int(seed))
    seeds = int(rest.pop(0)) if rest and rest[0].isdigit() else SEEDS
    return look_for_all(rest or list(BUGS), seeds, without=without)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
