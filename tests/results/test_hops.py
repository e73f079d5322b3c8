"""Messages that a topic hands on: counted once for each consumer, wherever they end."""

from __future__ import annotations

import pytest

from delivery_lab.events import (
    Event,
    EventAccepted,
    EventAnswered,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventInvoked,
    FeedConfigured,
    FeedDeadLettered,
    FeedDelayed,
    FeedDiscarded,
    FeederAccepted,
    FeederDeduplicated,
    FeedFiltered,
    FeedHandedOn,
    FeedHandedOnAgain,
    FeedRepeated,
    FeedRetryScheduled,
    FilterMissed,
    InvokeEnded,
    InvokeStarted,
    MessageDeadLettered,
    MessageExpired,
    MessageMoved,
    MessageSent,
    PipeHandedOn,
    TargetKind,
)
from delivery_lab.events.base import Actor
from delivery_lab.events.instants import seconds
from delivery_lab.results.invariants import History, violations
from delivery_lab.results.outcome import outcome_of
from delivery_lab.results.timeline import timeline
from tests.results.world import dead_lettered, deleted, delivered, ended, mapped, run_of, sent, wrote


def _feed(name: str, target: str, kind: TargetKind = "queue", feeder: str = "orders") -> Event:
    return FeedConfigured(0, None, feeder, "topic", name, kind, target)


def _published(message: str = "n", feeder: str = "orders", *, follow_up: bool = False, name: str = "") -> Event:
    body = f'{{"id": "{message}"}}'
    return FeederAccepted(0, None, feeder, message, body, name, "", None, follow_up)


def _handed(message: str = "n", feed: str = "sub", target: str = "jobs", new: str = "m") -> Event:
    return FeedHandedOn(0, "SNS-DELIVER-1", "orders", feed, message, target, new)


def _processed(message: str = "m") -> list[Event]:
    return [*delivered("i", message), *ended("i"), *deleted(message)]


ONE = [mapped("mapping"), _feed("sub", "jobs")]


def test_a_message_keeps_its_id_from_the_publisher_to_the_consumer() -> None:
    outcome = outcome_of(run_of(*ONE, _published(), _handed(), sent("m", body="{}"), *_processed()))

    (message,) = outcome.per_message
    assert (message.id, message.message_id, message.consumer, message.outcome) == ("n", "n", "mapping", "processed")
    assert outcome.messages.sent == 1
    assert message.delivered_at == (0.0,)


def test_it_counts_once_for_each_subscription() -> None:
    both = [mapped("mapping"), mapped("other", "more"), _feed("sub", "jobs"), _feed("sub-2", "more")]
    events = [*both, _published(), _handed(), sent("m"), FeedFiltered(0, "SNS-FILTER-1", "orders", "sub-2", "n")]

    outcome = outcome_of(run_of(*events, *_processed()))

    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.filtered) == (2, 1, 1)
    assert {each.name: each.messages.sent for each in outcome.consumers} == {"mapping": 1, "other": 1}


def test_what_is_discarded_is_lost_and_what_is_dead_lettered_is_not() -> None:
    gone = FeedDiscarded(0, "SNS-DLQ-2", "orders", "sub", "n", "AccessDenied", "no policy")
    kept = FeedDeadLettered(0, "SNS-DLQ-1", "orders", "sub", "n", "AccessDenied", "no policy", "dead", "d")

    assert outcome_of(run_of(*ONE, _published(), gone)).messages.lost == 1
    dead = outcome_of(run_of(*ONE, _published(), kept, sent("d", queue="dead")))
    assert (dead.messages.dead_lettered, dead.messages.healthy_dead_lettered) == (1, 1)
    expired = MessageExpired(seconds(9), "SQS-RET-1", "dead", "d")
    assert outcome_of(run_of(*ONE, _published(), kept, sent("d", queue="dead"), expired)).messages.expired == 1


PIPED = [mapped("pipe", "orders"), mapped("mapping")]


def _piped(new: str) -> Event:
    return PipeHandedOn(0, "PIPE-TARGET-1", "pipe", "n", "queue", "jobs", new)


def test_what_a_pipe_hands_on_is_the_same_message_for_the_consumer_behind_it() -> None:
    source = sent("n", body='{"id": "order-1"}', queue="orders")
    run = run_of(*PIPED, source, _piped("m"), sent("m"), *deleted("n"), *_processed(), sources=("orders", "jobs"))

    (message,) = outcome_of(run).per_message
    assert (message.id, message.message_id, message.consumer, message.outcome) == (
        "order-1",
        "n",
        "mapping",
        "processed",
    )
    assert {each.name: each.messages.sent for each in outcome_of(run).consumers} == {"mapping": 1, "pipe": 0}


def test_what_a_pipe_hands_on_twice_is_delivered_twice_and_is_one_message() -> None:
    source = sent("n", queue="orders")
    again = [_piped("m2"), sent("m2"), *delivered("i2", "m2"), *ended("i2"), *deleted("m2")]
    run = run_of(
        *PIPED, source, _piped("m"), sent("m"), *_processed(), *again, *deleted("n"), sources=("orders", "jobs")
    )

    outcome = outcome_of(run)
    assert (outcome.messages.sent, outcome.deliveries.total, outcome.deliveries.duplicates) == (1, 2, 1)


def test_what_a_pipe_never_hands_on_ends_at_its_source() -> None:
    outcome = outcome_of(run_of(*PIPED, sent("n", queue="orders"), sources=("orders", "jobs")))

    assert (outcome.messages.sent, outcome.messages.remaining) == (1, 1)


def test_sns_filter_5_what_a_filter_only_missed_is_lost() -> None:
    missed = FilterMissed(0, "SNS-FILTER-5", "sub", "n", "it stands in the body")
    filtered = FeedFiltered(0, "SNS-FILTER-1", "orders", "sub", "n")

    outcome = outcome_of(run_of(*ONE, _published(), missed, filtered))

    assert (outcome.messages.lost, outcome.messages.filtered) == (1, 0)


def test_a_function_behind_a_topic_is_the_consumer() -> None:
    worker = Actor("lambda", "asynchronous invokes")
    events = [
        _feed("sub", "worker", "function"),
        _published(),
        _handed(target="worker", new="e"),
        EventAccepted(0, "ASY-QUEUE-1", "worker", "e", "{}", Actor("feed", "sub"), False),
        InvokeStarted(0, "LAM-ENV-1", "worker", "e", 1, worker),
        EventInvoked(0, "ASY-QUEUE-1", "worker", "e"),
        InvokeEnded(seconds(1), None, "worker", "e", 1, None),
        EventAnswered(seconds(1), "ASY-QUEUE-1", "worker", "e", None),
        EventCompleted(seconds(1), "ASY-QUEUE-1", "worker", "e"),
    ]
    outcome = outcome_of(run_of(*events))

    assert (outcome.messages.sent, outcome.messages.processed) == (1, 1)
    assert outcome.consumers[0].name == "worker"


def _failing(*, last: Event) -> list[Event]:
    """A function behind a topic fails with its event, which is then let go of."""
    return [
        _feed("sub", "worker", "function"),
        _published(),
        _handed(target="worker", new="e"),
        EventAccepted(0, "ASY-QUEUE-1", "worker", "e", "{}", Actor("feed", "sub"), False),
        InvokeStarted(0, "LAM-ENV-1", "worker", "e", 1, Actor("lambda", "asynchronous invokes")),
        EventInvoked(0, "ASY-QUEUE-1", "worker", "e"),
        InvokeEnded(seconds(1), None, "worker", "e", 1, "ValueError"),
        EventAnswered(seconds(1), "LAM-ERR-1", "worker", "e", "ValueError"),
        last,
    ]


def test_a_message_whose_function_behind_a_topic_failed_is_not_processed() -> None:
    gone = outcome_of(run_of(*_failing(last=EventDiscarded(seconds(1), "ASY-GONE-1", "worker", "e"))))
    kept = outcome_of(run_of(*_failing(last=EventDeadLettered(seconds(1), "DST-FAILURE-1", "worker", "e", "dlq"))))

    assert (gone.messages.processed, gone.messages.lost) == (0, 1)
    assert (kept.messages.dead_lettered, kept.messages.processed_dead_lettered) == (1, 0)


def test_a_message_of_a_topic_that_a_response_names_is_not_processed() -> None:
    named = [*delivered("i", "m"), *ended("i", "m", named=("m",), rule="ESM-REPORT-8"), *dead_lettered("m")]
    outcome = outcome_of(run_of(*ONE, _published(), _handed(), sent("m"), *named))

    assert (outcome.messages.dead_lettered, outcome.messages.processed_dead_lettered) == (1, 0)


def test_a_redriven_message_that_fails_again_is_not_processed() -> None:
    first = [*delivered("i", "m"), *ended("i", "m"), *dead_lettered("m")]
    moved = MessageMoved(seconds(10), "RDR-NEW-1", "dead", "m", "jobs", "m2", "task")
    again = [*delivered("j", "m2", at=11), *ended("j", "m2", at=12), *dead_lettered("m2", at=13)]
    outcome = outcome_of(run_of(mapped("mapping"), sent("m"), *first, moved, *again))

    assert (outcome.messages.dead_lettered, outcome.messages.processed_dead_lettered) == (1, 0)


def test_a_handler_names_a_message_of_a_topic_by_the_id_that_it_has_in_the_queue() -> None:
    two = [_published("n"), _handed("n", new="m"), _published("o"), _handed("o", new="p"), sent("m"), sent("p")]
    work = [*delivered("i", "m", "p"), wrote("i", '{"Item": {"pk": {"S": "done-of-m"}, "source": {"S": "m"}}}')]
    events = [*ONE, *two, *work, *ended("i"), *deleted("m", "p")]

    effects = {message.id: message.evidence.effects for message in outcome_of(run_of(*events)).per_message}
    assert effects == {"n": 1, "o": 0}


def test_a_handler_parks_a_message_of_a_topic_by_the_id_that_it_has_in_the_queue() -> None:
    two = [_published("n"), _handed("n", new="m"), _published("o"), _handed("o", new="p"), sent("m"), sent("p")]
    parked = MessageSent(seconds(1), None, "parked", "q", '{"of": "p"}', None, (), "i", seconds(1))
    events = [*ONE, *two, *delivered("i", "m", "p"), parked, *ended("i", "m", "p"), *deleted("m", "p")]

    run = run_of(*events, parking_queues=["parked"])
    assert {message.id: message.outcome for message in outcome_of(run).per_message}["o"] == "deadLettered"


def test_a_record_of_another_message_is_no_message_of_its_own() -> None:
    events = [*ONE, _published(follow_up=True), _handed(), sent("m"), *_processed()]

    assert outcome_of(run_of(*events)).messages.sent == 0


def test_a_test_event_of_a_bucket_is_no_message_behind_a_topic_either() -> None:
    bucket = FeedConfigured(0, None, "uploads", "bucket", "notify", "topic", "orders")
    told = FeederAccepted(0, None, "uploads", "t", "{}", "s3:TestEvent", "", None, True)
    on = FeedHandedOn(0, "S3-NOTIFY-1", "uploads", "notify", "t", "orders", "n")
    events = [bucket, *ONE, told, on, _published(), _handed(), sent("m"), *_processed()]

    assert outcome_of(run_of(*events)).messages.sent == 0


def test_what_a_fifo_queue_takes_for_a_repetition_counts_for_nobody() -> None:
    repeated = FeedRepeated(0, "SNS-DELIVER-1", "orders", "sub", "n", "jobs")

    assert outcome_of(run_of(*ONE, _published(), repeated)).messages.sent == 0


def _again(message: str = "n", feed: str = "sub", target: str = "jobs", new: str = "m2") -> Event:
    return FeedHandedOnAgain(0, "SIM-FAULT-1", "orders", feed, message, target, new)


TWICE = [*ONE, _published(), _handed(), sent("m"), _again(), sent("m2")]


def _second() -> list[Event]:
    return [*delivered("i2", "m2"), *ended("i2"), *deleted("m2")]


def _dead(message: str) -> Event:
    return MessageDeadLettered(seconds(9), "SQS-DLQ-1", "jobs", message, "dead")


def test_what_is_handed_on_twice_is_one_message_that_is_delivered_twice() -> None:
    outcome = outcome_of(run_of(*TWICE, *_processed(), *_second()))

    assert (outcome.messages.sent, outcome.messages.processed) == (1, 1)
    assert (outcome.deliveries.total, outcome.deliveries.duplicates) == (2, 1)
    assert violations(History(events=tuple(TWICE))) == []


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        ([*_processed()], "processed"),
        ([*_processed(), _dead("m2")], "processed"),
        ([_dead("m"), *_second()], "processed"),
        ([_dead("m")], "remaining"),
        ([_dead("m"), _dead("m2")], "deadLettered"),
        ([_dead("m"), MessageExpired(seconds(9), "SQS-RET-1", "jobs", "m2")], "deadLettered"),
        ([*deleted("m")], "remaining"),
        ([*deleted("m"), *deleted("m2")], "lost"),
        ([*deleted("m"), *_second()], "processed"),
    ],
)
def test_where_a_message_ends_of_which_there_are_two(ends: list[Event], outcome: str) -> None:
    (message,) = outcome_of(run_of(*TWICE, *ends)).per_message

    assert message.outcome == outcome


def test_what_is_handed_on_twice_over_two_hops_is_one_message() -> None:
    feeds = [mapped("mapping"), _feed("rule", "orders", "topic", "bus"), _feed("sub", "jobs")]
    onward = FeedHandedOn(0, "EB-DELIVER-1", "bus", "rule", "b", "orders", "n")
    again = FeedHandedOnAgain(0, "SIM-FAULT-1", "bus", "rule", "b", "orders", "n2")
    gone = FeedDiscarded(0, "SNS-DLQ-2", "orders", "sub", "n2", "AccessDenied", "no policy")
    first = [*feeds, _published("b", "bus"), onward, _published("n"), _handed(), sent("m"), again, _published("n2")]

    handed = outcome_of(run_of(*first, _handed("n2", new="m2"), sent("m2"), *_processed(), *_second()))
    assert (handed.messages.sent, handed.messages.processed, handed.deliveries.duplicates) == (1, 1, 1)
    lost = outcome_of(run_of(*first, gone))
    assert (lost.messages.sent, lost.messages.remaining) == (1, 1)


def test_a_pipe_behind_what_is_handed_on_twice_has_one_message_twice() -> None:
    feeds = [mapped("pipe", "orders-queue"), mapped("mapping"), _feed("sub", "orders-queue")]
    first = [*feeds, _published(), _handed(target="orders-queue", new="n1"), sent("n1", queue="orders-queue")]
    piped = [PipeHandedOn(0, "PIPE-TARGET-1", "pipe", "n1", "queue", "jobs", "m"), sent("m"), *deleted("n1")]
    again = [_again(target="orders-queue", new="n2"), sent("n2", queue="orders-queue")]
    second = [PipeHandedOn(0, "PIPE-TARGET-1", "pipe", "n2", "queue", "jobs", "m2"), sent("m2"), *deleted("n2")]
    for order in ([*piped, *again], [*again, *piped]):
        run = run_of(*first, *order, *second, *_processed(), *_second(), sources=("orders-queue", "jobs"))

        outcome = outcome_of(run)
        assert (outcome.messages.sent, outcome.messages.processed, outcome.deliveries.duplicates) == (1, 1, 1)


def test_over_two_hops() -> None:
    feeds = [mapped("mapping"), _feed("rule", "orders", "topic", "bus"), _feed("sub", "jobs")]
    onward = FeedHandedOn(0, "SNS-DELIVER-1", "bus", "rule", "b", "orders", "n")
    events = [*feeds, _published("b", "bus"), onward, _published("n"), _handed(), sent("m"), *_processed()]

    (message,) = outcome_of(run_of(*events)).per_message
    assert (message.message_id, message.outcome) == ("b", "processed")


def _told(*events: Event) -> list[str]:
    return [line.text for line in timeline(run_of(*ONE, *events))]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (FeedDiscarded(0, None, "orders", "sub", "n", "AccessDenied", "no"), "discarded by sub (AccessDenied: no): n"),
        (
            FeedDeadLettered(0, None, "orders", "sub", "n", "AccessDenied", "no", "dead", "d"),
            "dead-lettered by sub to dead (AccessDenied: no): n",
        ),
        (FeedRetryScheduled(0, None, "orders", "sub", "n", "E", 1, seconds(1)), "sub will try n again at 1.000 s (E)"),
        (FeedRepeated(0, None, "orders", "sub", "n", "jobs"), "handed on by sub to jobs again and dropped: n"),
        (FeederDeduplicated(0, None, "orders", "n"), "published to orders again and dropped: n"),
        (FeedFiltered(0, None, "orders", "sub", "n"), "filtered out by sub: n"),
        (FeedDelayed(0, None, "orders", "sub", "n", seconds(5)), "sub is late: it hands n on at 5.000 s"),
        (_again(), "handed on by sub to jobs again: n"),
    ],
)
def test_what_is_told(event: Event, text: str) -> None:
    assert _told(_published(), event) == ["published to orders: n", text]


def test_the_way_of_a_message_is_one_story() -> None:
    told = _told(_published(), _handed(), sent("m", body="{}"), *delivered("i", "m"))

    assert told == ["published to orders: n", "handed on by sub to jobs: n", "worker #1 gets n"]


def test_a_filter_that_looked_in_the_wrong_place_is_told() -> None:
    missed = FilterMissed(0, None, "sub", "n", "it stands in the body")

    assert _told(_published(), missed, FeedFiltered(0, None, "orders", "sub", "n")) == [
        "published to orders: n",
        "filtered out by sub, although it stands in the body: n",
    ]


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([_published()], "n has not ended at sub, and waits for no retry"),
        ([_published(), _handed()], "m was handed on, and never arrived"),
        ([_handed(), sent("m")], "n ends at sub, where it is not"),
        (
            [_published(), _again(), sent("m2"), _handed(), sent("m")],
            "n is handed on by sub again, and never was before",
        ),
        ([_published(), _handed(), sent("m"), _again()], "m2 was handed on, and never arrived"),
    ],
)
def test_inv_conserve_4_finds_what_does_not_end(events: list[Event], text: str) -> None:
    found = violations(History(events=(*ONE, *events)))

    assert [str(violation) for violation in found] == [f"INV-CONSERVE-4 at 0.000000 s: {text}"]


def test_inv_conserve_4_is_content_with_what_waits_for_a_retry() -> None:
    retry = FeedRetryScheduled(0, None, "orders", "sub", "n", "E", 1, seconds(1))

    assert violations(History(events=(*ONE, _published(), retry))) == []


def test_inv_conserve_4_is_content_with_what_is_late() -> None:
    late = FeedDelayed(0, "SIM-FAULT-1", "orders", "sub", "n", seconds(60))

    assert violations(History(events=(*ONE, _published(), late))) == []
