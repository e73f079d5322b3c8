"""What would have been noticed of a run: when shards were blocked, and when alarms of the stack go off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from delivery_lab.events.instants import in_seconds
from delivery_lab.report.scale import Scale
from delivery_lab.report.scene import AlarmMark, BlockedTrack, Scene
from delivery_lab.report.svg import element, fitted, text, text_width
from delivery_lab.report.symbols import bell
from delivery_lab.results.words import duration

MOST_TRACKS = 8
MOST_ALARMS = 6
TRACK_HEIGHT = 28.0
ALARM_HEIGHT = 22.0
TITLE_HEIGHT = 20.0
_SIZE = 11
_BAR_HEIGHT = 10.0
_NARROWEST = 3.0
"""So many pixels every interval is wide; intervals that are nearer to each other than that are one."""


def blocked_height(scene: Scene) -> float:
    """How much room blocked shards and partitions take."""
    return TITLE_HEIGHT + len(shown_tracks(scene)) * TRACK_HEIGHT + 6


def alarms_height(scene: Scene) -> float:
    """How much room alarms take: a row for each that goes off."""
    return TITLE_HEIGHT + min(MOST_ALARMS, len(scene.alarms)) * ALARM_HEIGHT + 6


def draw_blocked(scene: Scene, scale: Scale, top: float) -> Iterator[Markup]:
    """A row for each shard or partition that was blocked; the longest, where they are too many.

    Args:
        scene: what the picture shows.
        scale: where instants are.
        top: where the rows begin.
    """
    tracks = shown_tracks(scene)
    left_out = len(scene.blocked) - len(tracks)
    title = "blocked by a batch that is tried again" + (f" ({left_out:,} more are not shown)" if left_out else "")
    yield text(scale.left, top + 14, fitted(title, scale.right - scale.left, 12), "h")
    several = len({track.mapping for track in scene.blocked}) > 1
    for number, track in enumerate(tracks):
        behind = f", {track.behind:,} behind" if track.behind else ""
        who = f"{track.name} for {track.mapping}" if several else track.name
        yield from _track(f"{who}{behind}", track.spans, scale, top + TITLE_HEIGHT + number * TRACK_HEIGHT)


def starved_height(scene: Scene) -> float:
    """How much room starved functions take."""
    return TITLE_HEIGHT + min(MOST_TRACKS, len(scene.starved)) * TRACK_HEIGHT + 6


def draw_starved(scene: Scene, scale: Scale, top: float) -> Iterator[Markup]:
    """A row for each function that others left no concurrency of the account.

    Args:
        scene: what the picture shows.
        scale: where instants are.
        top: where the rows begin.
    """
    title = "starved: another function holds the concurrency of the account"
    yield text(scale.left, top + 14, fitted(title, scale.right - scale.left, 12), "h")
    for number, track in enumerate(scene.starved[:MOST_TRACKS]):
        yield from _track(f"{track.name}: {track.told}", track.spans, scale, top + TITLE_HEIGHT + number * TRACK_HEIGHT)


def shown_tracks(scene: Scene) -> Sequence[BlockedTrack]:
    """Those that have a row: the longest blocked, in the order of their names."""
    if len(scene.blocked) <= MOST_TRACKS:
        return scene.blocked
    longest = sorted(scene.blocked, key=lambda track: -sum(end - start for start, end in track.spans))[:MOST_TRACKS]
    return [track for track in scene.blocked if track in longest]


def _track(said: str, spans: Sequence[tuple[int, int]], scale: Scale, top: float) -> Iterator[Markup]:
    y = top + TRACK_HEIGHT - _BAR_HEIGHT - 3
    yield text(scale.left, y - 3, fitted(said, scale.right - scale.left, _SIZE), "t")
    yield element("rect", x=scale.left, y=y, width=scale.right - scale.left, height=_BAR_HEIGHT, class_="lane")
    for left, right in _columns(spans, scale):
        box: dict[str, float] = {"x": left, "y": y, "width": right - left, "height": _BAR_HEIGHT}
        yield element("rect", class_="b blocked", **box)
        yield element("rect", fill="url(#stripes)", **box)


def _columns(spans: Sequence[tuple[int, int]], scale: Scale) -> list[tuple[float, float]]:
    """Where its intervals are, in pixels."""
    found: list[tuple[float, float]] = []
    for start_us, end_us in spans:
        left = min(scale.at(start_us), scale.right - _NARROWEST)
        right = max(scale.at(end_us), left + _NARROWEST)
        if found and left - found[-1][1] < _NARROWEST:
            found[-1] = (found[-1][0], max(right, found[-1][1]))
        else:
            found.append((left, right))
    return found


def draw_alarms(scene: Scene, scale: Scale, top: float) -> Iterator[Markup]:
    """When alarms of the stack go off, a row each.

    Args:
        scene: what the picture shows.
        scale: where instants are.
        top: where the rows begin.
    """
    room = scale.right - scale.left
    yield text(scale.left, top + 14, fitted(alarms_told(scene), room, 12), "h")
    for number, alarm in enumerate(scene.alarms[:MOST_ALARMS]):
        yield from _alarm(alarm, scale, top + TITLE_HEIGHT + number * ALARM_HEIGHT + ALARM_HEIGHT / 2)


def alarms_told(scene: Scene) -> str:
    """How many alarms of the stack go off."""
    if not scene.alarms:
        return f"none of the {scene.watched:,} alarms goes off" if scene.watched > 1 else "the alarm does not go off"
    return f"alarms: {len(scene.alarms):,} of {scene.watched:,} go off"


def _alarm(alarm: AlarmMark, scale: Scale, y: float) -> Iterator[Markup]:
    x = min(scale.at(alarm.at_us), scale.right - 7)
    yield element("line", x1=scale.left, x2=scale.right, y1=y, y2=y, class_="grid")
    yield bell(x, y)
    at = duration(in_seconds(alarm.at_us))
    for said in (f"{alarm.name} at {at}{alarm.lateness}", f"{alarm.name} at {at}", alarm.name):
        width = text_width(said, _SIZE)
        if x + 12 + width <= scale.right:
            yield element("rect", x=x + 10, y=y - 7, width=width + 4, height=14, class_="plate")
            yield text(x + 12, y + 4, said, "t")
            return
        if x - 12 - width >= scale.left:
            yield element("rect", x=x - 14 - width, y=y - 7, width=width + 4, height=14, class_="plate")
            yield text(x - 12, y + 4, said, "t", text_anchor="end")
            return
    yield text(scale.left, y + 4, fitted(alarm.name, x - 12 - scale.left, _SIZE), "t")
