"""What is counted: a message for a consumer, what a filter lets pass by, and what code recognises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab.compare.comparison import compare
from delivery_lab.errors import ModelError
from delivery_lab.events import (
    Actor,
    ApiCallRefused,
    Event,
    EventAccepted,
    EventAnswered,
    EventCompleted,
    EventInvoked,
    InvokeStarted,
    MessageFiltered,
    PolledSource,
    RecordExpired,
    RecordFiltered,
    Run,
)
from delivery_lab.events.instants import seconds
from delivery_lab.results import outcome as outcome_module
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.figures import ConsumerFigures, Outcome
from delivery_lab.results.outcome import outcome_of
from tests.lab_support import graph, outcome
from tests.results.world import appended, checkpointed, deleted, delivered, ended, log, mapped, run_of, sent

SEARCH = PolledSource("kinesis", "orders", "search", "searcher", 86_400, -1, ("shard-0",))
MAIL = replace(SEARCH, mapping="mail", function="mailer")


def consumer(found: Outcome, name: str) -> ConsumerFigures:
    (figures,) = [figures for figures in found.consumers if figures.name == name]
    return figures


def two_readers(*events: Event | list[Event], until: float = 10) -> Run:
    """A stream that two mappings poll."""
    mappings = [mapped("search", "orders", "kinesis", "searcher"), mapped("mail", "orders", "kinesis", "mailer")]
    return run_of(mappings, *events, sources=("orders",), polled=(SEARCH, MAIL), until=until)


def handed(invoke: str, *records: str, mapping: str, at: float = 1) -> list[Event]:
    return delivered(invoke, *records, at=at, mapping=mapping, function=f"{mapping}er", partition="shard-0")


# -- two consumers ------------------------------------------------------------------------------------------


def test_a_record_counts_once_for_each_mapping_that_polls_its_stream() -> None:
    found = outcome_of(
        two_readers(
            appended("a"),
            appended("b"),
            handed("s", "a", "b", mapping="search"),
            ended("s", mapping="search", function="searcher"),
            checkpointed("a", "b", at=2, mapping="search"),
            handed("m", "a", mapping="mail", at=3),
            ended("m", mapping="mail", function="mailer", at=4),
            checkpointed("a", at=4, mapping="mail"),
        )
    )

    assert (found.messages.sent, found.messages.processed, found.messages.remaining) == (4, 3, 1)
    assert (found.deliveries.total, found.deliveries.duplicates) == (3, 0)
    search, mail = consumer(found, "search"), consumer(found, "mail")
    assert (search.messages.sent, search.messages.processed, search.messages.remaining) == (2, 2, 0)
    assert (mail.messages.sent, mail.messages.processed, mail.messages.remaining) == (2, 1, 1)
    assert (search.latency_seconds.max, mail.latency_seconds.max) == (1, 4)
    assert {(message.id, message.consumer, message.outcome) for message in found.per_message} == {
        ("a", "search", "processed"),
        ("b", "search", "processed"),
        ("a", "mail", "processed"),
        ("b", "mail", "remaining"),
    }
    assert {(lag.mapping, lag.oldest_seconds) for lag in found.lag} == {("search", 2), ("mail", 10)}
    assert {(blocked.mapping, blocked.log) for blocked in found.blocked} == {("search", "shard-0"), ("mail", "shard-0")}


def test_the_conclusion_says_whose_the_figures_are_where_each_consumer_gets_every_record() -> None:
    found = outcome_of(two_readers(appended("a"), checkpointed("a", at=1, mapping="search")))

    assert conclusion(found) == (
        "1 of 2 messages is lost: skipped, never processed, in no dead-letter queue; 1 is still waiting at the end; "
        "each record counts once for each of its consumers: search processes 0 of 1, mail processes 0 of 1."
    )


def test_what_two_consumers_do_with_one_record_is_no_duplicate_effect() -> None:
    done = [
        log("processed", "a", business_id="order", function="searcher", invoke="s"),
        log("processed", "a", business_id="order", function="mailer", invoke="m"),
    ]
    handing = [handed("s", "a", mapping="search"), handed("m", "a", mapping="mail")]

    effects = outcome_of(two_readers(appended("a"), *handing, done)).effects
    again = outcome_of(two_readers(appended("a"), *handing, done, done[:1])).effects

    assert (effects.total, effects.duplicated) == (2, 0)
    assert (again.total, again.duplicated) == (3, 1)


def test_the_work_of_another_consumer_is_no_excuse_for_skipping_a_record() -> None:
    def mail(*lines: Event) -> str:
        story = two_readers(
            appended("a"),
            handed("s", "a", mapping="search"),
            handed("m", "a", mapping="mail"),
            list(lines),
            log("duplicate", "a", business_id="order", function="mailer", invoke="m"),
            checkpointed("a", at=2, mapping="mail"),
        )
        (found,) = [message for message in outcome_of(story).per_message if message.consumer == "mail"]
        return found.outcome

    assert mail(log("processed", "a", business_id="order", function="searcher", invoke="s")) == "lost"
    assert mail(log("processed", "a", business_id="order", function="mailer", invoke="m")) == "processed"


def test_retention_ends_a_record_for_those_that_had_not_got_it() -> None:
    expired = RecordExpired(seconds(9), None, "kinesis", "orders", "shard-0", "a", None)
    found = outcome_of(
        two_readers(
            appended("a"), handed("s", "a", mapping="search"), checkpointed("a", at=2, mapping="search"), expired
        )
    )

    assert (consumer(found, "search").messages.expired, consumer(found, "mail").messages.expired) == (0, 1)


def test_a_message_counts_for_the_mapping_that_got_it_where_two_compete() -> None:
    competing = [mapped("billing", function="biller"), mapped("audit", function="auditor")]
    found = outcome_of(
        run_of(
            competing,
            [sent("a"), sent("b"), sent("c")],
            delivered("1", "a", mapping="billing", function="biller"),
            ended("1", mapping="billing", function="biller"),
            deleted("a"),
            delivered("2", "b", mapping="billing", function="biller"),
            ended("2", "b", mapping="billing", function="biller", error="ValueError"),
            delivered("3", "b", at=40, mapping="audit", function="auditor"),
            ended("3", at=41, mapping="audit", function="auditor"),
            deleted("b", at=41),
        )
    )

    assert (found.messages.sent, found.messages.processed, found.messages.remaining) == (3, 2, 1)
    billing, audit, nobody = (consumer(found, name) for name in ("billing", "audit", "jobs"))
    assert (billing.messages.sent, audit.messages.sent, nobody.messages.remaining) == (1, 1, 1)
    assert (billing.deliveries.total, billing.deliveries.duplicates) == (2, 0)
    assert (audit.deliveries.total, audit.deliveries.duplicates) == (1, 1)
    assert {message.id: message.consumer for message in found.per_message} == {
        "a": "billing",
        "b": "audit",
        "c": "jobs",
    }


def test_a_mapping_without_messages_is_a_consumer_all_the_same() -> None:
    (figures,) = outcome_of(run_of([mapped("mapping"), mapped("elsewhere", "other")])).consumers

    assert (figures.name, figures.source, figures.messages.sent) == ("mapping", "jobs", 0)


def test_the_consumer_of_an_asynchronous_event_is_its_function() -> None:
    story: list[Event] = [
        EventAccepted(0, None, "worker", "e", "{}", Actor("workload", "workload"), follow_up=False),
        InvokeStarted(0, None, "worker", "e", 1, Actor("lambda", "lambda")),
        EventInvoked(0, None, "worker", "e"),
        EventAnswered(seconds(1), None, "worker", "e", None),
        EventCompleted(seconds(1), None, "worker", "e"),
    ]
    (figures,) = outcome_of(run_of(story, sources=("events of worker",))).consumers

    assert (figures.name, figures.source, figures.messages.processed) == ("worker", "events of worker", 1)


def test_consumers_that_do_not_add_up_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome_module, "_consumers", lambda run, ledger: iter(()))

    with pytest.raises(ModelError, match=r"^the consumers do not add up to messages\.sent 1: \[\]$"):
        outcome_of(run_of(sent("a")))


# -- filters ------------------------------------------------------------------------------------------------


def test_what_a_filter_lets_pass_by_is_filtered_and_not_lost() -> None:
    of_queue = MessageFiltered(seconds(1), "ESM-FILTER-1", "jobs", "a", "mapping", wanted_by=())
    of_stream = RecordFiltered(seconds(1), "STR-FILTER-1", "kinesis", "orders", "shard-0", "a", "mail")

    queue = outcome_of(run_of(sent("a"), of_queue, deleted("a")))
    stream = outcome_of(two_readers(appended("a"), of_stream))

    assert (queue.messages.filtered, queue.messages.lost) == (1, 0)
    assert queue.per_message[0].outcome == "filtered"
    assert conclusion(queue) == "The message is filtered out."
    assert (consumer(stream, "mail").messages.filtered, consumer(stream, "search").messages.filtered) == (1, 0)


def test_what_the_filter_of_another_mapping_deletes_is_lost() -> None:
    filtered = MessageFiltered(seconds(1), "ESM-FILTER-1", "jobs", "a", "mapping", wanted_by=("other",))

    found = outcome_of(run_of(sent("a"), filtered, deleted("a")))

    assert (found.messages.filtered, found.messages.lost) == (0, 1)
    assert conclusion(found) == "1 of 1 messages is lost: deleted, never processed, in no dead-letter queue."


def test_the_conclusion_counts_what_is_filtered_out() -> None:
    filtered = [
        MessageFiltered(seconds(1), "ESM-FILTER-1", "jobs", message, "mapping", wanted_by=()) for message in "ab"
    ]
    some = run_of([sent("a"), sent("b"), sent("c")], filtered, delivered("1", "c"), ended("1"), deleted("a", "b", "c"))
    everything = run_of([sent("a"), sent("b")], filtered, deleted("a", "b"))

    assert conclusion(outcome_of(some)) == (
        "1 of 3 is handed to an invoke that succeeded, and more is not known of the work; 2 of 3 are filtered out."
    )
    assert conclusion(outcome_of(everything)) == "All messages are filtered out."


def test_what_the_place_of_a_run_cannot_tell_is_no_conclusion() -> None:
    found = outcome("batch-unreported")
    assert conclusion(found).startswith("3 of 10 messages are lost")
    unknown = dict.fromkeys(("lost", "processed", "healthyDeadLettered"), "nobody saw")
    unknown = {f"messages.{name}": why for name, why in unknown.items()}
    assert conclusion(found.model_copy(update={"unknown": unknown})) == "What became of the messages cannot be told."


# -- recognised ---------------------------------------------------------------------------------------------


def refused(invoke: str = "1", at: float = 1, *, condition: bool = True) -> Event:
    by = Actor("function", "worker", invoke)
    code = "ConditionalCheckFailedException" if condition else "ProvisionedThroughputExceededException"
    return ApiCallRefused(seconds(at), None, "dynamodb", "PutItem", code, condition, by)


def recognised(*events: Event | list[Event], batch: tuple[str, ...] = ("a",), error: str | None = None) -> int:
    sends = [sent(message) for message in batch]
    story = run_of(sends, delivered("1", *batch), *events, ended("1", error=error))
    return outcome_of(story).deliveries.recognised


def test_a_delivery_whose_code_found_the_work_done_is_recognised() -> None:
    assert recognised(log("duplicate", "a", invoke="1")) == 1
    assert recognised(log("processed", "a", invoke="1")) == 0


def test_a_delivery_whose_conditional_write_was_refused_is_recognised() -> None:
    assert recognised(refused()) == 1
    assert recognised(refused(condition=False)) == 0
    assert recognised(refused("of no delivery")) == 0


def test_a_refused_write_and_the_line_about_it_are_one_delivery() -> None:
    assert recognised(refused(), log("duplicate", "a", invoke="1")) == 1
    assert recognised(refused(), refused(), log("duplicate", "a", invoke="1"), batch=("a", "b")) == 2
    assert recognised(*[refused() for _ in range(5)], batch=("a", "b")) == 2


@pytest.mark.parametrize("error", ["ClientError", "ConditionalCheckFailedException", "TransactionCanceledException"])
def test_a_refused_write_that_ends_the_invoke_recognises_nothing(error: str) -> None:
    assert recognised(refused(), error=error) == 0
    assert recognised(refused(), error="IdempotencyAlreadyInProgressError") == 1


def test_each_invoke_of_an_asynchronous_event_is_a_delivery_of_its_own() -> None:
    workload = Actor("workload", "workload")
    invoked: list[Event] = [InvokeStarted(0, None, "worker", "e", 1, workload), EventInvoked(0, None, "worker", "e")]
    story = run_of(
        EventAccepted(0, None, "worker", "e", "{}", workload, follow_up=False),
        invoked,
        log("duplicate", "e", invoke="e"),
        invoked,
        refused("e"),
        sources=("events of worker",),
    )

    assert outcome_of(story).deliveries.recognised == 2


def test_what_tells_a_condition_from_none_is_what_was_recognised() -> None:
    pairs = [(graph(stack), outcome(stack)) for stack in ("visibility-short", "visibility-unconditional")]

    differing = {figure.name: (figure.before, figure.after) for figure in compare(*pairs).figures if figure.differs}

    assert differing == {"deliveries.recognised": (2, 1)}
