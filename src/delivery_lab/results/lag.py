"""How far the mappings of streams and topics were behind, and what CloudWatch would show of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from delivery_lab.events import PolledSource, Run
from delivery_lab.results.fates import Fate
from delivery_lab.results.figures import Lag, LagPoint, Watched
from delivery_lab.results.words import duration

MOST_POINTS = 120


def lags(run: Run, fates: Iterable[Fate]) -> list[Lag]:
    """The lag of each mapping of a stream or topic."""
    of_mapping = fates_by_mapping(run, fates)
    return [_lag(polled, of_mapping[polled.mapping], run.virtual_seconds) for polled in run.polled]


def fates_by_mapping(run: Run, fates: Iterable[Fate]) -> dict[str, list[Fate]]:
    """The records of each mapping that polls, in the order in which they came."""
    found: dict[str, list[Fate]] = {polled.mapping: [] for polled in run.polled}
    only = {polled.source: polled.mapping for polled in run.polled}
    for fate in fates:
        mapping = fate.meant_for or only.get(fate.source)
        if mapping in found and fate.partition is not None:
            found[mapping].append(fate)
    return found


def _lag(polled: PolledSource, fates: Sequence[Fate], end: float) -> Lag:
    points = list(_points(fates, end))
    return Lag(
        source=polled.source,
        mapping=polled.mapping,
        kind=polled.kind,
        most_records=max((point.records for point in points), default=0),
        oldest_seconds=max((point.age_seconds for point in points), default=0.0),
        points=tuple(_thinned(points, end)),
    )


def _points(fates: Sequence[Fate], end: float) -> Iterable[LagPoint]:
    """The state right before each change, where age is at its highest, and right after the last."""
    changes = [(fate.sent_at, 1) for fate in fates]
    changes += [(fate.left_at, -1) for fate in fates if fate.left_at is not None]
    changes.sort()
    waiting, oldest = 0, 0
    for instant, step in [*changes, (end, 0)]:
        while oldest < len(fates) and _has_left(fates[oldest], instant):
            oldest += 1
        age = instant - fates[oldest].sent_at if waiting and oldest < len(fates) else 0.0
        yield LagPoint(at_seconds=instant, records=waiting, age_seconds=max(0.0, round(age, 6)))
        waiting += step


def _has_left(fate: Fate, instant: float) -> bool:
    return fate.left_at is not None and fate.left_at < instant


def _thinned(points: Sequence[LagPoint], end: float) -> Iterable[LagPoint]:
    """At most `MOST_POINTS`; of what lies between, the worst."""
    if len(points) <= MOST_POINTS:
        return points
    width = max(end, 1e-6) / (MOST_POINTS - 1)
    worst: dict[int, LagPoint] = {}
    for point in points:
        bucket = int(point.at_seconds / width)
        known = worst.get(bucket)
        if known is None or (point.age_seconds, point.records) > (known.age_seconds, known.records):
            worst[bucket] = point
    return worst.values()


# -- what to watch ------------------------------------------------------------------------------------------

ITERATOR_AGE_MS = 30_000
OFFSET_LAG_RECORDS = 10


def watches(run: Run, fates: Sequence[Fate]) -> list[Watched]:
    """What CloudWatch would show of each mapping that polls a stream or topic."""
    of_mapping = fates_by_mapping(run, fates)
    return [_watched(polled, of_mapping[polled.mapping], run.virtual_seconds) for polled in run.polled]


def _watched(polled: PolledSource, fates: Sequence[Fate], end: float) -> Watched:
    points = list(_points(fates, end))
    kafka = polled.kind == "kafka"
    threshold = OFFSET_LAG_RECORDS if kafka else ITERATOR_AGE_MS
    values = [point.records if kafka else round(point.age_seconds * 1000) for point in points]
    losses = [f.left_at for f in fates if f.left_at is not None and f.left in ("expired", "deadLettered")]
    watched = Watched(
        mapping=polled.mapping,
        metric="OffsetLag" if kafka else "IteratorAge",
        peak=max(values, default=0),
        threshold=threshold,
        at_seconds=_crossing(points, values, threshold, by_age=not kafka),
        first_loss_seconds=min(losses, default=None),
        text="",
    )
    return watched.model_copy(update={"text": _text(watched)})


def _crossing(points: Sequence[LagPoint], values: Sequence[int], threshold: int, *, by_age: bool) -> float | None:
    for point, value in zip(points, values, strict=True):
        if value > threshold:
            # Age rises by a second a second: it passed the threshold before this point.
            return point.at_seconds - (value - threshold) / 1000 if by_age else point.at_seconds
    return None


def _text(watched: Watched) -> str:
    unit = " ms" if watched.metric == "IteratorAge" else " records"
    text = f"CloudWatch: {watched.metric} of {watched.mapping} peaks at {watched.peak:,}{unit}"
    if watched.at_seconds is None:
        return f"{text}, below an alarm at {watched.threshold:,}"
    # Not when an alarm goes off: that is minutes later, as its period and its number of periods say.
    text += f"; it passes {watched.threshold:,}, a threshold for an alarm, at {duration(watched.at_seconds)}"
    if watched.first_loss_seconds is None or watched.first_loss_seconds < watched.at_seconds:
        return text
    return f"{text}, {duration(watched.first_loss_seconds - watched.at_seconds)} before the first record is gone"
