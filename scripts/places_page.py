"""The page `docs/places.md`: its rows as text, and back."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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

_TIMES = ("own", "late", "time", "speed", "seeds", "seen")
_CELLS = 1 + len(_COUNTS) + len(_TIMES)
_ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$", re.MULTILINE)
_WHAT = ("What differs, and why", "What was not run")
"""Headings of the sections that say more of some variants."""

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
not judged. `?` is what such a run cannot tell, *cut off* one that was ended because its mapping tries for ever, and `-`
stands where nothing can be followed (`--own-mappings`, [local.md](local.md#prediction-beside-observation)). *seen* is
the day of the runs: rows are brought up to date one by one (`--update`).

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


def page(rows: Mapping[str, Mapping[str, Any]], missing: Sequence[str] = ()) -> str:
    """The page of some rows, and of variants that were not tried."""
    ran = {name: row for name, row in rows.items() if "sent" in row}
    counts = [f"{list(_verdicts(rows)).count(each)} {each}" for each in dict.fromkeys(sorted(_verdicts(rows)))]
    lines = [_HEAD, f"Of {len(rows)} variants: {', '.join(counts)}.\n\n"]
    heads = ("variant", "verdict", *_COUNTS.values(), *_TIMES)
    lines.append(f"| {' | '.join(heads)} |\n{'| --- ' * len(heads)}|\n")
    for name, row in ran.items():
        times = (f"{row['lateSeconds']:g} s", f"{row['tookSeconds']} s", f"{row['speed']:g}", row["seeds"], row["seen"])
        cells = [row["verdict"], *(row[key] for key in _COUNTS), row["own"], *times]
        lines.append(f"| `{name}` | {' | '.join(map(str, cells))} |\n")
    lines.extend(_differences({name: row for name, row in ran.items() if row["what"]}))
    lines.extend(_section(_WHAT[1], {name: row for name, row in rows.items() if name not in ran}))
    if missing:
        lines.append(f"\n## What was not tried yet\n\n{', '.join(f'`{name}`' for name in missing)}\n")
    return "".join(lines)


def _verdicts(rows: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    return (row["verdict"] for row in rows.values())


def _differences(rows: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    if rows:
        yield f"\n## {_WHAT[0]}\n\n| variant | what | why |\n| --- | --- | --- |\n"
    for name, row in rows.items():
        yield f"| `{name}` | {row['what']} | {why(name)} |\n"


def why(name: str) -> str:
    """Why figures of a variant are outside; the first pattern that it matches says so."""
    return next((reason for pattern, reason in WHY.items() if fnmatch.fnmatch(name, pattern)), "not known")


def _section(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    if rows:
        yield f"\n## {title}\n\n| variant | what |\n| --- | --- |\n"
        yield from (f"| `{name}` | {row['what']} |\n" for name, row in rows.items())


def rows_of(text: str) -> dict[str, dict[str, Any]]:
    """The rows that a page shows, as `page` takes them.

    Args:
        text: the page.
    """
    table, *sections = text.split("\n## ")
    rows = {name: _read(cells) for name, cells in _cells(table)}
    for section in sections:
        for name, (what, *_) in _cells(section):
            if section.startswith(_WHAT[0]):
                rows[name]["what"] = what
            elif section.startswith(_WHAT[1]):
                rows[name] = {"verdict": "failed" if what.startswith("failed: ") else "not run", "what": what}
    return rows


def _cells(text: str) -> Iterable[tuple[str, list[str]]]:
    return ((found[1], found[2].split(" | ")) for found in _ROW.finditer(text))


def _read(cells: Sequence[str]) -> dict[str, Any]:
    assert len(cells) == _CELLS, f"a row of docs/places.md has {len(cells)} cells: {cells}"
    verdict, *rest = cells
    counts = dict(zip(_COUNTS, map(int, rest), strict=False))
    own, late, took, speed, seeds, seen = rest[len(_COUNTS) :]
    return {
        "verdict": verdict,
        "what": "",
        **counts,
        "own": own,
        "lateSeconds": float(late.removesuffix(" s")),
        "tookSeconds": int(took.removesuffix(" s")),
        "speed": float(speed),
        "seeds": int(seeds),
        "seen": seen,
    }
