"""What the picture of a run shows: bars, overlaps, hidden messages, levels and marks of our variants."""

from __future__ import annotations

from delivery_lab.events import Run
from delivery_lab.events.instants import in_seconds, seconds
from delivery_lab.report.filming import scene_of
from delivery_lab.report.scene import Scene
from delivery_lab.results.following import read_events
from delivery_lab.results.timeline import messages_called
from tests.lab_support import run


def scene(ran: Run) -> Scene:
    names = {message: name for name, messages in messages_called(ran).items() for message in messages}
    return scene_of(ran, read_events(ran).fates, names)


def test_visibility_short_shows_two_invokes_that_hold_one_message() -> None:
    found = scene(run("visibility-short"))
    workers = [bar for bar in found.bars if bar.function == "visibility-worker"]

    assert [(bar.environment, bar.delivery, bar.ending) for bar in workers] == [
        (1, 1, "ok"),
        (2, 2, "ok"),
        (1, 3, "ok"),
    ]
    first, second, third = workers
    assert first.overlaps == ((second.start_us, first.end_us),)
    assert second.overlaps == ((second.start_us, first.end_us), (third.start_us, third.end_us))
    assert [found.named(bar.messages) for bar in workers] == ["msg-1", "msg-1", "msg-1"]


def test_spans_of_hidden_messages_end_with_what_ended_them() -> None:
    found = scene(run("visibility-short"))

    assert [(span.receive, span.ending) for span in found.hidden] == [(1, "returned"), (2, "returned"), (3, "deleted")]
    assert found.hidden[0].end_us - found.hidden[0].start_us == seconds(5)
    assert [mark.kind for mark in found.marks] == ["returned", "returned"]


def test_a_message_that_is_moved_when_its_timeout_ends_was_not_visible_to_anybody() -> None:
    found = scene(run("concurrency-trap"))

    moved = [span for span in found.hidden if span.ending == "deadLettered"]
    assert [(in_seconds(span.end_us), len(span.messages)) for span in moved] == [(900.0, 20), (950.0, 10)]
    assert not any(span.ending == "returned" for span in found.hidden)
    assert sum(mark.count for mark in found.marks if mark.kind == "throttled") == 3
    assert sum(mark.count for mark in found.marks if mark.kind == "deadLettered") == 30


def test_levels_begin_with_what_is_sent_and_end_with_what_is_left() -> None:
    (level,) = scene(run("concurrency-trap")).levels

    assert level.source == "batch-queue"
    assert max(point.waiting + point.in_flight for point in level.points) == 130
    assert (level.points[-1].waiting, level.points[-1].in_flight) == (0, 0)
    assert max(point.age_seconds for point in level.points) == 950.0


def test_a_stream_shows_records_that_are_not_passed() -> None:
    (level,) = scene(run("stream-bounded")).levels

    assert level.of_records
    assert all(point.in_flight == 0 for point in level.points)
    assert level.points[-1].waiting == 0


def test_failures_partial_answers_and_timeouts_are_told_apart() -> None:
    failing, partly = scene(run("batch-all-or-nothing")), scene(run("batch-partial"))
    late = scene(run("visibility-short", "visibility.worker.timeoutSeconds=6"))

    assert [bar.ending for bar in failing.bars if bar.function == "batch-worker"] == ["failed", "failed"]
    assert {(bar.ending, bar.failed) for bar in partly.bars if bar.function == "batch-worker"} == {("part", 3)}
    assert "timeout" in {bar.ending for bar in late.bars}


def test_asynchronous_events_are_held_and_wait_again() -> None:
    found = scene(run("async-default"))

    assert max(bar.delivery for bar in found.bars) == 3
    assert [level.source for level in found.levels] == ["events of async-worker"]


def test_no_bars_of_an_environment_overlap() -> None:
    for lane in scene(run("concurrency-trap")).lanes():
        ends = [0, *(bar.end_us for bar in lane.bars)]
        assert all(bar.start_us >= end for bar, end in zip(lane.bars, ends, strict=False))
