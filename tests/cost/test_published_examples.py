"""Worked examples that AWS publishes, with the prices that they name: the same sums have to come out here."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from delivery_lab.cost.bill import Span, bill
from delivery_lab.cost.prices import Price, PriceList, PriceTier, default_prices
from delivery_lab.cost.use import HOURS_OF_MONTH, SECONDS_OF_HOUR, Usage
from delivery_lab.results.cost_figures import Cost

LAMBDA = "https://aws.amazon.com/lambda/pricing/"
KINESIS = "https://aws.amazon.com/kinesis/data-streams/pricing/"
POLLERS = "https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html"


def _price(price: float, *, per: float = 1, free: float = 0, source: str) -> Price:
    return Price(unit="unit", per=per, tiers=(PriceTier(price=price),), free=free, source=source)


OF_THE_EXAMPLES = PriceList(
    region="us-east-1",
    date="as the examples say",
    prices={
        # The page rounded the price of a GB-second when it had these examples.
        "lambda.duration.x86_64": _price(0.00001667, free=400_000, source=LAMBDA),
        "lambda.requests": _price(0.20, per=1_000_000, free=1_000_000, source=LAMBDA),
        "kinesis.shards": _price(0.015, source=KINESIS),
        "kinesis.put-units": _price(0.014, per=1_000_000, source=KINESIS),
        "lambda.pollers.kafka": _price(0.185, source=POLLERS),
    },
)


@dataclass(frozen=True)
class Example:
    """A published example: what is used, in how long, and what AWS says that it costs."""

    source: str
    hours: float
    uses: tuple[Usage, ...]
    dollars: float
    free_tier: bool = False


def _lambda(requests: int, seconds: float, memory_mb: int) -> tuple[Usage, ...]:
    return (
        Usage("lambda.requests", "f", requests),
        Usage("lambda.duration.x86_64", "f", requests * seconds * memory_mb / 1024),
    )


DAY, MONTH_OF_31_DAYS = 24, 744
# 100 records of 35 KB a second: two units each, four shards.
_KINESIS_UNITS_A_SECOND = 100 * 2

EXAMPLES = {
    "512 MB, 3 million requests of 1 s": Example(LAMBDA, HOURS_OF_MONTH, _lambda(3_000_000, 1, 512), 18.74, True),
    "128 MB, 30 million requests of 200 ms": Example(
        LAMBDA, HOURS_OF_MONTH, _lambda(30_000_000, 0.2, 128), 11.63, True
    ),
    "four shards and 100 records of 35 KB a second, for a day": Example(
        KINESIS,
        DAY,
        (
            Usage("kinesis.shards", "s", 4 * DAY, by_time=True),
            Usage("kinesis.put-units", "s", _KINESIS_UNITS_A_SECOND * DAY * SECONDS_OF_HOUR),
        ),
        1.68,
    ),
    "the same for 31 days": Example(
        KINESIS,
        MONTH_OF_31_DAYS,
        (
            Usage("kinesis.shards", "s", 4 * MONTH_OF_31_DAYS, by_time=True),
            Usage("kinesis.put-units", "s", _KINESIS_UNITS_A_SECOND * MONTH_OF_31_DAYS * SECONDS_OF_HOUR),
        ),
        52.14,
    ),
    "ten mappings of Kafka with a poller each, for 720 hours": Example(
        POLLERS, 720, tuple(Usage("lambda.pollers.kafka", f"m{n}", 720, by_time=True) for n in range(10)), 1332.00
    ),
    "the same ten mappings in one poller group": Example(
        POLLERS, 720, (Usage("lambda.pollers.kafka", "group", 720, by_time=True),), 133.20
    ),
}


def _bill(example: Example) -> Cost:
    span = Span(example.hours * SECONDS_OF_HOUR, 0, 1.0)
    return bill(example.uses, OF_THE_EXAMPLES, span, free_tier=example.free_tier)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_published_example_comes_to_what_aws_says(name: str) -> None:
    example = EXAMPLES[name]

    cost = _bill(example)

    # What is free is free every month: the examples with a free tier are examples of a month.
    found = cost.per_month if example.free_tier else cost.total
    assert found == pytest.approx(example.dollars, abs=0.005)


def test_todays_prices_of_what_the_examples_use_are_those_of_the_examples_or_lower() -> None:
    today = default_prices().prices

    for item, price in OF_THE_EXAMPLES.prices.items():
        assert today[item].first <= price.first
        assert today[item].first == pytest.approx(price.first, rel=0.001)
