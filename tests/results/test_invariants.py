"""Each invariant holds in a small story, and catches a forged violation of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab.events import (
    Actor,
    BatchInvoked,
    Event,
    EventAccepted,
    EventCompleted,
    EventInvoked,
    FunctionConfigured,
    InvokeEnded,
    InvokeStarted,
    MappingConfigured,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageMoved,
    MessageReceived,
    MessageReturned,
    MessageSent,
    QueueConfigured,
    RecordExpired,
    RecordsDiscarded,
    VisibilityChanged,
)
from delivery_lab.events.instants import seconds
from delivery_lab.results.alarm_figures import AlarmFigures
from delivery_lab.results.invariants import INVARIANTS, History, violations, violations_of
from delivery_lab.results.outcome import outcome_of
from tests.lab_support import ROOT
from tests.results.world import MAPPING, appended, checkpointed, delivered, ended, mapped, run_of

HOURS_12 = 43_200


def queue(
    name: str = "jobs", *, fifo: bool = False, retention: int = 60, limit: int | None = None, at: float = 0
) -> Event:
    return QueueConfigured(seconds(at), None, name, fifo, 30, retention, limit, None if limit is None else "dead")


def sent(message: str, at: float = 0, group: str | None = None, visible_at: float | None = None) -> Event:
    visible = seconds(at if visible_at is None else visible_at)
    return MessageSent(seconds(at), None, "jobs", message, "{}", group, (), None, visible)


def received(
    message: str, at: float, count: int = 1, *, until: float | None = None, name: str = "jobs", by: Actor = MAPPING
) -> Event:
    visible = seconds(at + 30 if until is None else until)
    return MessageReceived(seconds(at), "SQS-VT-1", name, message, count, by, visible)


def deleted(message: str, at: float, name: str = "jobs") -> Event:
    return MessageDeleted(seconds(at), None, name, message, MAPPING)


def dead_lettered(message: str, at: float) -> Event:
    return MessageDeadLettered(seconds(at), "SQS-DLQ-1", "jobs", message, "dead")


def expired(message: str, at: float, name: str = "jobs") -> Event:
    return MessageExpired(seconds(at), "SQS-RET-1", name, message)


def batch(*records: str, at: float, invoke: str = "i", slot: int = 0, mapping: str = "mapping") -> Event:
    return BatchInvoked(seconds(at), None, mapping, "orders", "worker", invoke, records, "shard-0", slot)


def record_expired(record: str, at: float) -> Event:
    return RecordExpired(seconds(at), None, "kinesis", "orders", "shard-0", record, "mapping")


def discarded(record: str, at: float, target: str | None = None) -> Event:
    return RecordsDiscarded(
        seconds(at), None, "kinesis", "orders", "shard-0", (record,), "mapping", 0, "RecordAgeExceeded", target
    )


def stream(factor: int = 1, age: int = -1, kind: str = "kinesis") -> Event:
    configured = mapped("mapping", "orders", "kafka" if kind == "kafka" else "kinesis")
    assert isinstance(configured, MappingConfigured)
    return replace(configured, parallelization_factor=factor, maximum_record_age_seconds=age)


def started(invoke: str, at: float = 0, environment: int = 1, function: str = "worker") -> Event:
    return InvokeStarted(seconds(at), None, function, invoke, environment, MAPPING)


def over(invoke: str, at: float = 1, environment: int = 1, function: str = "worker", error: str | None = None) -> Event:
    return InvokeEnded(seconds(at), None, function, invoke, environment, error)


def found(*events: Event, **about: object) -> list[str]:
    """What is violated, as `INV-... at ... s: text`."""
    return [str(violation) for violation in violations(History(events, **about))]  # type: ignore[arg-type]


def test_each_invariant_has_an_id_of_its_own_and_says_what_must_hold() -> None:
    ids = [invariant.id for invariant in INVARIANTS]

    assert len(set(ids)) == len(ids)
    assert all(invariant_id.startswith("INV-") for invariant_id in ids)
    assert all(invariant.description.endswith(".") for invariant in INVARIANTS)


def test_the_page_lists_all_invariants() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `INV-")]

    assert rows == [f"| `{invariant.id}` | {invariant.description} |" for invariant in INVARIANTS]


def test_a_run_in_order_breaks_nothing() -> None:
    run = run_of(
        queue(),
        sent("a"),
        received("a", 1),
        delivered("i", "a", at=1),
        ended("i", at=2),
        deleted("a", 2),
    )

    assert violations_of(run) == []


def test_time_does_not_go_back() -> None:
    assert found(sent("a", 2), sent("b", 1)) == [
        "INV-TIME-1 at 1.000000 s: MessageSent stands behind an event of 2000000 us"
    ]


def test_a_message_does_not_come_from_nowhere_and_does_not_leave_twice() -> None:
    assert found(sent("a"), deleted("a", 1), deleted("a", 2)) == [
        "INV-CONSERVE-1 at 2.000000 s: a leaves jobs, where it is not"
    ]
    assert found(sent("a"), sent("a", 1)) == ["INV-CONSERVE-1 at 1.000000 s: a enters jobs, where it is already"]
    assert found(sent("a"), dead_lettered("a", 1), deleted("a", 2)) == [
        "INV-CONSERVE-1 at 2.000000 s: a leaves jobs, where it is not"
    ]


def test_what_a_queue_holds_at_the_end_is_what_came_in_and_did_not_go_out() -> None:
    moved = MessageMoved(seconds(3), "RDR-NEW-1", "dead", "a", "jobs", "b", "task")
    story = (sent("a"), dead_lettered("a", 2), moved)

    assert found(*story, depths={"jobs": 1, "dead": 0}) == []
    assert found(*story, depths={"jobs": 0, "dead": 0}) == [
        "INV-CONSERVE-1 at 3.000000 s: 1 messages should be in jobs at the end, and 0 are"
    ]


def test_a_mapping_moves_past_a_record_once() -> None:
    first = checkpointed("a", at=1)

    assert found(appended("a"), first, checkpointed("a", at=1, mapping="other")) == []
    assert found(appended("a"), first, first) == ["INV-CONSERVE-2 at 1.000000 s: mapping moves past a of orders again"]
    assert found(first) == ["INV-CONSERVE-2 at 1.000000 s: mapping moves past a, which was never appended to orders"]
    assert found(appended("a"), appended("a")) == ["INV-CONSERVE-2 at 0.000000 s: a is appended to orders again"]


def test_an_asynchronous_event_ends_once() -> None:
    accepted = EventAccepted(0, None, "worker", "e", "{}", Actor("workload", "workload"), follow_up=False)
    completed = EventCompleted(seconds(1), None, "worker", "e")

    assert found(accepted, completed) == []
    assert found(accepted, completed, completed) == [
        "INV-CONSERVE-3 at 1.000000 s: e ends, and does not wait for worker"
    ]
    assert found(accepted, accepted) == ["INV-CONSERVE-3 at 0.000000 s: e is accepted for worker again"]


def test_what_a_queue_is_said_to_have_taken_arrives_there_at_that_instant() -> None:
    story = [queue("orders-dlq"), appended("a"), appended("b")]
    taken = [discarded(record, 5, "orders-dlq") for record in "ab"]
    report = MessageSent(seconds(5), None, "orders-dlq", "report", "{}", None, (), None, seconds(5))
    text = "INV-CONSERVE-5 at 5.000000 s: orders-dlq is said to have taken"

    assert found(*story, report, taken[0]) == []
    assert found(*story, taken[0], report) == []
    assert found(*story, discarded("a", 5)) == []  # no destination, or it refused
    assert found(*story, report, *taken) == [f"{text} 2 reports, and 1 messages arrive"]
    assert found(*story, replace(report, instant_us=seconds(4)), taken[0]) == [
        f"{text} 1 reports, and 0 messages arrive"
    ]
    # A topic or bucket keeps what it gets elsewhere.
    assert found(*story[1:], taken[0]) == []


def test_a_record_that_no_invoke_finished_is_not_checkpointed() -> None:
    story = [stream(), appended("a"), started("i"), batch("a", at=0)]
    failed = over("i", error="Boom")
    again = [started("j", 2), batch("a", at=2, invoke="j"), over("j", 3)]

    assert found(*story, over("i"), checkpointed("a", at=4)) == []
    assert found(*story, failed, *again, checkpointed("a", at=4)) == []
    assert found(*story, failed, checkpointed("a", at=4)) == [
        "INV-CHECKPOINT-1 at 4.000000 s: mapping checkpoints a, which no invoke finished: Boom"
    ]
    assert found(*story, failed, discarded("a", 4)) == []


def test_no_figure_is_negative() -> None:
    outcome = outcome_of(run_of(sent("a")))
    forged = outcome.model_copy(update={"messages": outcome.messages.model_copy(update={"lost": -1})})

    assert found(outcome=outcome) == []
    assert found(outcome=forged) == ["INV-FIGURE-1 at 0.000000 s: messages.lost is -1"]


def test_an_alarm_may_go_off_before_the_harm() -> None:
    outcome = outcome_of(run_of(sent("a")))
    before = AlarmFigures(name="age", metric="IteratorAge", at_seconds=30.0, after_harm_seconds=-86_100.0, unknown="")
    assert found(outcome=outcome.model_copy(update={"alarms": (before,)})) == []
    never = before.model_copy(update={"at_seconds": -1.0})
    assert found(outcome=outcome.model_copy(update={"alarms": (never,)})) == [
        "INV-FIGURE-1 at 0.000000 s: alarms[0].atSeconds is -1.0"
    ]


def test_receive_counts_go_up_by_one() -> None:
    assert found(sent("a"), received("a", 1), received("a", 31, 2)) == []
    assert found(sent("a"), received("a", 1), received("a", 31, 3)) == [
        "INV-RECEIVE-1 at 31.000000 s: receive 2 of a has the receive count 3"
    ]


def test_the_receive_count_keeps_to_the_maximum() -> None:
    assert found(queue(limit=1), sent("a"), received("a", 1), received("a", 31, 2)) == [
        "INV-RECEIVE-1 at 31.000000 s: a is received from jobs with the receive count 2, and maxReceiveCount is 1"
    ]


def test_receives_of_a_dead_letter_queue_count_on_and_those_after_a_redrive_begin_anew() -> None:
    dead = (sent("a"), received("a", 1), dead_lettered("a", 40), received("a", 41, 2, name="dead"))
    redriven = MessageMoved(seconds(80), "SQS-DLQ-3", "dead", "a", "jobs", "b", "t")

    assert found(*dead, redriven, received("b", 81)) == []
    assert found(*dead, received("a", 72, 2, name="dead")) == [
        "INV-RECEIVE-1 at 72.000000 s: receive 3 of a has the receive count 2"
    ]
    assert found(*dead, redriven, received("b", 81, 3)) == [
        "INV-RECEIVE-1 at 81.000000 s: receive 1 of b has the receive count 3"
    ]


@pytest.mark.parametrize(
    "gone",
    [
        deleted("a", 2),
        expired("a", 2),
        MessageMoved(seconds(2), "SQS-DLQ-3", "jobs", "a", "other", "b", "t"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_of_what_is_gone_only_one_invariant_says_that_it_is_received(gone: Event) -> None:
    assert [text[:12] for text in found(sent("a"), received("a", 1), gone, received("a", 3, 3))] == ["INV-DELETE-1"]


def test_what_was_hidden_in_a_queue_that_it_left_is_hidden_no_longer_in_the_next_one() -> None:
    left = (sent("a"), received("a", 1), dead_lettered("a", 31))

    assert found(*left, received("a", 31, 2, name="dead")) == []
    assert found(*left, received("a", 31, 2, name="dead"), received("a", 60, 3, name="dead")) == [
        "INV-VISIBILITY-1 at 60.000000 s: mapping receives a from dead, which is hidden until 61.0 s"
    ]


def test_a_hidden_message_is_not_received() -> None:
    early = received("a", 30, 2)

    assert found(sent("a"), received("a", 1), early) == [
        "INV-VISIBILITY-1 at 30.000000 s: mapping receives a from jobs, which is hidden until 31.0 s"
    ]
    assert found(sent("a", visible_at=5), received("a", 1)) == [
        "INV-VISIBILITY-1 at 1.000000 s: mapping receives a from jobs, which is hidden until 5.0 s"
    ]
    ended_early = VisibilityChanged(seconds(20), "SQS-VT-4", "jobs", "a", 0)
    assert found(sent("a"), received("a", 1), ended_early, early) == []
    extended = VisibilityChanged(seconds(20), "SQS-VT-2", "jobs", "a", 30)
    assert found(sent("a"), received("a", 1), extended, received("a", 31, 2)) == [
        "INV-VISIBILITY-1 at 31.000000 s: mapping receives a from jobs, which is hidden until 50.0 s"
    ]


def test_a_visibility_timeout_lasts_12_hours_at_most() -> None:
    longest = received("a", 1, until=1 + HOURS_12)

    assert found(sent("a"), longest) == []
    assert found(sent("a"), longest, VisibilityChanged(seconds(2), "SQS-VT-2", "jobs", "a", HOURS_12)) == [
        "INV-VISIBILITY-1 at 2.000000 s: a of jobs is hidden until 43202.0 s"
    ]


def test_a_message_returns_when_its_visibility_timeout_is_over() -> None:
    def returned(at: float, since: float) -> Event:
        return MessageReturned(seconds(at), "SQS-VT-1", "jobs", "a", seconds(since))

    assert found(sent("a"), received("a", 1), returned(40, 31)) == []
    assert found(sent("a"), received("a", 1), returned(30, 30)) == [
        "INV-VISIBILITY-1 at 30.000000 s: a is visible again in jobs since 30.0 s, and was hidden until 31.0 s"
    ]


def test_a_new_delay_of_a_fifo_queue_holds_for_delayed_messages() -> None:
    delayed = sent("a", group="g", visible_at=60)

    assert found(queue(fifo=True), delayed, queue(fifo=True, at=1), received("a", 2)) == []


def test_nobody_gets_what_has_left() -> None:
    gone = (sent("a"), received("a", 1), deleted("a", 2))

    assert found(*gone, received("a", 40, 2)) == [
        "INV-DELETE-1 at 40.000000 s: mapping receives a, which is not in jobs"
    ]
    assert found(*gone, VisibilityChanged(seconds(3), None, "jobs", "a", 5)) == [
        "INV-DELETE-1 at 3.000000 s: the visibility of a is changed, which is not in jobs"
    ]
    assert found(sent("a"), *delivered("i", "a", at=1)) == [
        "INV-DELETE-1 at 1.000000 s: mapping delivers a, which it did not receive"
    ]


def test_no_record_is_delivered_after_its_checkpoint() -> None:
    assert found(appended("a"), checkpointed("a", at=1), batch("a", at=2)) == [
        "INV-DELETE-1 at 2.000000 s: mapping delivers a, which it is past"
    ]
    assert found(appended("a"), checkpointed("a", at=1, mapping="other"), batch("a", at=2)) == []


def test_no_event_is_invoked_after_its_end() -> None:
    accepted = EventAccepted(0, None, "worker", "e", "{}", Actor("workload", "workload"), follow_up=False)
    invoked = EventInvoked(seconds(2), None, "worker", "e")

    assert found(accepted, EventCompleted(seconds(1), None, "worker", "e"), invoked) == [
        "INV-DELETE-1 at 2.000000 s: worker gets e after its end"
    ]


def test_retention_ends_a_message_in_time() -> None:
    assert found(queue(), sent("a"), received("a", 61)) == [
        "INV-RETENTION-1 at 61.000000 s: a is received from jobs, whose retention ended it at 60.0 s"
    ]
    assert found(queue(), sent("a"), expired("a", 59)) == [
        "INV-RETENTION-1 at 59.000000 s: a expires in jobs before its retention is over at 60.0 s"
    ]
    assert found(queue(), sent("a"), sent("b", 61)) == [
        "INV-RETENTION-1 at 61.000000 s: a is still in jobs, whose retention ended it at 60.0 s"
    ]
    assert found(queue(), sent("a"), expired("a", 60)) == []


@pytest.mark.parametrize(("fifo", "ends_at"), [(False, 60), (True, 100)])
def test_retention_in_a_dead_letter_queue_begins_with_the_send_or_in_a_fifo_one_with_the_move(
    fifo: bool, ends_at: int
) -> None:
    story = (queue(retention=90), queue("dead", fifo=fifo), sent("a"), dead_lettered("a", 40))

    assert found(*story, expired("a", ends_at, "dead")) == []
    assert len(found(*story, expired("a", ends_at - 1, "dead"))) == 1


def test_records_are_delivered_and_ended_by_their_age() -> None:
    def ages(*events: Event, retention: float = 60) -> list[str]:
        return found(*events, retention_seconds={"orders": retention})

    assert ages(appended("a"), batch("a", at=60)) == []
    assert ages(appended("a"), batch("a", at=61)) == [
        "INV-RETENTION-2 at 61.000000 s: mapping delivers a at the age of 61.0 s, and the retention of orders is 60.0 s"
    ]
    assert ages(appended("a"), record_expired("a", 59)) == [
        "INV-RETENTION-2 at 59.000000 s: a expires in orders before its retention is over"
    ]
    assert ages(stream(age=5), appended("a"), batch("a", at=6)) == [
        "INV-RETENTION-2 at 6.000000 s: mapping delivers a at the age of 6.0 s, and its maximum record age is 5.0 s"
    ]
    assert ages(stream(age=5), appended("a"), discarded("a", 5)) == [
        "INV-RETENTION-2 at 5.000000 s: mapping discards a as too old, which it is not"
    ]
    assert ages(stream(age=5), appended("a"), discarded("a", 6)) == []


def test_a_message_group_is_received_in_order() -> None:
    line = (sent("a", group="g"), sent("b", group="g"), sent("other", group="h"))
    overtaken = (
        "INV-ORDER-1 at 1.000000 s: mapping receives b of group g while a, which was sent before it, is still in jobs"
    )

    assert found(*line, received("a", 1), received("b", 1), received("other", 1)) == []
    assert found(*line, received("b", 1)) == [overtaken]
    assert found(*line, received("a", 0), received("b", 1)) == [overtaken]
    assert found(*line, received("a", 0), deleted("a", 1), received("b", 1)) == []


def test_a_dead_lettered_message_is_behind_those_that_came_before_it() -> None:
    line = (sent("a", group="g"), sent("b", group="g"))
    first_b = (*line, dead_lettered("b", 1), dead_lettered("a", 2))

    assert found(*first_b, received("b", 3, name="dead")) == []
    assert len(found(*first_b, received("a", 3, name="dead"))) == 1


def test_a_partition_is_delivered_in_order() -> None:
    line = (stream(), appended("a", key="k"), appended("b", key="l"))

    assert found(*line, batch("a", "b", at=1)) == []
    assert found(*line, batch("b", at=1)) == ["INV-ORDER-2 at 1.000000 s: mapping delivers b before it is past a"]
    assert found(*line, batch("b", "a", at=1)) == ["INV-ORDER-2 at 1.000000 s: mapping delivers b before it is past a"]
    assert found(*line, checkpointed("a", at=1), batch("b", at=1)) == []


def test_with_a_parallelization_factor_each_key_is_delivered_in_order() -> None:
    line = (stream(factor=2), appended("a", key="k"), appended("b", key="l"), appended("c", key="k"))

    assert found(*line, batch("b", at=1, slot=1)) == []
    assert found(*line, batch("c", at=1)) == ["INV-ORDER-2 at 1.000000 s: mapping delivers c before it is past a"]


def test_records_from_before_a_mapping_are_in_its_line_until_they_expire() -> None:
    before = RecordExpired(seconds(1), None, "kinesis", "orders", "shard-0", "a", None)

    assert len(found(appended("a"), appended("b"), stream(), batch("b", at=1))) == 1
    assert found(appended("a"), appended("b"), before, replace(stream(), instant_us=seconds(1)), batch("b", at=2)) == []


def test_a_known_consumer_group_begins_where_it_was() -> None:
    line = (stream(kind="kafka"), appended("a"), appended("b"), appended("c"))

    assert found(*line, batch("b", at=1)) == []
    assert found(*line, batch("b", at=1), checkpointed("b", at=2), batch("c", at=2, invoke="j", slot=1)) == [
        "INV-HOLDER-1 at 2.000000 s: mapping uses slot 1 of shard-0, and its parallelization factor is 1"
    ]


def test_a_slot_is_in_one_invoke_at_a_time() -> None:
    line = (stream(factor=2), appended("a", key="k"), appended("b", key="l"))
    first = (started("i"), batch("a", at=1))

    assert found(*line, *first, over("i"), batch("b", at=1, invoke="j")) == []
    assert found(*line, *first, batch("b", at=1, invoke="j", slot=1)) == []
    assert found(*line, *first, batch("b", at=1, invoke="j")) == [
        "INV-HOLDER-1 at 1.000000 s: j gets a batch of shard-0 while i still works on one"
    ]


def test_an_environment_runs_one_invoke_at_a_time() -> None:
    assert found(started("i"), started("j", environment=2), over("i"), started("k", 1)) == []
    assert found(started("i"), started("j")) == [
        "INV-CONCURRENCY-1 at 0.000000 s: environment 1 of worker gets j while it runs i"
    ]


def test_no_more_invokes_run_than_are_reserved() -> None:
    reserved = FunctionConfigured(0, None, "worker", 5, 1)

    assert found(reserved, started("i"), started("j", environment=2, function="other")) == []
    assert found(reserved, started("i"), over("i"), started("j", 1)) == []
    assert found(reserved, started("i"), started("j", environment=2)) == [
        "INV-CONCURRENCY-2 at 0.000000 s: 2 invokes of worker run at once, and 1 are reserved"
    ]


def test_no_more_invokes_run_than_the_account_allows() -> None:
    assert found(started("i"), over("i"), started("j", 1), account_concurrency=1) == []
    assert found(started("i"), started("j", function="other"), account_concurrency=1) == [
        "INV-CONCURRENCY-3 at 0.000000 s: 2 invokes run at once in an account of 1"
    ]
