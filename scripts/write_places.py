"""Writes `docs/places.md`: every variant in simulations and on the emulator, side by side.

    python -m scripts.write_places                          # all variants, in real time: hours
    python -m scripts.write_places --speed 4 --at-once 3    # three at once, all clocks four times as fast
    python -m scripts.write_places --only 'batch-*'         # the others stay what they are
    python -m scripts.write_places --again                  # also what was observed already

What was observed is kept in `build/places`, a file for each variant, so that an interrupted command goes on.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from delivery_lab import Lab
from delivery_lab.api.calibrated import Calibration, calibrate_on_emulator
from delivery_lab.api.on_aws import deployed_stack
from delivery_lab.errors import LabError, NotModelledError

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

WHY: Mapping[str, str] = {
    "msk-age": "the record behind the batch that is discarded is 0.05 s younger: where the machine is later than that, "
    "it is too old as well",
}
"""Why figures are outside, by the pattern of the variant."""

_COUNTS = {
    "sent": "sent",
    "processed": "processed",
    "deadLettered": "dead-lettered",
    "lost": "lost",
    "deliveries": "deliveries",
    "throttled": "throttled",
}
"""The figures that a row shows, with their headings."""

_HEAD = """\
# Every variant on real queues

Written by `python -m scripts.write_places`. Each variant with its default workload: simulations with as many
seeds as its row says, and one run on the emulator of AWS on this machine (`delivery-lab calibrate STACK --on local`,
[local.md](local.md)). Compared are all figures under `messages`, `deliveries`, `effects`, `invocations` and
`ordering` but `deliveries.recognised`. Times are not compared: they are those of the machine.

The pollers were the lab's own, with the decisions of the simulation. So *equal* says that real queues and
functions, and the same decisions in real time, come to what virtual time comes to. **It is no evidence about the
pollers of AWS.**

Each simulation but the first draws the times that nobody knows beforehand: cold starts, invokes, polls
([local.md](local.md#prediction-beside-observation)). *late* says how much later than it was due something was done at
most, or how much longer an invoke took than simulated ones; all drawn times go so much higher. Both it and *time* are
on the emulator's clock: a machine that shares its processors is late, and a late one is predicted less narrowly. One
run of each is no proof.

*own* is a second run, polled by the emulator's own mappings: messages processed / dead-lettered, deliveries. It is
not judged, and `-` where the workload sends to something else than a queue.

A poller that knows nothing of Lambda's concurrency was measured, too (`python -m scripts.naive_poller`): it receives
whatever there is, invokes at once, and leaves a batch that is throttled alone. Of 130 messages with a visibility
timeout and a function timeout of 30 s, 0.3 s of work each and 3 reserved executions (`concurrency-trap` with other
timeouts), 100 end in the dead-letter queue although nothing is wrong with them: all that 10 throttled batches held.
In the simulation it is 20, since its pollers hand a throttled batch over again (ESM-THROTTLE-2), and with the
emulator's own mapping 0.

- *equal*: every simulation came to the observed figures.
- *inside*: every observed figure lies between what simulations came to, plausible ranges of assumptions included.
- *different*: the figures named are outside.
- *failed*: the run ended with an error.
- *not run*: the emulator or the lab's pollers cannot run it yet; the reason stands there.

"""


def main() -> int:
    """Run what is asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--only", default="*")
    parser.add_argument("--again", action="store_true")
    asked = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    names = Lab.open(ROOT).stack_names()
    wanted = [name for name in fnmatch.filter(names, asked.only) if asked.again or not _kept(name)]
    # A program of Pulumi changes its process while it runs: each variant has one of its own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.at_once, mp_context=context, max_tasks_per_child=1) as pool:
        running = {pool.submit(observe, name, asked.speed, asked.seeds): name for name in wanted}
        for done in as_completed(running):
            name, row = running[done], done.result()
            (KEPT / f"{name}.json").write_text(json.dumps(row), encoding="utf-8")
            print(f"{name}: {row['verdict']}", file=sys.stderr, flush=True)
    rows = {name: json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8")) for name in names if _kept(name)}
    missing = [name for name in names if name not in rows]
    PAGE.write_text(page(rows, missing), encoding="utf-8")
    return 0


def _kept(name: str) -> bool:
    return (KEPT / f"{name}.json").exists()


def observe(name: str, speed: float, seeds: int) -> dict[str, Any]:
    """What a variant comes to, as a row of the page."""
    if name in NOT_RUN:
        return {"verdict": "not run", "what": NOT_RUN[name], "seeds": seeds}
    try:
        lab = Lab.open(ROOT)
        own = _is_followable(lab, name)
        found = calibrate_on_emulator(lab, name, speed=speed, seeds=seeds, own_mappings=own)
    except NotModelledError as error:
        return {"verdict": "not run", "what": _reason(name, error), "seeds": seeds}
    except LabError as error:
        return {"verdict": "failed", "what": _reason(name, error), "seeds": seeds}
    return row_of(found)


def _is_followable(lab: Lab, name: str) -> bool:
    """Whether a run can be read that others poll."""
    try:
        deployed_stack(lab, name, lab.graph(name))
    except NotModelledError:
        return False
    return True


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
    }


def own_of(found: Calibration) -> str:
    """What the emulator's own mappings came to, in a few figures."""
    if found.own_mappings is None:
        return "-"
    outcome = found.own_mappings.outcome
    messages, seen = outcome.messages, outcome.unknown
    deliveries = "?" if "deliveries" in seen else outcome.deliveries.total
    return f"{messages.processed} / {messages.dead_lettered}, {deliveries}"


def page(rows: Mapping[str, Mapping[str, Any]], missing: Sequence[str] = ()) -> str:
    """The page of some rows, and of variants that were not tried."""
    ran = {name: row for name, row in rows.items() if "sent" in row}
    counts = [f"{list(_verdicts(rows)).count(each)} {each}" for each in dict.fromkeys(sorted(_verdicts(rows)))]
    lines = [_HEAD, f"Of {len(rows)} variants: {', '.join(counts)}.\n\n"]
    heads = ("variant", "verdict", *_COUNTS.values(), "own", "late", "time", "speed", "seeds")
    lines.append(f"| {' | '.join(heads)} |\n{'| --- ' * len(heads)}|\n")
    for name, row in ran.items():
        times = (f"{row['lateSeconds']:g} s", f"{row['tookSeconds']} s", f"{row['speed']:g}")
        cells = [row["verdict"], *(row[key] for key in _COUNTS), row["own"], *times]
        lines.append(f"| `{name}` | {' | '.join(map(str, cells))} | {row['seeds']} |\n")
    lines.extend(_differences({name: row for name, row in ran.items() if row["what"]}))
    lines.extend(_section("What was not run", {name: row for name, row in rows.items() if name not in ran}))
    if missing:
        lines.append(f"\n## What was not tried yet\n\n{', '.join(f'`{name}`' for name in missing)}\n")
    return "".join(lines)


def _verdicts(rows: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    return (row["verdict"] for row in rows.values())


def _differences(rows: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    if rows:
        yield "\n## What differs, and why\n\n| variant | what | why |\n| --- | --- | --- |\n"
    for name, row in rows.items():
        yield f"| `{name}` | {row['what']} | {why(name)} |\n"


def why(name: str) -> str:
    """Why figures of a variant are outside; the first pattern that it matches says so."""
    return next((reason for pattern, reason in WHY.items() if fnmatch.fnmatch(name, pattern)), "not known")


def _section(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    if rows:
        yield f"\n## {title}\n\n| variant | what |\n| --- | --- |\n"
        yield from (f"| `{name}` | {row['what']} |\n" for name, row in rows.items())


if __name__ == "__main__":
    sys.exit(main())
