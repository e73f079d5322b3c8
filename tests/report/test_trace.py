"""Traces for Perfetto: no two slices of a track overlap, and everything of the run is in it."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from delivery_lab.events import InvokeStarted
from delivery_lab.report.trace import trace_of
from delivery_lab.results.alarm_figures import AlarmFigures
from tests.lab_support import run


def events(stack: str) -> list[dict[str, Any]]:
    """The events of a trace."""
    found: list[dict[str, Any]] = json.loads(trace_of(run(stack)))["traceEvents"]
    return found


@pytest.mark.parametrize("stack", ["visibility-short", "concurrency-unreserved", "stream-default", "sync-naive"])
def test_slices_of_a_track_do_not_overlap(stack: str) -> None:
    tracks: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for event in events(stack):
        if event["ph"] == "X":
            tracks[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    invokes = sum(len(slices) for (process, _), slices in tracks.items() if process != 1)
    assert invokes == sum(isinstance(event, InvokeStarted) for event in run(stack).events)
    for slices in tracks.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(sorted(slices)))


def test_every_track_has_a_name() -> None:
    found = events("visibility-short")
    named = {(event["pid"], event["tid"]): event["args"]["name"] for event in found if event["name"] == "thread_name"}

    assert {(event["pid"], event["tid"]) for event in found if event["ph"] == "X"} <= named.keys()
    assert sorted(named.values()) == ["environment 1", "environment 1", "environment 2"]


def test_a_slice_says_what_it_is() -> None:
    slices = [event for event in events("visibility-short") if event["ph"] == "X" and event["args"]["messages"]]

    assert [(each["name"], each["args"]["delivery"], each["args"]["overlapping"]) for each in slices] == [
        ("msg-1", 1, True),
        ("msg-1, again", 3, True),
        ("msg-1, again", 2, True),
    ]


def test_queues_are_counters_and_moves_are_instants() -> None:
    found = events("concurrency-trap")
    depths = [event["args"] for event in found if event["ph"] == "C" and event["name"] == "batch-queue"]
    moved = [event["args"]["messages"] for event in found if event["name"] == "moved to a dead-letter queue"]

    assert max(depth["waiting"] + depth["in flight"] for depth in depths) == 130
    assert moved == [20, 10]


@pytest.mark.parametrize("stack", ["stream-bounded", "async-default", "fifo-ordered", "sns-sqs-raw"])
def test_every_event_has_what_the_format_wants(stack: str) -> None:
    late = AlarmFigures(name="late", metric="Errors", at_seconds=900, after_harm_seconds=None, unknown="")
    wanted = {
        "X": {"name", "pid", "tid", "ts", "dur"},
        "C": {"name", "pid", "ts", "args"},
        "i": {"name", "pid", "tid", "ts", "s"},
        "M": {"name", "pid", "tid", "args"},
    }
    for event in json.loads(trace_of(run(stack), (late,)))["traceEvents"]:
        assert wanted[event["ph"]] <= event.keys()
        numbers = [event[key] for key in ("pid", "tid", "ts", "dur") if key in event]
        assert all(isinstance(number, int) and number >= 0 for number in numbers)
        if event["ph"] == "C":
            assert all(isinstance(value, int) and value >= 0 for value in event["args"].values())


def test_blocked_shards_have_tracks_and_alarms_are_instants() -> None:
    late = AlarmFigures(name="late", metric="Errors", at_seconds=900, after_harm_seconds=None, unknown="")
    found = json.loads(trace_of(run("stream-bounded"), (late,)))["traceEvents"]

    (blocked,) = [event for event in found if event["name"] == "blocked"]
    named = {event["tid"]: event["args"]["name"] for event in found if event["ph"] == "M" and event["pid"] == 1}
    assert named[blocked["tid"]] == "shardId-000000000001, read by stream-mapping"
    assert [event["ts"] for event in found if event["name"] == "alarm late"] == [900_000_000]
