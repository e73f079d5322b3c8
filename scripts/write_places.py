"""Writes `docs/places.md`: every variant in simulations and on the emulator, side by side.

    python -m scripts.write_places                          # all variants, in real time: hours
    python -m scripts.write_places --speed 4 --at-once 3    # three at once, all clocks four times as fast
    python -m scripts.write_places --only 'batch-*'         # the others stay what they are

What was observed is kept in `build/places`, a file for each variant, so that an interrupted command goes on.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from delivery_lab import Lab
from delivery_lab.api.calibrated import Calibration, calibrate_on_emulator
from delivery_lab.errors import LabError, NotModelledError

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "places.md"
KEPT = ROOT / "build" / "places"

_HEAD = """\
# Every variant on real queues

Written by `python -m scripts.write_places`. Each variant with its default workload: simulations with {seeds} seeds,
and one run on the emulator of AWS on this machine (`delivery-lab calibrate STACK --on local`,
[local.md](local.md)). Compared are all figures under `messages`, `deliveries`, `effects`, `invocations` and
`ordering` but `deliveries.recognised`. Times are not compared: they are those of the machine.

The pollers were the lab's own, with the decisions of the simulation. So *equal* says that real queues and
functions, and the same decisions in real time, come to what virtual time comes to. **It is no evidence about the
pollers of AWS.**

- *equal*: every simulation came to the observed figures.
- *inside*: every observed figure lies between what simulations came to, plausible ranges of assumptions included.
- *different*: the figures named are outside.
- *not run*: the emulator or the lab's pollers cannot run it yet; the reason stands there.

"""


def main() -> int:
    """Run what is asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--only", default="*")
    asked = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    names = Lab.open(ROOT).stack_names()
    wanted = fnmatch.filter(names, asked.only)
    # A program of Pulumi changes its process while it runs: each variant has one of its own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.at_once, mp_context=context, max_tasks_per_child=1) as pool:
        running = {pool.submit(observe, name, asked.speed, asked.seeds): name for name in wanted}
        for done in as_completed(running):
            name, row = running[done], done.result()
            (KEPT / f"{name}.json").write_text(json.dumps(row), encoding="utf-8")
            print(f"{name}: {row['verdict']}", file=sys.stderr, flush=True)
    rows = {name: json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8")) for name in names if _kept(name)}
    PAGE.write_text(page(rows), encoding="utf-8")
    return 0


def _kept(name: str) -> bool:
    return (KEPT / f"{name}.json").exists()


def observe(name: str, speed: float, seeds: int) -> dict[str, Any]:
    """What a variant comes to, as a row of the page."""
    try:
        found = calibrate_on_emulator(Lab.open(ROOT), name, speed=speed, seeds=seeds)
    except NotModelledError as error:
        return {"verdict": "not run", "what": str(error).splitlines()[0].removeprefix(f"{name}: "), "seeds": seeds}
    except LabError as error:
        return {"verdict": "failed", "what": str(error).splitlines()[0], "seeds": seeds}
    return row_of(found)


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
    }


def page(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The page of some rows."""
    seeds = max((row["seeds"] for row in rows.values()), default=0)
    ran = {name: row for name, row in rows.items() if "sent" in row}
    counts = [f"{list(_verdicts(rows)).count(each)} {each}" for each in dict.fromkeys(sorted(_verdicts(rows)))]
    lines = [_HEAD.format(seeds=seeds), f"Of {len(rows)} variants: {', '.join(counts)}.\n\n"]
    lines.append(
        "| variant | verdict | sent | processed | dead-lettered | lost | deliveries | throttled | time | speed |\n"
    )
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
    for name, row in ran.items():
        cells = [row[key] for key in ("sent", "processed", "deadLettered", "lost", "deliveries", "throttled")]
        figures = " | ".join(map(str, cells))
        lines.append(f"| `{name}` | {row['verdict']} | {figures} | {row['tookSeconds']} s | {row['speed']:g} |\n")
    lines.extend(_section("What differs", {name: row for name, row in ran.items() if row["what"]}))
    lines.extend(_section("What was not run", {name: row for name, row in rows.items() if name not in ran}))
    return "".join(lines)


def _verdicts(rows: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    return (row["verdict"] for row in rows.values())


def _section(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    if rows:
        yield f"\n## {title}\n\n| variant | what |\n| --- | --- |\n"
        yield from (f"| `{name}` | {row['what']} |\n" for name, row in rows.items())


if __name__ == "__main__":
    sys.exit(main())
