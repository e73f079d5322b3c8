"""What our own variants use, counted by hand."""

from __future__ import annotations

import dataclasses

import pytest

from delivery_lab.api.costing import times_a_month, with_cost
from delivery_lab.cost.bill import Span
from delivery_lab.cost.costs import cost_of_run
from delivery_lab.cost.counting import used_by
from delivery_lab.cost.left_out import left_out_of_run
from delivery_lab.cost.prices import default_prices
from delivery_lab.cost.use import Usage
from delivery_lab.events import (
    Actor,
    Event,
    EventAccepted,
    InvokeEnded,
    InvokeStarted,
    Poison,
    Published,
    RequestAnswered,
    Run,
    Used,
)
from delivery_lab.resource_types import EVENT_BUS, FUNCTION_URL, HTTP_API, TOPIC
from delivery_lab.results.cost_figures import Cost
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_sends import Send
from tests.lab_support import run, stack_of, workload
from tests.stack.world import resource
from tests.stack.world import stack_of as made_of


def run_of(*events: Event, used: dict[Used, int] | None = None) -> Run:
    """A run made by hand that takes no time."""
    nothing = frozenset[str]()
    return Run("s", "simulation", "w", Poison(), 1, 0.0, events, (), "", nothing, nothing, (), (), used=used or {})


def _uses(stack: str, *overrides: str) -> dict[tuple[str, str], Usage]:
    done = run(stack, *overrides)
    return {(use.item, use.action): use for use in used_by(done, stack_of(stack, overrides)) if use.most}


def _cost(stack: str) -> Cost:
    done = run(stack)
    cost = with_cost(outcome_of(done), done, stack_of(stack), workload(stack), default_prices()).cost
    assert cost is not None
    return cost


def test_the_requests_of_a_queue_with_three_batches_at_a_time() -> None:
    """130 messages, sent one by one, are received and deleted ten at a time by 13 invokes."""
    uses = _uses("concurrency-capped")

    def amount(action: str) -> float:
        return uses["sqs.requests.standard", action].quantity

    assert (amount("SendMessage"), amount("ReceiveMessage"), amount("DeleteMessageBatch")) == (130, 13, 13)
    assert uses["lambda.requests", ""].quantity == 13


def test_gb_seconds_are_memory_times_billed_time_with_the_cold_starts() -> None:
    """13 batches take 25 s each; three environments begin with 0.25 s, and all have 256 MB."""
    uses = _uses("concurrency-capped")

    assert uses["lambda.duration.arm64", ""].quantity == pytest.approx((13 * 25 + 3 * 0.25) * 256 / 1024)


def test_bill_receive_1_at_most_every_message_takes_a_receive_of_its_own() -> None:
    use = _uses("concurrency-capped")["sqs.requests.standard", "ReceiveMessage"]

    assert (use.least, use.quantity, use.most) == (13, 13, 130)
    assert use.rules == ("BILL-RECEIVE-1",)


def test_bill_delete_1_at_most_every_message_takes_a_delete_of_its_own() -> None:
    use = _uses("concurrency-capped")["sqs.requests.standard", "DeleteMessageBatch"]

    assert (use.least, use.quantity, use.most) == (13, 13, 130)
    assert use.rules == ("BILL-DELETE-1",)


def test_bill_log_1_logs_hold_what_handlers_write_and_at_most_a_kilobyte_more_for_each_invoke() -> None:
    done = run("concurrency-capped")
    written = done.used[Used("logs", "batch-worker", "bytes")]

    (use,) = (use for use in used_by(done, stack_of("concurrency-capped")) if use.item == "cloudwatch.logs.ingestion")

    assert (use.quantity, use.most) == (written / 2**30, (written + 13 * 1024) / 2**30)
    assert use.rules == ("BILL-LOG-1",)


def test_shards_are_billed_by_the_hour_and_records_by_25_kb() -> None:
    done = run("stream-default")
    uses = {use.item: use.quantity for use in used_by(done, stack_of("stream-default"))}

    assert uses["kinesis.shards"] == pytest.approx(2 * done.virtual_seconds / 3600)
    assert uses["kinesis.put-units"] == 40


def test_a_fifo_queue_has_prices_of_its_own() -> None:
    assert {item for item, _ in _uses("fifo-ordered") if item.startswith("sqs.")} == {"sqs.requests.fifo"}


def test_an_x86_function_has_a_price_of_its_own() -> None:
    done, stack = run("batch-partial"), stack_of("batch-partial")
    first, *others = stack.functions
    plain = dataclasses.replace(first, architectures=dataclasses.replace(first.architectures, value=()))
    changed = dataclasses.replace(stack, functions=(plain, *others))

    items = {use.resource: use.item for use in used_by(done, changed) if use.item.startswith("lambda.duration")}

    assert items == {first.label: "lambda.duration.x86_64", others[0].label: "lambda.duration.arm64"}


def test_asy_once_1_both_invokes_of_an_event_that_is_delivered_twice_at_once_are_billed() -> None:
    done, by = run("concurrency-capped"), Actor("lambda", "lambda")
    begun = [InvokeStarted(0, None, "batch-worker", "event", number, by) for number in (1, 2)]
    over = [InvokeEnded(number * 3_000_000, None, "batch-worker", "event", number, None) for number in (1, 2)]
    cut = dataclasses.replace(done, events=(*begun, *over), virtual_seconds=10.0)

    (use,) = (use for use in used_by(cut, stack_of("concurrency-capped")) if use.item == "lambda.duration.arm64")

    assert use.quantity == pytest.approx((3 + 6) * 256 / 1024)


def test_an_invoke_that_is_running_when_the_run_ends_is_billed_until_then() -> None:
    done = run("concurrency-capped")
    half = [e for e in done.events if isinstance(e, (InvokeStarted, InvokeEnded)) and e.instant_us <= 10_000_000]
    cut = dataclasses.replace(done, events=tuple(half), virtual_seconds=10.0)

    (use,) = (use for use in used_by(cut, stack_of("concurrency-capped")) if use.item == "lambda.duration.arm64")

    assert use.quantity == pytest.approx(3 * 10 * 256 / 1024)


def test_the_same_run_costs_the_same() -> None:
    assert _cost("batch-partial") == _cost("batch-partial")


def test_a_run_costs_the_sum_of_its_items() -> None:
    cost = _cost("batch-partial")

    assert cost.total == pytest.approx(sum(item.cost or 0 for item in cost.items))
    assert cost.low <= cost.total <= cost.high
    assert cost.per_million_messages == pytest.approx(cost.total / 10 * 1_000_000)


def test_bill_month_1_a_month_goes_on_at_the_rate_of_the_workload() -> None:
    """Ten sends, one every two seconds: 1,314,000 a month of 730 hours."""
    found = times_a_month(Workload(send=[Send(queue="jobs", body={}, every=2, times=10)]))

    assert found is not None
    assert 10 * found == pytest.approx(730 * 3600 / 2)


def test_bill_month_1_what_is_sent_at_one_instant_has_no_rate() -> None:
    assert times_a_month(Workload(send=[Send(queue="jobs", body={}, times=10)])) is None
    assert _cost("concurrency-capped").per_month is None


def test_bill_month_1_no_month_is_computed_where_a_partition_is_blocked() -> None:
    assert outcome_of(run("stream-default")).blocked
    assert _cost("stream-default").per_month is None


def test_a_run_without_messages_has_no_cost_of_a_million() -> None:
    done: Run = dataclasses.replace(run("batch-partial"), events=(), used={}, virtual_seconds=0.0)
    cost = with_cost(
        outcome_of(done), done, stack_of("batch-partial"), workload("batch-partial"), default_prices()
    ).cost

    assert cost is not None
    assert (cost.total, cost.per_million_messages, cost.per_month, cost.items) == (0, None, None, ())


@pytest.mark.parametrize(("batches", "least"), [(0, 25), (3, 3)])
def test_bill_sns_1_ten_messages_of_a_publish_batch_are_one_request_at_best(batches: int, least: int) -> None:
    topic = resource(TOPIC, "orders")
    events = tuple(Published(0, None, "orders", str(n), "{}") for n in range(25))
    used = {Used("sns", "", "PublishBatch"): batches} if batches else {}

    (use,) = used_by(run_of(*events, used=used), made_of(topic))

    assert (use.item, use.least, use.quantity, use.most) == ("sns.publishes", least, 25, 25)


def test_large_messages_of_a_topic_count_once_for_each_64_kb() -> None:
    event = Published(0, None, "orders", "1", "x" * (64 * 1024 + 1))

    (use,) = used_by(run_of(event), made_of(resource(TOPIC, "orders")))

    assert use.quantity == 2


def test_requests_to_the_url_of_a_function_cost_what_its_invokes_cost() -> None:
    stack = made_of(resource(FUNCTION_URL, "url", {"functionName": "worker"}), resource(HTTP_API, "api"))
    answered = [RequestAnswered(0, None, name, "GET", "/", 200, None) for name in ("url", "api", "url")]

    uses = used_by(run_of(*answered), stack)

    assert [(use.item, use.resource, use.quantity) for use in uses if use.most] == [
        ("apigateway.http.requests", "api", 1)
    ]


def test_events_about_resources_are_free_on_a_bus() -> None:
    own = Published(0, None, "bus", "1", '{"source": "shop"}')
    aws = Published(0, None, "bus", "2", '{"source": "aws.ec2"}')

    (use,) = used_by(run_of(own, aws), made_of(resource(EVENT_BUS, "bus")))

    assert (use.item, use.quantity) == ("events.custom", 1)


def test_events_about_objects_are_billed_and_have_no_price_yet() -> None:
    """S3 sends them to a bus because its bucket asks for it: AWS calls them opt-in data events."""
    opted = Published(0, None, "bus", "1", '{"source": "aws.s3"}')
    stack = made_of(resource(EVENT_BUS, "bus"))

    (use,) = used_by(run_of(opted), stack)
    cost = cost_of_run(run_of(opted), stack, Span(1, 1, None), default_prices())

    assert (use.item, use.quantity) == ("events.opt-in", 1)
    assert "events.opt-in: the list of prices of us-east-1 has none; add it with --prices FILE" in cost.not_counted


@pytest.mark.parametrize("stack", ["sns-sqs-raw", "eventbridge-sqs", "s3-sqs", "stream-bounded", "async-none"])
def test_what_services_send_to_queues_is_said_not_to_be_counted(stack: str) -> None:
    said = "requests by which services of AWS send to queues and topics"

    assert said in _cost(stack).not_counted
    assert said not in _cost("batch-partial").not_counted


@pytest.mark.parametrize(("more", "said"), [(0, False), (1, True)])
def test_large_events_are_said_to_be_several_requests(more: int, said: bool) -> None:
    accepted = EventAccepted(0, None, "w", "1", "x" * (256 * 1024 + more), Actor("workload", ""), False)

    found = tuple(left_out_of_run(run_of(accepted), made_of()))

    assert ("that asynchronous events above 256 KB are billed as several requests" in found) is said


def test_units_of_a_table_on_demand_are_counted_by_hand() -> None:
    """The worker looks for its record consistently at each of 3 deliveries, and writes it after 2 of them."""
    uses = _uses("visibility-short")

    assert uses["dynamodb.read.on-demand", ""].quantity == 3
    assert uses["dynamodb.write.on-demand", ""].quantity == 2
    assert not [text for text in _cost("visibility-short").not_counted if "reads and writes" in text]
