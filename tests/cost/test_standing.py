"""What a stack costs while nothing is sent, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab import resource_types as types
from delivery_lab.cost.bill import IDLE_MONTH, Span, bill
from delivery_lab.cost.costs import cost_of_idle, idle_month
from delivery_lab.cost.pollers import PollerUnits, minimum_units
from delivery_lab.cost.polling import IdlePollers, idle_polls
from delivery_lab.cost.prices import PriceList, default_prices
from delivery_lab.cost.use import Usage
from delivery_lab.events import (
    BatchInvoked,
    BatchReleased,
    BatchResult,
    BatchRetryScheduled,
    Event,
    PollersChanged,
    feed,
)
from delivery_lab.events.instants import seconds
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from delivery_lab.stack.mappings import SqsMapping
from delivery_lab.stack.stack import Stack
from tests.lab_support import stack_of as variant
from tests.stack.world import arn_of, resource, stack_of

MONTH_SECONDS = 730 * 3600
QUEUE = resource(types.QUEUE, "jobs")
FUNCTION = resource(types.FUNCTION, "worker", {"memorySize": 512, "architectures": ["arm64"]})


def _stack(inputs: dict[str, Any], queue: Any = QUEUE) -> Stack:
    settings = {"eventSourceArn": arn_of(queue), "functionName": "worker", **inputs}
    return stack_of(queue, FUNCTION, resource(types.MAPPING, "mapping", settings))


def _mapping(stack: Stack) -> SqsMapping:
    (found,) = stack.mappings
    assert isinstance(found, SqsMapping)
    return found


def _items(*resources: Any) -> dict[str, float]:
    return {use.item: use.quantity for use in idle_month(stack_of(*resources))}


# -- pollers --------------------------------------------------------------------------------------------------


def test_bill_poll_1_an_idle_mapping_makes_two_to_five_receives_every_20_seconds() -> None:
    (use,) = idle_month(_stack({}))

    assert (use.item, use.action, use.rules) == (
        "sqs.requests.standard",
        "empty receives",
        ("BILL-POLL-1", "ESM-SCALE-4"),
    )
    assert (use.least, use.quantity, use.most) == (2 * 131_400, 5 * 131_400, 5 * 131_400)


def test_bill_poll_1_the_assumed_number_of_pollers_is_taken() -> None:
    (use,) = idle_month(_stack({}), Assumptions(least_pollers=2))

    assert use.quantity == 2 * 131_400


def test_bill_poll_1_one_poller_of_a_fifo_queue_is_plausible() -> None:
    (use,) = idle_month(_stack({}, resource(types.QUEUE, "jobs.fifo", {"fifoQueue": True})))

    assert (use.item, use.least) == ("sqs.requests.fifo", 131_400)


def test_bill_poll_2_a_provisioned_poller_has_one_to_ten_receives_open() -> None:
    stack = _stack({"provisionedPollerConfig": {"minimumPollers": 2, "maximumPollers": 20}})

    (use,) = (use for use in idle_month(stack) if use.action)

    assert (use.least, use.quantity, use.most) == (2 * 131_400, 2 * 131_400, 20 * 131_400)
    assert use.rules == ("BILL-POLL-2",)


def test_a_mapping_that_is_off_does_not_poll() -> None:
    assert list(idle_month(_stack({"enabled": False}))) == []


def test_bill_epu_1_a_poller_of_a_queue_is_a_unit() -> None:
    stack = _stack({"provisionedPollerConfig": {"minimumPollers": 3, "maximumPollers": 20}})

    assert minimum_units(stack) == {"mapping": ("lambda.pollers.sqs", 3)}


@pytest.mark.parametrize(("pollers", "units"), [(1, 1), (10, 1), (11, 2), (200, 20)])
def test_bill_epu_2_ten_pollers_of_kafka_are_a_unit(pollers: int, units: int) -> None:
    cluster = resource(types.MSK_CLUSTER, "cluster")
    settings = {
        "eventSourceArn": arn_of(cluster),
        "functionName": "worker",
        "topics": ["orders"],
        "provisionedPollerConfig": {"minimumPollers": pollers, "maximumPollers": 2000},
    }
    stack = stack_of(cluster, FUNCTION, resource(types.MAPPING, "mapping", settings))

    assert minimum_units(stack) == {"mapping": ("lambda.pollers.kafka", units)}


def _invoked(at: float, message: str) -> Event:
    return BatchInvoked(seconds(at), "ESM-BATCH-1", "mapping", "jobs", "worker", message, (message,), None, None)


def _answered(at: float, message: str) -> Event:
    return BatchResult(seconds(at), "ESM-REPORT-1", "mapping", "jobs", message, "", (), (), None, None)


def test_pollers_that_work_on_a_batch_do_not_ask_for_more() -> None:
    polls = idle_polls(_mapping(_stack({})), DEFAULTS)
    assert polls is not None
    events = [_invoked(0, "a"), _invoked(0, "b"), _invoked(10, "c"), _answered(20, "a"), _answered(20, "c")]

    idle = IdlePollers({"mapping": polls})
    feed((idle,), events)

    # Five pollers: 3 free for 10 s, 2 for 10 s, 4 for 10 s. Two: none for 20 s, 1 for 10 s.
    assert idle.seconds(seconds(30)) == {"mapping": (90, 10, 90)}


def test_a_throttled_batch_keeps_its_poller_until_it_is_let_go() -> None:
    polls = idle_polls(_mapping(_stack({})), DEFAULTS)
    assert polls is not None
    events: list[Event] = [
        BatchRetryScheduled(0, "ESM-THROTTLE-1", "mapping", "jobs", 1, ("a",), seconds(5), None, None),
        BatchRetryScheduled(seconds(5), "ESM-THROTTLE-1", "mapping", "jobs", 2, ("a",), seconds(10), None, None),
        BatchReleased(seconds(10), "ESM-THROTTLE-2", "mapping", "jobs", ("a",)),
    ]

    idle = IdlePollers({"mapping": polls})
    feed((idle,), events)

    assert idle.seconds(seconds(20))["mapping"][0] == 4 * 10 + 5 * 10


def test_provisioned_pollers_that_grew_are_billed_while_they_are_there() -> None:
    events = [
        _invoked(0, "a"),
        PollersChanged(seconds(3600), "ESM-PROV-2", "mapping", 60),
        _answered(7200, "a"),
    ]

    units = PollerUnits({"mapping": ("lambda.pollers.sqs", 2)})
    feed((units,), events)
    (use,) = units.hours(seconds(4 * 3600))

    # 2 for an hour, 6 for an hour, 2 again for two; 6 to the end at most.
    assert (use.least, use.quantity, use.most) == (8, 2 + 6 + 4, 2 + 18)
    assert use.rules == ("BILL-EPU-1", "ESM-PROV-3")


# -- what is paid by the hour ---------------------------------------------------------------------------------


def test_a_provisioned_stream_pays_for_its_shards_and_for_longer_retention() -> None:
    items = _items(resource(types.STREAM, "orders", {"shardCount": 3, "retentionPeriod": 48}))

    assert items == {"kinesis.shards": 3 * 730, "kinesis.retention": 3 * 730}


def test_a_stream_on_demand_pays_by_the_hour() -> None:
    on_demand = {"streamModeDetails": {"streamMode": "ON_DEMAND"}}

    assert _items(resource(types.STREAM, "orders", on_demand)) == {"kinesis.streams.on-demand": 730}


def test_a_table_pays_for_its_capacity_and_that_of_its_indexes() -> None:
    index = {"name": "by-date", "hashKey": "date", "readCapacity": 5, "writeCapacity": 6}
    inputs = {"hashKey": "id", "readCapacity": 1, "writeCapacity": 2, "globalSecondaryIndexes": [index]}

    items = _items(resource(types.TABLE, "orders", inputs))

    assert items == {"dynamodb.read.provisioned": 6 * 730, "dynamodb.write.provisioned": 8 * 730}


def test_a_table_on_demand_pays_nothing_while_nobody_uses_it() -> None:
    assert _items(resource(types.TABLE, "orders", {"hashKey": "id", "billingMode": "PAY_PER_REQUEST"})) == {}


def test_a_cluster_pays_for_its_brokers_and_their_storage() -> None:
    group = {"instanceType": "kafka.m5.large", "storageInfo": {"ebsStorageInfo": {"volumeSize": 100}}}

    items = _items(resource(types.MSK_CLUSTER, "c", {"numberOfBrokerNodes": 3, "brokerNodeGroupInfo": group}))

    assert items == {"msk.brokers.kafka.m5.large": 3 * 730, "msk.storage": 300}


def test_an_alarm_pays_for_each_metric_and_more_below_a_minute() -> None:
    metric = {"namespace": "AWS/SQS", "metricName": "NumberOfMessagesSent", "dimensions": {"QueueName": "jobs"}}
    queries = {"metricQueries": [{"id": "a", "metric": metric}, {"id": "b", "metric": metric}]}

    assert _items(resource(types.METRIC_ALARM, "plain", {**metric, "period": 60})) == {"cloudwatch.alarms.standard": 1}
    assert _items(resource(types.METRIC_ALARM, "two", queries)) == {"cloudwatch.alarms.standard": 2}
    assert _items(resource(types.METRIC_ALARM, "fast", {**metric, "period": 10})) == {
        "cloudwatch.alarms.high-resolution": 1
    }


def test_environments_that_are_kept_ready_are_paid_for_all_the_time() -> None:
    kept = {"functionName": "worker", "qualifier": "1", "provisionedConcurrentExecutions": 4}

    items = _items(FUNCTION, resource(types.PROVISIONED_CONCURRENCY, "kept", kept))

    assert items == {"lambda.provisioned.arm64": 4 * 0.5 * MONTH_SECONDS}


# -- the sums of docs/cost.md ---------------------------------------------------------------------------------


def test_an_idle_mapping_costs_ten_to_26_cents_a_month() -> None:
    cost = cost_of_idle(_stack({}), default_prices())

    assert cost.month is not None
    assert (cost.month.low, cost.month.value, cost.month.high) == (0.10512, 0.2628, 0.2628)


def test_the_idle_mapping_is_free_within_the_free_tier() -> None:
    cost = cost_of_idle(_stack({}), default_prices(), free_tier=True)

    assert (cost.per_month, cost.total) == (0, 0.2628)


def test_two_provisioned_pollers_cost_13_dollars_a_month() -> None:
    cost = cost_of_idle(variant("concurrency-provisioned"), default_prices())
    by_item = {item.item: item.per_month for item in cost.items}

    assert by_item["lambda.pollers.sqs"] == pytest.approx(2 * 730 * 0.00925)
    assert cost.per_month == pytest.approx(13.505 + 0.10512 + 4 * 0.10)


# -- bills ----------------------------------------------------------------------------------------------------


def test_what_has_no_price_is_said_and_is_not_free() -> None:
    empty = PriceList(region="eu-north-1", date="2026-01-01", prices={})

    cost = bill([Usage("msk.brokers.kafka.m7g.large", "c", 2)], empty, IDLE_MONTH)

    assert (cost.items[0].cost, cost.items[0].per_month) == (None, None)
    assert cost.not_counted == (
        "msk.brokers.kafka.m7g.large: the list of prices of eu-north-1 has none; add it with --prices FILE",
    )


def test_a_month_of_a_workload_pays_for_what_is_sent_and_for_the_time_in_between() -> None:
    """A run of an hour that is sent 10 times a month: ten times its requests, and 730 hours of its shard."""
    uses = [Usage("lambda.requests", "f", 1_000_000), Usage("kinesis.shards", "s", 1, by_time=True)]

    cost = bill(uses, default_prices(), Span(3600, 1_000_000, 10))

    assert cost.total == pytest.approx(0.20 + 0.015)
    assert cost.per_month == pytest.approx(10 * 0.20 + 730 * 0.015)
    assert cost.messages_per_month == 10_000_000


def test_of_what_may_vanish_a_month_has_none_at_least() -> None:
    use = Usage("sqs.requests.standard", "q", 3, low=2, high=4, by_time=True, may_vanish=True)

    cost = bill([use], default_prices(), Span(730 * 3600 / 1_000_000, 1, 1))

    assert cost.month is not None
    assert (cost.low, cost.month.low, cost.month.value, cost.month.high) == (8e-7, 0, 1.2, 1.6)


def test_the_region_of_a_stack_is_said_where_the_prices_are_of_another() -> None:
    stack = stack_of(QUEUE, config={"aws:region": "eu-north-1"})

    assert cost_of_idle(stack, default_prices()).not_counted[0] == (
        "the stack is in eu-north-1, the prices are those of us-east-1: give others with --prices FILE"
    )


@pytest.mark.parametrize(
    ("token", "inputs", "said"),
    [
        (
            types.STREAM,
            {"streamModeDetails": {"streamMode": "ON_DEMAND"}, "retentionPeriod": 48},
            "records that thing, a stream on demand, keeps for more than 24 hours",
        ),
        (types.STREAM, {"shardCount": 1, "retentionPeriod": 200}, "records that thing keeps for more than 7 days"),
        (types.STREAM_CONSUMER, {"streamArn": "arn:x"}, "the data that thing reads with enhanced fan-out"),
        (
            types.TOPIC_SUBSCRIPTION,
            {
                "topic": "t",
                "protocol": "sqs",
                "endpoint": "q",
                "filterPolicy": "{}",
                "filterPolicyScope": "MessageBody",
            },
            "the bodies that the filter of thing looks at",
        ),
        (types.FUNCTION, {"ephemeralStorage": {"size": 1024}}, "temporary storage of thing above 512 MB"),
    ],
)
def test_what_a_setting_makes_aws_bill_besides_is_said(token: str, inputs: dict[str, Any], said: str) -> None:
    assert said in cost_of_idle(stack_of(resource(token, "thing", inputs)), default_prices()).not_counted


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (types.STREAM, {"streamModeDetails": {"streamMode": "ON_DEMAND"}}),
        (types.STREAM, {"shardCount": 1, "retentionPeriod": 48}),
        (types.TOPIC_SUBSCRIPTION, {"topic": "t", "protocol": "sqs", "endpoint": "q", "filterPolicy": "{}"}),
        (types.FUNCTION, {}),
    ],
)
def test_settings_that_cost_nothing_besides_are_not_named(token: str, inputs: dict[str, Any]) -> None:
    not_counted = cost_of_idle(stack_of(resource(token, "thing", inputs)), default_prices()).not_counted
    assert not [text for text in not_counted if "thing" in text]
