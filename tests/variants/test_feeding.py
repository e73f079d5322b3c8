"""What feeds a queue: topics, buckets and APIs, each with what may happen to messages on the way."""

from __future__ import annotations

import pytest

from delivery_lab.events import RequestAnswered
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.prepared import Prepared
from tests.lab_support import ROOT, known, outcome, run, stack_of, workload

SEEDS = (7, 9)
"""With both, each safe variant does work twice under `--faults standard` if its worker keeps no records."""


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


def test_the_test_event_of_s3_takes_its_batch_with_it() -> None:
    wrong, right = outcome("s3-sqs"), outcome("s3-sqs-safe")

    # Two objects were in the batch of the test event; one has a space in its key.
    assert (wrong.messages.sent, wrong.messages.healthy_dead_lettered) == (5, 2 + 1)
    assert wrong.messages.processed_dead_lettered == 2
    assert (right.messages.processed, right.messages.dead_lettered) == (5, 0)


def test_each_of_its_mistakes_costs_messages_of_its_own() -> None:
    survives = outcome("s3-sqs", "s3.worker.testEvent=skip")
    decodes = outcome("s3-sqs", "s3.worker.decodeKeys=true")

    assert survives.messages.healthy_dead_lettered == 1
    assert decodes.messages.healthy_dead_lettered == 2


def test_with_reporting_the_test_event_fails_alone() -> None:
    reported = outcome(
        "s3-sqs",
        "s3.worker.reportBatchItemFailures=true",
        "s3.worker.onRecordError=report",
        "s3.worker.decodeKeys=true",
    )

    assert (reported.messages.processed, reported.messages.healthy_dead_lettered) == (5, 0)


def test_an_outage_of_the_queue_that_is_longer_than_the_retries_drops_events() -> None:
    wrong, right = outcome("eventbridge-sqs"), outcome("eventbridge-sqs-safe")

    # Three of six orders are put while SQS answers with errors; one event is none that the rule is about.
    assert (wrong.messages.sent, wrong.messages.processed, wrong.messages.lost, wrong.messages.filtered) == (7, 3, 3, 1)
    assert (right.messages.sent, right.messages.processed, right.messages.lost, right.messages.filtered) == (7, 6, 0, 1)


def test_a_dead_letter_queue_is_of_no_use_while_sqs_answers_with_errors() -> None:
    kept = outcome("eventbridge-sqs", "eventbridge.target.deadLetterQueue=true")

    # The queue for what cannot be delivered is a queue of SQS too.
    assert (kept.messages.processed, kept.messages.dead_lettered, kept.messages.lost) == (3, 0, 3)


def test_a_record_that_the_queue_does_not_take_blocks_what_is_behind_it() -> None:
    wrong, right = outcome("pipe-sqs"), outcome("pipe-sqs-safe")

    # The fourth record is larger than the queue takes. Without an end of the retries nothing behind it arrives.
    assert (wrong.messages.sent, wrong.messages.processed, wrong.messages.expired) == (12, 3, 9)
    assert (right.messages.sent, right.messages.processed, right.messages.dead_lettered) == (12, 11, 1)
    assert right.deliveries.duplicates == 0


def test_without_bisecting_a_healthy_record_is_discarded_with_the_large_one() -> None:
    whole = outcome("pipe-sqs-safe", "pipe.pipe.onPartialBatchItemFailure=none")

    assert (whole.messages.processed, whole.messages.dead_lettered) == (10, 2)


def test_a_body_that_the_template_does_not_encode_arrives_as_another_one() -> None:
    wrong, right = outcome("apigateway-sqs"), outcome("apigateway-sqs-safe")

    assert (wrong.messages.sent, wrong.messages.processed, wrong.messages.healthy_dead_lettered) == (5, 4, 1)
    assert (right.messages.sent, right.messages.processed, right.messages.dead_lettered) == (5, 5, 0)


def test_the_caller_is_told_of_a_success_in_any_case() -> None:
    def statuses(stack: str) -> list[int]:
        return [event.status for event in run(stack).events if isinstance(event, RequestAnswered)]

    # The last of six bodies is larger than the queue takes.
    assert statuses("apigateway-sqs") == [202] * 6
    assert statuses("apigateway-sqs-safe") == [202] * 5 + [502]


def _under_standard_faults(stack: str, *overrides: str) -> list[tuple[bool, int, int]]:
    """Whether work was done twice, and how many messages were lost and processed, by seed."""
    given = workload(stack).model_copy(update={"fault_preset": "standard"})
    with Prepared(stack_of(stack, overrides), ROOT) as prepared:
        found = [outcome_of(prepared.simulate(given, seed)) for seed in SEEDS]
    return [(known(each.effects.duplicated) > 0, known(each.messages.lost), each.messages.processed) for each in found]


@pytest.mark.parametrize(
    "stack",
    [
        *("sns-sqs-filter-safe", "sns-sqs-raw-safe", "s3-sqs-safe"),
        *("eventbridge-sqs-safe", "apigateway-sqs-safe", "pipe-sqs-safe"),
    ],
)
def test_a_safe_variant_does_its_work_once_whatever_aws_delivers_twice(stack: str) -> None:
    assert _under_standard_faults(stack) == [(False, 0, outcome(stack).messages.processed)] * len(SEEDS)


def test_a_worker_that_keeps_no_records_does_it_twice() -> None:
    found = _under_standard_faults("sns-sqs-raw-safe", "sns.worker.idempotency.mode=none")

    assert found == [(True, 0, 5)] * len(SEEDS)
