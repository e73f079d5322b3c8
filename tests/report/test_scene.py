"""What the picture of a run shows: bars, overlaps, hidden messages, levels and marks of our variants."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab.events import Run
from delivery_lab.events.instants import in_seconds, seconds
from delivery_lab.report.captions import legend, sentences
from delivery_lab.report.filming import scene_of
from delivery_lab.report.naming import names_of
from delivery_lab.report.picture import NARROW, WIDE, draw
from delivery_lab.report.scene import (
    MARK_WORDS,
    AlarmMark,
    Bar,
    BlockedTrack,
    HiddenSpan,
    Level,
    LevelPoint,
    Mark,
    Scene,
    StarvedTrack,
)
from delivery_lab.results.alarm_figures import AlarmFigures
from delivery_lab.results.following import read_events
from delivery_lab.results.outcome import outcome_of
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
    assert [mark.kind for mark in found.marks] == ["returned", "returned", "again"]


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


@pytest.mark.parametrize("stack", ["visibility-short", "batch-all-or-nothing", "stream-default", "stream-bounded"])
def test_work_that_is_done_again_is_marked_each_time(stack: str) -> None:
    ran = run(stack)
    found = sum(mark.count for mark in scene(ran).marks if mark.kind == "again")

    assert found == outcome_of(ran).effects.duplicated
    assert found > 0


def test_a_shard_is_blocked_for_as_long_as_the_outcome_says() -> None:
    ran = run("stream-bounded")
    (track,) = scene(ran).blocked

    blocked = {one.log: one for one in outcome_of(ran).blocked}[track.name]
    assert in_seconds(sum(end - start for start, end in track.spans)) == blocked.seconds > 0
    assert track.behind == blocked.records_behind


def test_alarms_that_go_off_are_in_the_order_of_time_and_may_be_late() -> None:
    ran = run("batch-all-or-nothing")
    never, unknown, late = (
        AlarmFigures(name=name, metric="Errors", at_seconds=at, after_harm_seconds=after, unknown=why)
        for name, at, after, why in (
            ("never", None, None, ""),
            ("odd", None, None, "it is odd"),
            ("late", 120.0, 59.7, ""),
        )
    )
    found = scene_of(ran, read_events(ran).fates, {}, (never, unknown, late))

    assert [(alarm.name, alarm.at_us) for alarm in found.alarms] == [("late", seconds(120))]
    assert found.watched == 2
    assert found.until_us == seconds(120) > found.end_us
    assert "Alarm late (Errors) goes off at 2 min, 59.7 s after the first message is harmed." in list(sentences(found))


def test_a_picture_marks_alarms_and_blocked_shards() -> None:
    drawn = str(draw(scene(run("stream-bounded")), WIDE, "A run"))
    assert 'class="b blocked"' in drawn
    assert "shardId-000000000001, 2 behind" in drawn
    assert 'class="bell"' not in drawn

    late = AlarmFigures(name="late", metric="Errors", at_seconds=900, after_harm_seconds=None, unknown="")
    ran = run("stream-bounded")
    drawn = str(draw(scene_of(ran, read_events(ran).fates, {}, (late,)), WIDE, "A run"))
    assert drawn.count('class="bell"') == 1
    assert 'class="end-of-run"' in drawn


def test_many_marks_of_a_kind_are_a_line_with_their_count() -> None:
    drawn = str(draw(scene(run("stream-default")), WIDE, "A run"))

    assert drawn.count('class="redone"') == 2
    assert 'class="many again"' in drawn
    assert "work is done again: a duplicate effect (7,744)" in drawn


def _much(count: int) -> Scene:
    """A run of so many messages: an invoke, a throttle, a receive, a change of the level and a refusal for each."""
    step = 1_000
    at = [number * step for number in range(count)]
    return Scene(
        end_us=count * step,
        bars=tuple(
            Bar(f"w #{n}", "w", n % 300, us, us + step, "failed" if n % 3 else "ok", "Oops", (str(n),))
            for n, us in enumerate(at)
        ),
        hidden=tuple(HiddenSpan("q", us, us + step, "returned", (str(n),), 1) for n, us in enumerate(at)),
        levels=(Level("q", False, tuple(LevelPoint(us, n, n % 7, n / 9, n / 9) for n, us in enumerate(at))),),
        marks=tuple(Mark(kind, us) for us in at for kind in MARK_WORDS),
        functions={},
        names={},
        blocked=tuple(
            BlockedTrack(f"shard {n}", "m", tuple((us, us + step // 2) for us in at[:: 1 + count // 1_000]), n)
            for n in range(40)
        ),
        starved=(StarvedTrack("other", "refused while w holds all", tuple((us, us) for us in at)),),
        alarms=tuple(AlarmMark(f"alarm {n}", f"alarm {n} goes off", n * step, "") for n in range(50)),
        watched=60,
    )


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_the_picture_of_20_000_messages_is_as_large_as_that_of_2_000(width: int) -> None:
    some, very_many = (len(draw(_much(count), width, "A run")) for count in (2_000, 20_000))

    assert very_many < 250_000
    assert very_many < 1.2 * some


def test_what_many_messages_show_is_said_in_few_sentences() -> None:
    told = list(sentences(_much(5_000)))

    assert len(told) <= 12
    assert sum(map(len, told)) < 1_500
    assert "First alarm alarm 0 goes off." in told


def test_messages_that_are_moved_although_healthy_are_said() -> None:
    def moved(stack: str) -> list[str]:
        return [told for told in sentences(scene(run(stack))) if "dead-letter queue" in told]

    assert moved("batch-all-or-nothing") == [
        "10 messages move to a dead-letter queue or destination, 7 of them healthy, the first at 60.3 s."
    ]
    (trap,) = moved("concurrency-trap")
    assert trap.startswith("30 messages move to a dead-letter queue or destination, all of them healthy, the first at")
    (partial,) = moved("batch-partial")
    assert "healthy" not in partial


def test_a_single_message_that_is_moved_is_told_as_one() -> None:
    told = list(sentences(scene(run("apigateway-sqs"))))

    assert "1 message moves to a dead-letter queue or destination, a healthy one, at 64 s." in told


def test_invokes_that_bring_no_messages_are_not_among_those_that_do() -> None:
    told = list(sentences(scene(run("batch-all-or-nothing"))))

    assert (
        "1 of 2 invokes with messages get messages that were delivered before; the last is the 2nd delivery of one."
        in told
    )


def test_the_legend_has_what_is_drawn_and_no_more() -> None:
    def words(stack: str) -> set[str]:
        return {said for _, said in legend(scene(run(stack)))}

    assert "deleted" in words("visibility-safe")
    assert "deleted" not in words("sqs-backoff")  # its receives are too many to be drawn


def test_many_environments_of_which_most_do_little_are_one_lane() -> None:
    drawn = str(draw(scene(run("sync-retry")), WIDE, "A run"))

    assert "443 invokes" not in drawn
    assert ">480 invokes<" in drawn
    assert "sync-callee: 3 environments (timeout 5 s)" in drawn
    assert ">6 invokes<" in drawn


@pytest.mark.parametrize(("count", "said"), [(4, None), (5, "1 more source of"), (7, "3 more sources of")])
def test_sources_that_are_not_drawn_are_counted(count: int, said: str | None) -> None:
    levels = tuple(Level(f"q{n}", False, (LevelPoint(0, 1, 0, 0, 0),)) for n in range(count))
    drawn = str(draw(replace(scene(run("batch-single")), levels=levels), WIDE, "A run"))

    assert ("not drawn" in drawn) is (said is not None)
    assert said is None or said in drawn


def test_a_name_does_not_turn_the_words_behind_it() -> None:
    assert names_of({"1": "\u202ereversed\u202c", "2": "\u05e9\u05dc\u05d5\u05dd"}, ()) == {
        "1": "reversed",
        "2": "\u05e9\u05dc\u05d5\u05dd",
    }


def test_the_visibility_timeout_stands_above_what_receives_hide_wherever_there_is_room() -> None:
    drawn = scene(run("visibility-short"))

    assert "hidden by a receive, until deleted or until the visibility timeout (5 s) ends" in draw(drawn, WIDE, "A run")
    assert "hidden for the visibility timeout (5 s)" in draw(drawn, NARROW, "A run")


def _short_invokes(count: int) -> Scene:
    """An environment that has an invoke of 0.05 s every 0.6 s."""
    bars = tuple(
        Bar(f"worker #{n}", "worker", 1, seconds(n * 0.6), seconds(n * 0.6 + 0.05), "ok") for n in range(count)
    )
    return replace(scene(run("batch-single")), end_us=seconds(60), bars=bars)


def test_short_invokes_that_would_look_like_one_long_one_are_counted_where_the_picture_is_narrow() -> None:
    narrow, wide = (str(draw(_short_invokes(100), width, "A run")) for width in (NARROW, WIDE))

    assert ">100 invokes<" in narrow
    assert ">100 invokes<" not in wide
    assert wide.count('class="bar"') == 100


def test_invokes_that_follow_each_other_at_once_stay_bars() -> None:
    busy = tuple(replace(bar, end_us=bar.start_us + seconds(0.59)) for bar in _short_invokes(100).bars)

    assert str(draw(replace(_short_invokes(100), bars=busy), NARROW, "A run")).count('class="bar"') == 100
