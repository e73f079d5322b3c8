"""Where an instant is in a picture: time goes to the right; a long time in which nothing happens is cut short."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from delivery_lab.events.instants import MICROSECONDS_PER_SECOND, in_seconds
from delivery_lab.report.scene import Scene

IDLE_SHARE = 0.55
"""A pause is cut short if it is a larger share of the run."""

CUT_WIDTH_SHARE = 0.12
"""How much of the width is left for it."""

_STEPS_SECONDS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 345600, 604800, 1209600),
)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """From instants to places.

    Attributes:
        left: where the run begins, in pixels.
        right: where it ends.
        end_us: the end of the run.
        cut: the pause that is cut short, in microseconds; None without.
    """

    left: float
    right: float
    end_us: int
    cut: tuple[int, int] | None = None

    def at(self, instant_us: float) -> float:
        """Where an instant is, in pixels."""
        width = self.right - self.left
        if self.cut is None:
            return self.left + width * min(1.0, instant_us / self.end_us)
        start, end = self.cut
        busy, rest = self.end_us - (end - start), width * (1 - CUT_WIDTH_SHARE)
        if instant_us <= start:
            return self.left + rest * instant_us / busy
        if instant_us >= end:
            return self.left + width * CUT_WIDTH_SHARE + rest * (instant_us - (end - start)) / busy
        return self.at(start) + width * CUT_WIDTH_SHARE * (instant_us - start) / (end - start)

    def ticks(self, apart: float) -> list[Tick]:
        """Marks at round instants.

        Args:
            apart: pixels between two of them, at least.
        """
        shown_us = self.end_us - (self.cut[1] - self.cut[0] if self.cut else 0)
        most = max(1.0, (self.right - self.left) / apart)
        wanted = in_seconds(shown_us) / most
        step = next((each for each in _STEPS_SECONDS if each >= wanted), math.ceil(wanted / 604800) * 604800)
        step_us = round(step * MICROSECONDS_PER_SECOND)
        found: list[Tick] = []
        for part_start, part_end in self._parts():
            for number in range(-(-part_start // step_us), part_end // step_us + 1):
                x = self.at(number * step_us)
                if not found or x - found[-1].x >= apart * 0.8:
                    found.append(Tick(x, instant_text(number * step_us, step_us)))
        return found

    def _parts(self) -> list[tuple[int, int]]:
        if self.cut is None:
            return [(0, self.end_us)]
        return [(0, self.cut[0]), (self.cut[1], self.end_us)]


def instant_text(instant_us: int, step_us: int) -> str:
    """A round instant in a few characters, which no other of its axis has.

    Args:
        instant_us: the instant, in microseconds.
        step_us: how far it is from the next one: a step of less than a quarter of a unit is told in the unit below.
    """
    for unit, size, least in (("d", 86400, 259200), ("h", 3600, 7200), ("min", 60, 120)):
        size_us = size * MICROSECONDS_PER_SECOND
        if instant_us < least * MICROSECONDS_PER_SECOND:
            continue
        if step_us % (size_us // 4) == 0:
            return f"{round(instant_us / size_us, 2):g} {unit}"
        whole, rest_us = divmod(instant_us, size_us)
        return f"{whole} {unit} {instant_text(rest_us, step_us)}" if rest_us else f"{whole} {unit}"
    return f"{in_seconds(instant_us):g} s"


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The time that pictures show: one for pictures that are looked at side by side.

    Attributes:
        end_us: the last instant.
        cut: the pause that is cut short; None without.
    """

    end_us: int
    cut: tuple[int, int] | None

    def between(self, left: float, right: float) -> Scale:
        """The scale of a picture whose time begins and ends there, in pixels."""
        return Scale(left, right, self.end_us, self.cut)


def axis_of(*scenes: Scene) -> TimeAxis:
    """The time that shows all that happens in scenes; a pause is cut short where none of them does anything."""
    end_us = max(scene.until_us for scene in scenes)
    pause = _longest_between(sorted(span for scene in scenes for span in _busy(scene)), end_us)
    cut = pause if IDLE_SHARE * end_us < pause[1] - pause[0] < end_us else None
    if cut is not None:
        margin = (end_us - (cut[1] - cut[0])) // 25  # what ends right before it, and begins after, has room
        cut = (min(cut[0] + margin, cut[1]), max(cut[1] - margin, cut[0]))
        cut = cut if cut[1] > cut[0] else None
    return TimeAxis(end_us, cut)


def _busy(scene: Scene) -> Iterator[tuple[int, int]]:
    """When something happens, or an invoke runs."""
    yield from ((bar.start_us, bar.end_us) for bar in scene.bars)
    yield from ((mark.at_us, mark.at_us) for mark in scene.marks)
    yield from ((alarm.at_us, alarm.at_us) for alarm in scene.alarms)
    yield from ((point.at_us, point.at_us) for level in scene.levels for point in level.points[:-1])


def _longest_between(spans: Iterable[tuple[int, int]], end_us: int) -> tuple[int, int]:
    longest, reached = (0, 0), 0
    for start, end in (*spans, (end_us, end_us)):
        if start - reached > longest[1] - longest[0]:
            longest = (reached, start)
        reached = max(reached, end)
    return longest
