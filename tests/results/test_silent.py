"""Functions that do not follow the log contract: what their messages' ends rest on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from delivery_lab.events import Actor, ChangeRequested, EffectMark, Event, LogLine, MessageDeleted, MessageSent
from delivery_lab.events.instants import seconds
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.figures import Outcome
from delivery_lab.results.outcome import outcome_of
from delivery_lab.rules.alternatives import read_assumptions
from tests.results.world import (
    dead_lettered,
    deleted,
    delivered,
    ended,
    erred,
    log,
    looked_at,
    mapped,
    run_of,
    sent,
    wrote,
)


def _item(identifier: str) -> str:
    return json.dumps({"TableName": "done", "Item": {"pk": {"S": identifier}}})


def _evidence(outcome: Outcome) -> dict[str, tuple[str | None, int | None, bool | None]]:
    of = {message.message_id: message.evidence for message in outcome.per_message}
    return {message: (found.processed, found.effects, found.looked) for message, found in of.items()}


def _batch(*events: Event, size: str = "ab", poison: str | None = None, assume: str = "") -> Outcome:
    """One invoke with a batch that succeeds, after which all of it is deleted."""
    all_sent = [sent(message) for message in size]
    assumptions = read_assumptions([assume] if assume else [])
    return outcome_of(
        run_of(
            all_sent, delivered("1", *size), list(events), ended("1"), deleted(*size), poison=poison,
            assumptions=assumptions,
        )
    )  # fmt: skip


def test_evd_invoke_1_a_message_handed_to_an_invoke_that_succeeded_counts_as_processed() -> None:
    outcome = _batch()

    assert outcome.messages.processed == 2
    assert outcome.evidence.processed == "invoke"
    assert "EVD-INVOKE-1" in outcome.model.assumptions
    assert conclusion(outcome) == (
        "Every message is handed to an invoke that succeeded, and more is not known of the work."
    )
    assert _batch(assume="EVD-INVOKE-1=lost").messages.lost == 2


def test_effects_of_which_nothing_is_seen_are_not_known() -> None:
    outcome = _batch()

    assert (outcome.effects.total, outcome.effects.duplicated) == (None, None)
    assert outcome.consumers[0].effects.total is None
    assert outcome.evidence.effects == "none"
    assert _evidence(outcome)["a"] == ("invoke", None, None)


def test_effects_of_a_function_that_had_nothing_to_do_are_none() -> None:
    outcome = outcome_of(run_of(sent("a")))

    assert outcome.effects.total == 0
    assert outcome.evidence.effects is None


@pytest.mark.parametrize(("rule", "named"), [("ESM-REPORT-2", ()), ("STR-REPORT-8", ()), (None, ("b",))])
def test_evd_response_1_a_message_that_a_response_of_failures_does_not_name_counts_as_processed(
    rule: str | None, named: tuple[str, ...]
) -> None:
    judged = ended("1", named=named, rule=rule)  # type: ignore[arg-type]  # a parameter is a text
    outcome = outcome_of(run_of(sent("a"), sent("b"), delivered("1", "a", "b"), judged, deleted("a")))

    assert outcome.evidence.processed == "response"
    assert "EVD-RESPONSE-1" in outcome.model.assumptions
    assert "not named as failed by the response" in conclusion(outcome)


def test_evd_effect_1_what_is_written_for_a_message_is_its_work() -> None:
    outcome = _batch(wrote("1", _item("a")), wrote("1", _item("a")), wrote("1", _item("b")))

    assert outcome.effects.total == 2
    assert outcome.effects.duplicated == 0
    assert outcome.evidence.effects == outcome.evidence.processed == "effect"
    assert conclusion(outcome) == "Every message is processed once."


def test_a_message_of_which_nothing_was_written_rests_on_the_invoke_beside_others() -> None:
    outcome = _batch(wrote("1", _item("a")))

    assert _evidence(outcome) == {"a": ("effect", 1, None), "b": ("invoke", 0, None)}
    assert outcome.evidence.processed == "invoke"
    assert conclusion(outcome) == (
        "1 of 2 is processed once; 1 of 2 is handed to an invoke that succeeded, and more is not known of the work."
    )


def test_work_before_an_error_counts_and_a_message_that_the_code_had_left_is_processed() -> None:
    first = [*delivered("1", "a", "b"), wrote("1", _item("a"), looked=1), wrote("1", _item("b"), at=1.5, looked=2)]
    outcome = outcome_of(
        run_of(
            sent("a"), sent("b"), first, looked_at("1", 0, 1, of=2), ended("1", "a", "b", error="Sandbox.Timedout"),
            dead_lettered("a", "b"),
        )
    )  # fmt: skip

    assert outcome.effects.total == 2
    assert outcome.messages.processed_dead_lettered == 1  # of b it is not known whether its work was over


def test_work_that_is_repeated_is_duplicated() -> None:
    attempts = [
        [*delivered(invoke, "a"), wrote(invoke, _item("x")), *ended(invoke, "a", error="E")] for invoke in "123"
    ]
    outcome = outcome_of(run_of(sent("a"), *attempts, dead_lettered("a")))

    assert (outcome.effects.total, outcome.effects.duplicated) == (3, 2)
    assert outcome.messages.processed_dead_lettered == 0


def test_what_cannot_be_put_beside_a_message_of_its_batch_leaves_effects_unknown() -> None:
    assert _batch(wrote("1", _item("counter"))).effects.total is None
    assert _batch(wrote("1", _item("counter")), wrote("1", _item("a"))).effects.total == 1
    assert _batch(wrote("1", _item("counter")), size="a").effects.total == 1


def test_the_record_that_was_being_read_tells_where_the_content_does_not() -> None:
    outcome = _batch(wrote("1", _item("uuid-1"), looking_at=0), wrote("1", _item("uuid-2"), looking_at=1))

    assert _evidence(outcome) == {"a": ("effect", 1, None), "b": ("effect", 1, None)}


def test_a_write_for_all_of_a_batch_is_work_for_each() -> None:
    everything = json.dumps({"RequestItems": {"t": [{"PutRequest": {"Item": {"id": {"S": name}}}} for name in "ab"]}})

    assert _batch(wrote("1", everything)).effects.total == 2


def test_ids_are_found_within_texts_and_not_within_longer_ids() -> None:
    bodies = [sent(f"m{n}", body=json.dumps({"id": f"job-{n}", "kind": "order"})) for n in (1, 10)]
    events = [*delivered("1", "m1", "m10"), wrote("1", _item("ORDER#job-1")), *ended("1"), *deleted("m1", "m10")]

    assert _evidence(outcome_of(run_of(bodies, events))) == {"m1": ("effect", 1, None), "m10": ("invoke", 0, None)}


def test_messages_of_one_id_in_one_batch_are_worked_on_one_after_the_other() -> None:
    bodies = [sent(name, body='{"id": "order-1"}') for name in "ab"]
    twice = [wrote("1", _item("order-1")), wrote("1", _item("order-1"), at=1.5)]
    outcome = outcome_of(run_of(bodies, delivered("1", "a", "b"), twice, ended("1"), deleted("a", "b")))

    assert (outcome.effects.total, outcome.effects.duplicated) == (2, 1)


def test_a_refused_condition_is_no_work_and_says_that_the_work_was_done_only_if_it_was() -> None:
    first = [*delivered("1", "a"), wrote("1", _item("x")), *ended("1"), *deleted("a")]
    second = [*delivered("2", "b"), wrote("2", _item("x"), refused=True), *ended("2"), *deleted("b")]
    bodies = [sent(name, body='{"id": "order-1"}') for name in "ab"]
    outcome = outcome_of(run_of(bodies, first, second))

    assert (outcome.effects.total, outcome.effects.duplicated) == (1, 0)
    assert _evidence(outcome)["b"] == ("effect", 0, None)

    crashed = [*delivered("1", "a"), wrote("1", _item("x")), *ended("1", "a", error="E")]
    again = [*delivered("2", "a"), wrote("2", _item("x"), refused=True), *ended("2"), *deleted("a")]
    assert _evidence(outcome_of(run_of(sent("a"), crashed, again)))["a"] == ("invoke", 1, None)


def test_what_is_written_about_an_error_or_put_aside_is_no_work() -> None:
    parked = MessageSent(seconds(1), None, "parked", "p", '{"id": "a"}', None, (), "1", seconds(1))
    to_parking = wrote("1", json.dumps({"QueueUrl": "u", "MessageBody": '{"id": "a"}'}), service="sqs")
    aside = run_of(
        sent("a"), delivered("1", "a"), parked, to_parking, ended("1"), deleted("a"), parking_queues=["parked"]
    )

    assert outcome_of(aside).effects.total is None
    assert _batch(wrote("1", _item("a"), purpose="error handling")).effects.total is None


def _deletes(message: str, invoke: str = "1") -> Event:
    return MessageDeleted(seconds(0.5), None, "jobs", message, Actor("function", "worker", invoke))


def test_evd_delete_1_a_message_that_its_handler_deleted_is_processed_although_the_invoke_fails() -> None:
    outcome = outcome_of(
        run_of(
            sent("a"), sent("b"), delivered("1", "a", "b"), _deletes("a"), ended("1", "a", "b", error="E"),
            dead_lettered("b"),
        )
    )  # fmt: skip

    assert (outcome.messages.processed, outcome.messages.lost) == (1, 0)
    assert outcome.evidence.processed == "effect"
    assert "EVD-DELETE-1" in outcome.model.assumptions
    assert outcome.latency_seconds.max == 0.5


@pytest.mark.parametrize(
    ("looked", "processed"),
    [
        pytest.param(looked_at("1", 0, 1, of=2), 2, id="read before the delete"),
        pytest.param(looked_at("1", 0, 1, of=2, read_at=0.6), 0, id="read after the delete"),
        pytest.param(looked_at("1", 0, of=2), 1, id="never read"),
        pytest.param(looked_at("1", of=2), 2, id="nothing is ever read"),
    ],
)
def test_a_delete_says_nothing_of_a_message_that_is_read_only_afterwards(looked: Event, processed: int) -> None:
    outcome = outcome_of(
        run_of(
            sent("a"), sent("b"), delivered("1", "a", "b"), _deletes("a"), _deletes("b"), looked,
            ended("1", "a", "b", error="E"),
        )
    )  # fmt: skip

    assert (outcome.messages.processed, outcome.messages.lost) == (processed, 2 - processed)


def test_a_message_that_a_function_received_and_deleted_itself_is_processed() -> None:
    assert outcome_of(run_of(sent("a"), _deletes("a", invoke="poll"))).messages.processed == 1


def test_a_message_that_a_function_purges_with_its_queue_is_lost() -> None:
    purged = MessageDeleted(seconds(1), "SQS-PURGE-2", "jobs", "a", Actor("function", "worker", "1"))

    assert outcome_of(run_of(sent("a"), purged)).messages.lost == 1


def test_a_function_that_follows_the_contract_is_believed_over_its_deletes() -> None:
    told = [log("failed", "a", invoke="1")]
    outcome = outcome_of(run_of(sent("a"), delivered("1", "a"), told, _deletes("a"), ended("1", "a", error="E")))

    assert outcome.messages.lost == 1


def test_evd_error_1_a_message_at_which_an_error_was_left_alone_was_not_processed() -> None:
    outcome = _batch(erred("1", looking_at=1))

    assert (outcome.messages.processed, outcome.messages.lost) == (1, 1)
    assert outcome.evidence.contradictions.errors_swallowed == 1
    assert "EVD-ERROR-1" in outcome.model.assumptions
    assert conclusion(outcome).startswith(
        "1 error in the log, calls, futures or answers of worker, whose invokes succeed; 1 of 2"
    )
    assert _batch(erred("1", looking_at=1), assume="EVD-ERROR-1=handled").messages.processed == 2


def _claim(identifier: str) -> str:
    return json.dumps({"Item": {"pk": {"S": identifier}}, "ConditionExpression": "attribute_not_exists(pk)"})


def _claimed_and_failed(*more: Event) -> Outcome:
    """A first delivery of `a` claims it and fails, a second one is refused by that; `b` shows what the code does."""
    return outcome_of(
        run_of(
            [sent("a"), sent("b")],
            delivered("1", "a"), looked_at("1", 0, of=1), wrote("1", _claim("a"), looking_at=0),
            ended("1", "a", error="RuntimeError"),
            delivered("2", "b"), looked_at("2", 0, of=1), wrote("2", _claim("b"), looking_at=0), list(more),
            ended("2"), deleted("b"),
            delivered("3", "a"), looked_at("3", 0, of=1), wrote("3", _claim("a"), refused=True, looking_at=0),
            ended("3"), deleted("a"),
        )
    )  # fmt: skip


def test_evd_claim_1_a_claim_whose_work_was_never_seen_is_no_work() -> None:
    outcome = _claimed_and_failed(wrote("2", "{}", at=2, service="http", looking_at=0))

    assert (outcome.messages.processed, outcome.messages.lost, outcome.effects.total) == (1, 1, 1)
    assert "EVD-CLAIM-1" in outcome.model.assumptions


def test_evd_claim_1_where_nothing_else_is_written_the_write_on_a_condition_is_the_work() -> None:
    outcome = _claimed_and_failed()

    assert (outcome.messages.processed, outcome.messages.lost, outcome.effects.total) == (2, 0, 2)
    assert "EVD-CLAIM-1" not in outcome.model.assumptions


def test_evd_claim_1_a_claim_whose_work_was_done_counts_once() -> None:
    outcome = outcome_of(
        run_of(
            sent("a"),
            delivered("1", "a"), looked_at("1", 0, of=1), wrote("1", _claim("a"), looking_at=0),
            wrote("1", "{}", at=2, service="http", looking_at=0), ended("1"),
            delivered("2", "a"), looked_at("2", 0, of=1), wrote("2", _claim("a"), refused=True, looking_at=0),
            ended("2"), deleted("a"),
        )
    )  # fmt: skip

    assert (outcome.messages.processed, outcome.effects.total, outcome.effects.duplicated) == (1, 1, 0)


def test_work_before_an_answer_that_nobody_heard_stays_done_when_its_second_delivery_is_refused() -> None:
    first = [*delivered("1", "a", "b"), looked_at("1", 0, 1, of=2), wrote("1", _claim("a"), looking_at=0)]
    again = [*delivered("2", "a", "b"), looked_at("2", of=2), wrote("2", _claim("a"), refused=True), *ended("2")]
    outcome = outcome_of(
        run_of(sent("a"), sent("b"), first, ended("1")[:1], again, deleted("a", "b")),
    )

    assert (outcome.messages.processed, outcome.messages.lost, outcome.effects.total) == (2, 0, 1)


def test_work_that_failed_before_an_answer_that_nobody_heard_is_none() -> None:
    first = [*delivered("1", "a"), looked_at("1", 0, of=1), *ended("1", error="ValueError")[:1]]
    again = [*delivered("2", "a"), looked_at("2", of=1), wrote("2", _claim("a"), refused=True), *ended("2")]

    assert outcome_of(run_of(sent("a"), first, again, deleted("a"))).messages.lost == 1


def test_an_error_after_which_the_work_was_done_speaks_against_nothing_but_is_told() -> None:
    outcome = _batch(erred("1", looking_at=1), wrote("1", _item("b"), at=2))

    assert outcome.messages.processed == 2
    assert outcome.evidence.contradictions.errors_swallowed == 1


def test_an_error_of_an_invoke_that_fails_is_no_contradiction() -> None:
    outcome = outcome_of(run_of(sent("a"), delivered("1", "a"), erred("1"), ended("1", "a", error="E")))

    assert outcome.evidence.contradictions.errors_swallowed == 0


def test_evd_look_1_a_record_that_was_not_looked_at_was_not_processed_if_others_were() -> None:
    outcome = _batch(looked_at("1", 0, of=2))

    assert (outcome.messages.processed, outcome.messages.lost) == (1, 1)
    assert outcome.evidence.looked == 1
    assert outcome.evidence.contradictions.never_looked_at == 1
    assert _evidence(outcome)["b"] == (None, None, False)
    assert "EVD-LOOK-1" in outcome.model.assumptions
    assert conclusion(outcome).startswith("1 message is never looked at by worker; 1 of 2 messages is lost")
    assert _batch(looked_at("1", 0, of=2), assume="EVD-LOOK-1=processed").messages.processed == 2


def test_a_function_that_reads_none_of_its_records_may_work_all_the_same() -> None:
    outcome = _batch(looked_at("1", of=2))

    assert outcome.messages.processed == 2
    assert outcome.evidence.looked == 0
    assert conclusion(outcome).startswith("2 messages are never looked at by worker; every message is handed")


def test_a_record_that_a_later_delivery_looked_at_was_looked_at() -> None:
    first = [*delivered("1", "a", "b"), looked_at("1", 0, of=2), *ended("1", "b", rule="ESM-REPORT-8"), *deleted("a")]
    second = [*delivered("2", "b"), looked_at("2", 0, of=1), *ended("2"), *deleted("b")]
    outcome = outcome_of(run_of(sent("a"), sent("b"), first, second))

    assert outcome.evidence.looked == 2
    assert outcome.evidence.contradictions.never_looked_at == 0


def test_evd_poison_1_poison_whose_invoke_succeeds_was_not_processed() -> None:
    bodies = [sent("a"), sent("b", body='{"bad": true}')]
    outcome = outcome_of(run_of(bodies, delivered("1", "a", "b"), ended("1"), deleted("a", "b"), poison="bad"))

    assert (outcome.messages.processed, outcome.messages.lost) == (1, 1)
    assert outcome.evidence.contradictions.poison_succeeded == 1
    assert "EVD-POISON-1" in outcome.model.assumptions
    assert conclusion(outcome).startswith("1 poison message succeeds in worker; 1 of 2 messages is lost")


def test_each_function_has_its_own_evidence_and_the_whole_has_the_weakest() -> None:
    sure = [*delivered("1", "a"), log("processed", "a", invoke="1"), *ended("1"), *deleted("a")]
    unsure = [
        *delivered("2", "b", function="other", mapping="second"),
        *ended("2", function="other", mapping="second"),
        *deleted("b"),
    ]
    outcome = outcome_of(run_of(sent("a"), sent("b"), sure, unsure))

    found = {one.name: (one.processed, one.effects, one.looked) for one in outcome.evidence.functions}
    assert found == {"worker": ("contract", "contract", 1), "other": ("invoke", "none", None)}
    assert (outcome.evidence.processed, outcome.evidence.effects, outcome.evidence.looked) == ("invoke", "none", None)
    assert outcome.effects.total is None
    assert {consumer.name: consumer.effects.total for consumer in outcome.consumers} == {"mapping": 1, "second": None}


def _buried(*events: Event, function: str = "alerter", effect: EffectMark | None = None) -> Outcome:
    """A message that failed is dead-lettered, and a function that reads the dead-letter queue gets it."""
    mapped_both = [mapped("mapping"), mapped("graves", "dead", function=function)]
    failed = [*delivered("1", "a"), *ended("1", "a", error="ValueError"), *dead_lettered("a")]
    read = [*delivered("2", "a", at=10, function=function, mapping="graves"), *events]
    over = [*ended("2", at=11, function=function, mapping="graves"), *deleted("a", at=11, queue="dead")]
    run = run_of(*mapped_both, sent("a"), *failed, *read, *over)
    line = LogLine(seconds(10), function, 1, "2", "charged a")
    return outcome_of(replace(run, dead_letter_queues=frozenset({"dead"}), effect=effect, logs=(line,)))


def test_evd_dlq_1_telling_of_a_dead_letter_is_not_its_work() -> None:
    outcome = _buried()

    assert (outcome.messages.dead_lettered, outcome.messages.processed_dead_lettered) == (1, 0)
    assert "EVD-DLQ-1" in outcome.model.assumptions
    written = wrote("2", _item("a"), at=10)
    assert isinstance(written, ChangeRequested)
    assert _buried(replace(written, function="alerter")).messages.processed_dead_lettered == 0


def test_evd_dlq_1_the_function_of_the_queue_itself_or_a_mark_of_work_counts() -> None:
    same = _buried(function="worker")
    marked = _buried(effect=EffectMark(log="charged {id}"))

    assert (same.messages.dead_lettered, same.messages.processed_dead_lettered) == (1, 1)
    assert (marked.messages.dead_lettered, marked.messages.processed_dead_lettered) == (1, 1)
    assert "EVD-DLQ-1" not in same.model.assumptions


def test_evd_dlq_1_a_message_that_was_sent_to_the_dead_letter_queue_is_that_of_its_reader() -> None:
    events = [mapped("graves", "dead", function="alerter"), sent("a", queue="dead")]
    events += [*delivered("2", "a", function="alerter", mapping="graves"), *ended("2", mapping="graves")]
    run = replace(run_of(*events, *deleted("a", queue="dead")), dead_letter_queues=frozenset({"dead"}))

    assert outcome_of(replace(run, sources=frozenset({"dead"}))).messages.processed == 1


@pytest.mark.parametrize(("function", "worked"), [("mover", 0), ("worker", 1)])
def test_evd_dlq_1_a_delete_from_a_dead_letter_queue_is_no_work(function: str, worked: int) -> None:
    failed = [*delivered("1", "a"), *ended("1", "a", error="ValueError"), *dead_lettered("a")]
    by = Actor("function", function, "2")
    gone = MessageDeleted(seconds(11), "SQS-STALE-1", "dead", "a", by)
    outcome = outcome_of(run_of(mapped("mapping"), sent("a"), *failed, gone))

    assert (outcome.messages.dead_lettered, outcome.messages.processed_dead_lettered) == (1, worked)
    assert ("EVD-DLQ-1" in outcome.model.assumptions) is not bool(worked)
