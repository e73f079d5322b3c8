"""Every name of the outcome, defined by a handful of events."""

from __future__ import annotations

import json

import pytest

from delivery_lab.events import (
    Actor,
    DeleteIgnored,
    Event,
    InvokeRefused,
    MessageExpired,
    MessageReceived,
)
from delivery_lab.events.instants import seconds
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.results.timeline import shortened, timeline
from tests.results.world import MAPPING, dead_lettered, deleted, delivered, ended, log, run_of, sent


def test_a_delivered_message_of_a_silent_handler_is_processed_when_its_invoke_succeeded() -> None:
    outcome = outcome_of(run_of(sent("a"), delivered("1", "a"), ended("1"), deleted("a")))

    assert outcome.messages.processed == 1
    assert outcome.evidence.processed == "invoke"
    assert outcome.latency_seconds.max == 1


def test_a_deleted_message_whose_response_named_it_is_lost() -> None:
    outcome = outcome_of(run_of(sent("a"), delivered("1", "a"), ended("1", named=("a",)), deleted("a")))

    assert outcome.messages.lost == 1


def test_a_handler_that_follows_the_log_contract_is_believed_over_its_response() -> None:
    events = (sent("a"), sent("b"), delivered("1", "a", "b"), log("processed", "a"), log("failed", "b"), ended("1"))

    outcome = outcome_of(run_of(*events, deleted("a", "b")))

    assert outcome.messages.processed == 1
    assert outcome.messages.lost == 1


def test_a_skipped_duplicate_is_processed_only_if_its_work_was_done_by_somebody() -> None:
    def skipped(done: bool) -> tuple[int, int]:
        first = [log("processed", "a", business_id="order")] if done else []
        events = (sent("a"), sent("b"), delivered("1", "a", "b"), first, log("duplicate", "b", business_id="order"))
        messages = outcome_of(run_of(*events, ended("1", "a"), deleted("b"))).messages
        return messages.processed, messages.lost

    assert skipped(done=True) == (1, 0)
    assert skipped(done=False) == (0, 1)


def test_what_a_handler_receives_by_itself_is_delivered() -> None:
    worker = Actor("function", "worker", "1")
    received = [MessageReceived(seconds(at), None, "jobs", "a", at, worker, seconds(at + 30)) for at in (1, 40)]

    outcome = outcome_of(run_of(sent("a"), received, dead_lettered("a")))

    assert (outcome.deliveries.total, outcome.deliveries.max_per_message, outcome.deliveries.duplicates) == (2, 2, 1)
    assert outcome.sums.dead_untouched == 0


def test_what_a_mapping_receives_is_delivered_once_it_is_handed_to_an_invoke() -> None:
    received = [MessageReceived(seconds(at), None, "jobs", "a", at, MAPPING, seconds(at + 30)) for at in (1, 40)]

    outcome = outcome_of(run_of(sent("a"), received, dead_lettered("a")))

    assert (outcome.deliveries.total, outcome.sums.dead_untouched) == (0, 1)


def test_effects_are_counted_by_business_id() -> None:
    again = [log("processed", message, business_id="order") for message in ("a", "b", "a")]

    outcome = outcome_of(run_of(sent("a"), sent("b"), delivered("1", "a", "b"), again, ended("1"), deleted("a", "b")))

    assert outcome.effects.total == 3
    assert outcome.effects.duplicated == 2


def test_dead_letters_are_healthy_unless_the_workload_marks_them() -> None:
    moved = dead_lettered("a", "b")

    outcome = outcome_of(run_of(sent("a"), sent("b", body='{"bad": true}'), moved, poison="bad"))

    assert outcome.messages.dead_lettered == 2
    assert outcome.messages.healthy_dead_lettered == 1
    assert outcome.messages.processed_dead_lettered == 0


def test_a_dead_letter_that_rots_is_expired() -> None:
    events = (
        sent("a"),
        dead_lettered("a", at=1),
        MessageExpired(seconds(9), "SQS-RET-2", "dead", "a"),
    )

    messages = outcome_of(run_of(*events)).messages

    assert (messages.expired, messages.dead_lettered) == (1, 0)


def _expires_at_work(*, at_work: tuple[Event, ...] = (), failed: tuple[str, ...] = ()) -> Outcome:
    """One message expires while an invoke works on it, which deletes it afterwards unless it failed."""
    expired = MessageExpired(seconds(0.5), "SQS-RET-1", "jobs", "a")
    late = () if failed else (DeleteIgnored(seconds(1), "SQS-RET-4", "jobs", "a", MAPPING),)
    return outcome_of(run_of(sent("a"), delivered("1", "a"), expired, at_work, ended("1", *failed), late))


@pytest.mark.parametrize("at_work", [(), (log("processed", "a", invoke="1"),)])
def test_a_message_that_expires_while_its_invoke_succeeds_is_processed(at_work: tuple[Event, ...]) -> None:
    outcome = _expires_at_work(at_work=at_work)

    assert (outcome.messages.processed, outcome.messages.expired) == (1, 0)
    assert outcome.first_harm_seconds is None
    assert conclusion(outcome).startswith("Every message is ")


def test_a_message_that_expires_while_its_invoke_fails_is_expired() -> None:
    outcome = _expires_at_work(failed=("a",))

    assert (outcome.messages.processed, outcome.messages.expired) == (0, 1)
    assert outcome.first_harm_seconds == 0.5
    assert conclusion(outcome) == "1 message expires."


def test_a_message_that_expires_after_its_work_was_done_in_a_batch_that_failed_is_expired_and_told_so() -> None:
    outcome = _expires_at_work(at_work=(log("processed", "a", invoke="1"),), failed=("a",))

    assert (outcome.messages.processed, outcome.messages.expired) == (0, 1)
    assert conclusion(outcome) == "1 message expires (although its work was done)."


def test_a_delete_after_the_expiry_by_a_handler_that_did_not_do_the_work_leaves_the_message_expired() -> None:
    outcome = _expires_at_work(at_work=(log("failed", "a", invoke="1"),))

    assert (outcome.messages.processed, outcome.messages.expired, outcome.messages.lost) == (0, 1, 0)
    assert outcome.first_harm_seconds == 0.5


def test_a_late_delete_is_told() -> None:
    late = DeleteIgnored(seconds(2), "SQS-RET-4", "jobs", "a", MAPPING)

    lines = timeline(run_of(sent("a"), MessageExpired(seconds(1), "SQS-RET-1", "jobs", "a"), late))

    assert str(lines[-1]).strip() == "2.000 s  deleted by mapping, too late: it had expired: a  [SQS-RET-4]"


def test_a_delivery_overlaps_while_another_invoke_holds_the_message() -> None:
    second_after_first = (sent("a"), delivered("1", "a"), ended("1", "a"), delivered("2", "a", at=5), ended("2", "a"))
    second_during_first = (sent("a"), delivered("1", "a"), delivered("2", "a", at=5), ended("1", "a"), ended("2", "a"))

    apart, together = outcome_of(run_of(*second_after_first)), outcome_of(run_of(*second_during_first))

    assert (apart.deliveries.duplicates, apart.deliveries.overlapping) == (1, 0)
    assert (together.deliveries.duplicates, together.deliveries.overlapping) == (1, 1)
    assert together.messages.remaining == 1


def test_messages_of_other_queues_are_not_counted() -> None:
    assert outcome_of(run_of(sent("a", queue="elsewhere"))).messages.sent == 0


def test_invocations_are_counted_by_their_ends() -> None:
    events = (
        delivered("1", "a"),
        ended("1", "a", error="ValueError"),
        delivered("2", "a"),
        ended("2", "a", error="Sandbox.Timedout"),
        InvokeRefused(seconds(3), "LAM-CONC-2", "worker", "", 429, MAPPING),
    )

    invocations = outcome_of(run_of(*events)).invocations

    assert invocations.model_dump() == {"total": 2, "failed": 2, "throttled": 1, "timed_out": 1}


def test_an_internal_error_of_lambda_is_no_throttle() -> None:
    refused = [
        InvokeRefused(0, "SIM-FAULT-1", "worker", reason, status, MAPPING)
        for reason, status in (("ServiceException", 500), ("ConcurrentInvocationLimitExceeded", 429))
    ]
    assert outcome_of(run_of(refused)).invocations.throttled == 1
    lines = shortened(timeline(run_of(refused)))
    assert "worker is not invoked (ServiceException, status 500)" in lines[0]
    assert "worker is throttled (ConcurrentInvocationLimitExceeded)" in lines[1]


def test_quantiles_are_nearest_ranks() -> None:
    messages = [f"m{number}" for number in range(1, 21)]
    events = [[sent(message), *delivered(message, message)] for message in messages]
    ends = [ended(message, at=number) for number, message in enumerate(messages, start=1)]

    latency = outcome_of(run_of(*events, *ends)).latency_seconds

    assert (latency.p50, latency.p95, latency.max) == (10, 19, 20)


def test_only_assumptions_are_listed() -> None:
    outcome = outcome_of(run_of(rules=("ESM-POLL-1", "SQS-VT-1")))

    assert outcome.model.assumptions == ("ESM-POLL-1",)


def test_the_json_has_the_names_of_the_contract() -> None:
    content = json.loads(outcome_of(run_of(sent("a"))).as_json())

    assert set(content["messages"]) >= {
        "sent",
        "processed",
        "deadLettered",
        "healthyDeadLettered",
        "lost",
        "expired",
        "remaining",
        "filtered",
    }
    assert set(content["deliveries"]) == {"total", "duplicates", "overlapping", "maxPerMessage", "recognised"}
    assert set(content["invocations"]) == {"total", "failed", "throttled", "timedOut"}
    assert content["perMessage"] == [
        {
            "id": "a",
            "messageId": "a",
            "consumer": "jobs",
            "deliveredAt": [],
            "outcome": "remaining",
            "evidence": {"processed": None, "effects": 0, "looked": None},
        }
    ]
    assert content["evidence"] == {
        "processed": None,
        "effects": None,
        "looked": 0,
        "contradictions": {"poisonSucceeded": 0, "errorsSwallowed": 0, "neverLookedAt": 0},
        "functions": [],
    }
    assert content["latencySeconds"] == {"p50": None, "p95": None, "max": None}


def test_latencies_are_whole_microseconds() -> None:
    story = run_of(
        sent("a", at=0.263848), delivered("1", "a", at=0.263848), log("processed", "a", at=0.513848), deleted("a")
    )

    assert outcome_of(story).latency_seconds.p50 == 0.25
