"""What feeds a queue: topics, buckets and APIs, each with what may happen to messages on the way."""

from __future__ import annotations

from tests.lab_support import known, outcome


def test_a_filter_policy_in_the_wrong_scope_lets_everything_by() -> None:
    wrong, right = outcome("sns-sqs-filter"), outcome("sns-sqs-filter-safe")

    # Six of seven messages are orders or refunds; the publisher writes the kind into the body.
    assert (wrong.messages.sent, wrong.messages.processed, wrong.messages.lost, wrong.messages.filtered) == (7, 0, 6, 1)
    assert (right.messages.sent, right.messages.processed, right.messages.lost, right.messages.filtered) == (7, 6, 0, 1)
    assert wrong.deliveries.total == 0


def test_a_worker_that_takes_an_envelope_off_which_is_not_there_fails_every_message() -> None:
    wrong, right = outcome("sns-sqs-raw"), outcome("sns-sqs-raw-safe")

    assert (wrong.messages.processed, wrong.messages.healthy_dead_lettered) == (0, 5)
    assert wrong.deliveries.total == 5 * 2  # maxReceiveCount
    assert (right.messages.processed, right.messages.dead_lettered) == (5, 0)
    assert known(right.effects.total) == 5
    assert right.deliveries.duplicates == 1  # of the message that fails once


def test_with_an_envelope_the_worker_takes_it_off() -> None:
    enveloped = outcome("sns-sqs-raw-safe", "sns.subscription.rawMessageDelivery=false", "sns.worker.body=envelope")
    forgotten = outcome("sns-sqs-raw-safe", "sns.subscription.rawMessageDelivery=false")

    assert enveloped.messages.processed == 5
    assert (forgotten.messages.processed, forgotten.messages.healthy_dead_lettered) == (0, 5)
