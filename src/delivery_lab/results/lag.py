"""How far the mappings of streams and topics were behind, and what CloudWatch would show of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from delivery_lab.events import PolledSource, Run
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.fates import Fate
from delivery_lab.results.figures import Lag, LagPoint, Watched
from delivery_lab.results.iterator_age import THRESHOLD_MS, HighestAge, highest_ages
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

OFFSET_LAG_RECORDS = 10


def watches(run: Run, fates: Sequence[Fate]) -> list[Watched]:
    """What CloudWatch would show of each mapping of a function that polls a stream or topic; of pipes it shows neither.

    Which metrics there are of pipes: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
    """
    of_mapping, ages = fates_by_mapping(run, fates), highest_ages(run)
    return [
        _watched(polled, of_mapping[polled.mapping], ages.get(polled.mapping), run.virtual_seconds)
        for polled in run.polled
        if not polled.piped
    ]


def _watched(polled: PolledSource, fates: Sequence[Fate], age: HighestAge | None, end: float) -> Watched:
    losses = [f.left_at for f in fates if f.left_at is not None and f.left in ("expired", "deadLettered")]
    first_loss = min(losses, default=None)
    if age is None:
        points = list(_points(fates, end))
        passed = (point.at_seconds for point in points if point.records > OFFSET_LAG_RECORDS)
        watched = Watched(
            mapping=polled.mapping,
            metric="OffsetLag",
            peak=max((point.records for point in points), default=0),
            threshold=OFFSET_LAG_RECORDS,
            at_seconds=next(passed, None),
            first_loss_seconds=first_loss,
            text="",
        )
    else:
        watched = Watched(
            mapping=polled.mapping,
            metric="IteratorAge",
            peak=age.peak_ms,
            threshold=THRESHOLD_MS,
            at_seconds=None if age.passed_us is None else in_seconds(age.passed_us),
            first_loss_seconds=first_loss,
            text="",
        )
    return watched.model_copy(update={"text": _text(watched)})


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
