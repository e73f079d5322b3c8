"""Writes `docs/places.md`: every variant in simulations and on the emulator, side by side.

    python -m scripts.write_places                          # all variants, in real time: hours
    python -m scripts.write_places --speed 4 --at-once 3    # three at once, all clocks four times as fast
    python -m scripts.write_places --only 'batch-*'         # no others are run
    python -m scripts.write_places --only 'batch-*' --update  # rows of the page that are not run stay as they are
    python -m scripts.write_places --again                  # also what was observed already

What was observed is kept in `build/places`, a file for each variant, so that an interrupted command goes on.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from delivery_lab import Lab
from delivery_lab.api.calibrated import Calibration, calibrate_on_emulator
from delivery_lab.api.own_mappings import run_on_own_mappings
from delivery_lab.api.simulated import Simulation
from delivery_lab.errors import LabError, NotModelledError
from delivery_lab.places.local import LONGEST_SECONDS
from scripts.places_page import page, rows_of

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "places.md"
KEPT = ROOT / "build" / "places"

NOT_RUN = {
    "stream-default": "its poison blocks a shard until the record expires: a day, half an hour with the fastest clock; "
    "its first 120 s (`until: 120` in the workload) were run with 40 seeds: inside",
    "pipe-sqs": "the record that its queue refuses blocks the shard until it expires: a day, half an hour with the "
    "fastest clock; its first 120 s were run likewise: inside",
    "msk-default": "its poison blocks a partition until the record expires: a week, hours with the fastest clock; its "
    "first 720 s, of which 120 s after the first record, were run likewise: inside",
}
"""What could be run and takes too long."""


def main() -> int:
    """Run what is asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--only", default="*")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--update", action="store_true", help="run again, and keep the other rows of the page")
    parser.add_argument("--for", type=float, default=LONGEST_SECONDS, dest="longest_seconds", metavar="SECONDS")
    asked = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    names = Lab.open(ROOT).stack_names()
    wanted = [name for name in fnmatch.filter(names, asked.only) if asked.again or asked.update or not _kept(name)]
    # A program of Pulumi changes its process while it runs: each variant has one of its own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.at_once, mp_context=context, max_tasks_per_child=1) as pool:
        running = {pool.submit(observe, name, asked.speed, asked.seeds, asked.longest_seconds): name for name in wanted}
        for done in as_completed(running):
            name, row = running[done], done.result()
            (KEPT / f"{name}.json").write_text(json.dumps(row), encoding="utf-8")
            print(f"{name}: {row['verdict']}", file=sys.stderr, flush=True)
    shown = rows_of(PAGE.read_text(encoding="utf-8")) if asked.update else {}
    rows = {name: shown[name] for name in names if name in shown and name not in wanted}
    rows |= {
        name: json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))
        for name in names
        if name not in rows and _kept(name)
    }
    rows = {name: rows[name] for name in names if name in rows}
    missing = [name for name in names if name not in rows]
    PAGE.write_text(page(rows, missing), encoding="utf-8")
    return 0


def _kept(name: str) -> bool:
    return (KEPT / f"{name}.json").exists()


def observe(name: str, speed: float, seeds: int, longest_seconds: float) -> dict[str, Any]:
    """What a variant comes to, as a row of the page."""
    if name in NOT_RUN:
        return {"verdict": "not run", "what": NOT_RUN[name], "seeds": seeds}
    try:
        lab = Lab.open(ROOT)
        found = calibrate_on_emulator(lab, name, speed=speed, seeds=seeds, longest_seconds=longest_seconds)
    except NotModelledError as error:
        return {"verdict": "not run", "what": _reason(name, error), "seeds": seeds}
    except LabError as error:
        return {"verdict": "failed", "what": _reason(name, error), "seeds": seeds}
    return row_of(replace(found, own_mappings=_own_run(lab, name, speed, longest_seconds)))


def _own_run(lab: Lab, name: str, speed: float, longest_seconds: float) -> Simulation | None:
    """The run that the emulator's own mappings poll, None where it cannot be read: that is not judged."""
    try:
        return run_on_own_mappings(lab, name, speed=speed, longest_seconds=longest_seconds)
    except LabError as error:
        print(f"{name}, polled by the emulator: {_reason(name, error)}", file=sys.stderr, flush=True)
        return None


def _reason(name: str, error: LabError) -> str:
    """The first line of an error, without the name of the variant and the folders of this machine."""
    return str(error).splitlines()[0].removeprefix(f"{name}: ").replace(f"{ROOT}/", "")


def row_of(found: Calibration) -> dict[str, Any]:
    """A calibration as a row of the page."""
    outcome = found.observed.outcome
    verdict = "different" if found.outside else "equal" if found.equal else "inside"
    differs = "; ".join(
        f"`{figure.name}` {figure.observed}, predicted {figure.low} to {figure.high}"
        + (f", as with {', '.join(figure.assumptions)}" if figure.assumptions else "")
        for figure in found.outside
    )
    return {
        "verdict": verdict,
        "what": differs,
        "seeds": found.seeds,
        "speed": found.speed,
        "sent": outcome.messages.sent,
        "processed": outcome.messages.processed,
        "deadLettered": outcome.messages.dead_lettered,
        "lost": outcome.messages.lost,
        "deliveries": outcome.deliveries.total,
        "duplicated": outcome.effects.duplicated,
        "throttled": outcome.invocations.throttled,
        "tookSeconds": round(outcome.virtual_seconds),
        "lateSeconds": round(found.late_seconds, 1),
        "own": own_of(found),
        "seen": datetime.now(UTC).date().isoformat(),
    }


def own_of(found: Calibration) -> str:
    """What the emulator's own mappings came to, in a few figures."""
    if found.own_mappings is None:
        return "-"
    outcome, notes = found.own_mappings.outcome, found.own_mappings.run.notes
    messages, deliveries = outcome.messages, "?" if "deliveries" in outcome.unknown else outcome.deliveries.total
    told = {"messages.processed": messages.processed, "messages.deadLettered": messages.dead_lettered}
    processed, dead = ("?" if outcome.why_unknown(name) else count for name, count in told.items())
    cut_off = ", cut off" if any(note.startswith("not drained after") for note in notes) else ""
    return f"{processed} / {dead}, {deliveries}{cut_off}"


if __name__ == "__main__":
    sys.exit(main())
