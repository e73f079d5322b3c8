"""The events of a run as Trace Event JSON, for Perfetto and other viewers of that format.

The format:
https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU. Slices of one track must not
overlap unless one holds the other, and invokes of one execution environment never do: each has a track.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from delivery_lab.events import Run
from delivery_lab.report.bars import ending_told
from delivery_lab.report.filming import scene_of
from delivery_lab.report.naming import names_of
from delivery_lab.report.scene import MARK_WORDS, Scene
from delivery_lab.results.alarm_figures import AlarmFigures
from delivery_lab.results.following import read_events
from delivery_lab.results.timeline import names_in

_SOURCES = 1
"""The process of all sources; each function is one more."""


def trace_of(run: Run, alarms: Sequence[AlarmFigures] = ()) -> str:
    """A run as the JSON of a trace.

    Args:
        run: the run.
        alarms: what becomes of the alarms of its stack.

    Returns:
        An object with `traceEvents`; instants in microseconds of virtual time.
    """
    fates = read_events(run).fates
    scene = scene_of(run, fates, names_of(names_in(run), fates), alarms)
    about = {"stack": run.stack, "workload": run.workload, "seed": run.seed, "traceHash": run.trace_hash}
    return json.dumps({"traceEvents": list(_events(scene)), "displayTimeUnit": "ms", "otherData": about})


def _events(scene: Scene) -> Iterator[dict[str, Any]]:
    yield _name("process_name", _SOURCES, 0, "sources")
    for level in scene.levels:
        for point in level.points:
            held = {"waiting": point.waiting} | ({} if level.of_records else {"in flight": point.in_flight})
            yield {"ph": "C", "pid": _SOURCES, "name": level.source, "ts": point.at_us, "args": held}
    for mark in scene.marks:
        said = {"messages" if mark.kind != "throttled" else "invokes": mark.count}
        yield _instant(MARK_WORDS[mark.kind], mark.at_us, said)
    for alarm in scene.alarms:
        yield _instant(f"alarm {alarm.name}", alarm.at_us, {"told": alarm.told})
    for track, blocked in enumerate(scene.blocked, 1):
        yield _name("thread_name", _SOURCES, track, f"{blocked.name}, read by {blocked.mapping}")
        for start_us, end_us in blocked.spans:
            yield {
                "ph": "X",
                "pid": _SOURCES,
                "tid": track,
                "name": "blocked",
                "ts": start_us,
                "dur": end_us - start_us,
                "args": {"records behind": blocked.behind},
            }
    yield from _invokes(scene)


def _instant(name: str, at_us: int, said: dict[str, Any]) -> dict[str, Any]:
    return {"ph": "i", "s": "g", "pid": _SOURCES, "tid": 0, "name": name, "ts": at_us, "args": said}


def _invokes(scene: Scene) -> Iterator[dict[str, Any]]:
    processes: dict[str, int] = {}
    for lane in scene.lanes():
        if lane.function not in processes:
            processes[lane.function] = _SOURCES + 1 + len(processes)
            yield _name("process_name", processes[lane.function], 0, lane.function)
        process = processes[lane.function]
        yield _name("thread_name", process, lane.environment, f"environment {lane.environment}")
        for bar in lane.bars:
            yield {
                "ph": "X",
                "pid": process,
                "tid": lane.environment,
                "name": f"{scene.named(bar.messages) or 'invoke'}{', again' if bar.delivery > 1 else ''}",
                "cat": bar.ending,
                "ts": bar.start_us,
                "dur": bar.end_us - bar.start_us,
                "args": {
                    "invoke": bar.name,
                    "ends": ending_told(bar),
                    "messages": [scene.names.get(each, each) for each in bar.messages],
                    "delivery": bar.delivery,
                    "overlapping": bool(bar.overlaps),
                },
            }


def _name(what: str, process: int, track: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": process, "tid": track, "args": {"name": name}}
