"""Where instants are: in order, within the picture, and a long pause cut short."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.events.instants import seconds
from delivery_lab.report.scale import Scale, axis_of, instant_text
from delivery_lab.report.scene import AlarmMark, Bar, Scene


def scene(*spans: tuple[float, float], end: float) -> Scene:
    bars = tuple(Bar("w", "w", 1, seconds(start), seconds(until), "ok") for start, until in spans)
    return Scene(seconds(end), bars, (), (), (), {}, {})


@given(
    end=st.integers(1, 10**12),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
    places=st.lists(st.floats(0, 1), min_size=2, max_size=8),
    has_cut=st.booleans(),
)
def test_instants_stay_in_order_and_within(end: int, cut: list[float], places: list[float], has_cut: bool) -> None:
    start, stop = (int(each * end) for each in cut)
    wanted = (start, stop) if has_cut and 0 < stop - start < end else None
    scale = Scale(34, 1000, end, wanted)
    found = [scale.at(int(place * end)) for place in sorted(places)]
    assert all(one <= other + 1e-6 for one, other in pairwise(found))
    assert all(34 - 1e-6 <= x <= 1000 + 1e-6 for x in found)


def test_a_pause_longer_than_the_rest_is_cut_short() -> None:
    scale = axis_of(scene((0, 100), (900, 950), end=950)).between(0, 1000)

    assert scale.cut is not None
    assert 100 < scale.cut[0] / 1e6 < 150
    assert scale.at(seconds(100)) > 500


def test_pictures_side_by_side_show_the_time_of_both() -> None:
    axis = axis_of(scene((0, 10), end=10), scene((0, 10), (900, 1_000), end=1_000))

    assert axis.end_us == seconds(1_000)
    assert axis.cut is not None
    assert seconds(10) < axis.cut[0] < axis.cut[1] < seconds(900)
    assert axis_of(scene((0, 10), end=10), scene((0, 400), (900, 1_000), end=1_000)).cut is None


def test_an_alarm_after_the_run_is_in_the_picture() -> None:
    ran = replace(scene((0, 10), end=10), alarms=(AlarmMark("late", "late goes off", seconds(60), ""),), watched=1)

    assert axis_of(ran).end_us == seconds(60)


def test_waiting_that_is_half_of_the_run_is_left_as_it_is() -> None:
    assert axis_of(scene((0, 0.5), (30, 30.5), end=60)).cut is None


def test_ticks_are_round_and_apart() -> None:
    ticks = Scale(0, 700, seconds(13.5)).ticks(70)

    assert [tick.label for tick in ticks][:4] == ["0 s", "2 s", "4 s", "6 s"]
    assert all(b.x - a.x >= 56 for a, b in pairwise(ticks))


def test_instants_in_words() -> None:
    apart = {0.002: 0.001, 90: 30, 150: 15, 7200: 1800, 5400: 600, 345600: 43200}
    texts = [instant_text(seconds(each), seconds(step)) for each, step in apart.items()]
    assert texts == ["0.002 s", "90 s", "2.5 min", "2 h", "90 min", "4 d"]


def test_instants_that_are_near_each_other_are_told_in_the_unit_below() -> None:
    apart = {610: 10, 605.5: 0.5, 86_405: 5, 7_800: 600, 273_600: 14_400, 600: 10}
    texts = [instant_text(seconds(each), seconds(step)) for each, step in apart.items()]
    assert texts == ["10 min 10 s", "10 min 5.5 s", "24 h 5 s", "2 h 10 min", "3 d 4 h", "10 min"]


@given(end=st.integers(10**4, 2 * 10**12), cut=st.floats(0, 0.999))
def test_no_two_ticks_of_an_axis_say_the_same(end: int, cut: float) -> None:
    pause = (0, int(cut * end)) if int(cut * end) else None
    labels = [tick.label for tick in Scale(34, 1040, end, pause).ticks(70)]
    assert len(labels) == len(set(labels))
