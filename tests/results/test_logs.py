"""What results say of streams and topics, from small runs of events."""

from pathlib import Path

from delivery_lab.model.clock import seconds
from delivery_lab.model.journal import Event, Kind
from delivery_lab.results.fates import read_events
from delivery_lab.results.logs import MOST_POINTS, blocked_logs, lags, watches
from delivery_lab.simulation.run import LogReading, Run
from delivery_lab.simulation.workload import Send, Workload

READING = LogReading("orders", "kinesis", "mapping", 86_400, -1, ("shard-0", "shard-1"))


def run_of(*events: Event, until: float) -> Run:
    workload = Workload(send=[Send(queue="jobs", body={})]).read_from(Path("w.yaml"))
    return Run(
        "stack",
        "simulation",
        workload,
        1,
        until,
        events,
        (),
        "",
        frozenset({"orders"}),
        frozenset(),
        (),
        (),
        (READING,),
    )


def sent(at: float, message: str, key: str = "k", log: str = "shard-0") -> Event:
    return Event(
        seconds(at), Kind.SENT, "", {"queue": "orders", "message": message, "body": "", "key": key, "log": log}
    )


def about(at: float, kind: Kind, *messages: str, slot: int = 0, log: str = "shard-0", **facts: str) -> Event:
    return Event(seconds(at), kind, "", {"mapping": "mapping", "messages": messages, "log": log, "slot": slot, **facts})


def expired(at: float, message: str) -> Event:
    return Event(seconds(at), Kind.EXPIRED, "", {"queue": "orders", "message": message, "log": "shard-0"})


def test_a_shard_is_blocked_from_the_first_failure_until_something_moves() -> None:
    run = run_of(
        sent(0, "a"),
        sent(0, "b"),
        about(2, Kind.RETRY, "a"),
        sent(3, "c"),
        about(9, Kind.RETRY, "a"),
        about(12, Kind.CHECKPOINT, "a"),
        about(13, Kind.CHECKPOINT, "b", "c"),
        until=20,
    )

    first, second = blocked_logs(run)

    assert (first.log, first.seconds, first.records_behind) == ("shard-0", 10, 2)
    assert (second.log, second.seconds, second.records_behind) == ("shard-1", 0, 0)


def test_a_record_that_is_filtered_out_ends_no_standstill() -> None:
    filtered = Event(seconds(4), Kind.FILTERED, "", {"queue": "orders", "message": "b", "log": "shard-0"})
    run = run_of(sent(0, "a"), about(2, Kind.RETRY, "a"), sent(3, "b"), filtered, sent(5, "c"), until=20)

    (blocked, _) = blocked_logs(run)

    assert (blocked.seconds, blocked.records_behind) == (18, 1)


def test_slots_that_stand_still_together_count_once() -> None:
    run = run_of(
        sent(0, "a"),
        sent(0, "b"),
        about(1, Kind.RETRY, "a", slot=0),
        about(3, Kind.RETRY, "b", slot=1),
        about(6, Kind.DISCARDED, "a", slot=0, target=""),
        about(8, Kind.CHECKPOINT, "b", slot=1),
        until=20,
    )

    assert blocked_logs(run)[0].seconds == 7


def test_retention_ends_a_standstill_when_all_of_the_batch_is_gone() -> None:
    run = run_of(
        sent(0, "a"), sent(1, "b"), about(2, Kind.RETRY, "a", "b"), expired(10, "a"), expired(11, "b"), until=50
    )

    assert blocked_logs(run)[0].seconds == 9


def test_what_stands_still_at_the_end_counts_until_then() -> None:
    run = run_of(sent(0, "a"), about(2, Kind.RETRY, "a"), until=50)

    assert blocked_logs(run)[0].seconds == 48


def test_lag_is_what_was_written_and_is_not_done_with() -> None:
    run = run_of(sent(0, "a"), sent(1, "b"), about(5, Kind.CHECKPOINT, "a"), about(6, Kind.CHECKPOINT, "b"), until=6)

    (lag,) = lags(run, list(read_events(run).fates.values()))

    assert (lag.most_records, lag.oldest_seconds) == (2, 5)
    assert (5, 2, 5) in [(point.at_seconds, point.records, point.age_seconds) for point in lag.points]


def test_long_runs_keep_the_worst_points() -> None:
    events = [sent(n, str(n)) for n in range(1_000)]
    run = run_of(*events, about(1_000, Kind.CHECKPOINT, *(str(n) for n in range(1_000))), until=1_000)

    (lag,) = lags(run, list(read_events(run).fates.values()))

    assert len(lag.points) <= MOST_POINTS
    assert max(point.records for point in lag.points) == 1_000


def test_the_alarm_goes_off_when_the_age_passes_the_threshold() -> None:
    run = run_of(sent(10, "a"), about(100, Kind.DISCARDED, "a", target="failures"), until=100)

    (watch,) = watches(run, list(read_events(run).fates.values()))

    assert (watch.peak, watch.at_seconds, watch.first_loss_seconds) == (90_000, 40, 100)
    assert str(watch) == (
        "CloudWatch: IteratorAge of mapping peaks at 90,000 ms; it passes 30,000, a threshold for an alarm, at 40 s, "
        "60 s before the first record is gone"
    )


def test_what_is_processed_after_a_later_one_of_its_key_is_out_of_order() -> None:
    def processed(at: float, message: str) -> Event:
        facts = {"function": "worker", "invoke": "i", "event": "processed", "id": message, "message": message}
        return Event(seconds(at), Kind.LOG, "", facts)

    def violations(*order: str) -> int:
        sends = [sent(0, "a"), sent(0, "b"), sent(0, "c"), sent(0, "other", key="l")]
        logs = [processed(n + 1, message) for n, message in enumerate(order)]
        return read_events(run_of(*sends, *logs, until=9)).order_violations

    assert violations("other", "a", "b", "c") == 0
    assert violations("a", "c", "b") == 1
    assert violations("c", "b", "a") == 2
    assert violations("c", "other") == 0
    assert violations("a", "b", "a", "c") == 0  # done again is not out of order
