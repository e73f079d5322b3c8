"""Price lists: the one of the package, and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.cost.prices import DEFAULT_LIST, Price, PriceTier, default_prices, read_prices
from delivery_lab.errors import PriceListError


def _file(folder: Path, content: Any) -> Path:
    file = folder / "prices.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_every_price_of_the_package_names_a_page_of_aws() -> None:
    prices = default_prices()

    assert (prices.region, prices.currency) == ("us-east-1", "USD")
    assert all(price.source.startswith("https://aws.amazon.com/") for price in prices.prices.values())
    assert all(price.first > 0 for price in prices.prices.values())


def test_a_million_requests_of_each_kind_cost_what_the_pages_say() -> None:
    million = {
        "sqs.requests.standard": 0.40,
        "sqs.requests.fifo": 0.50,
        "lambda.requests": 0.20,
        "sns.publishes": 0.50,
        "events.custom": 1.00,
        "apigateway.http.requests": 1.00,
        "apigateway.rest.requests": 3.50,
        "kinesis.put-units": 0.014,
        "dynamodb.write.on-demand": 0.625,
        "dynamodb.read.on-demand": 0.125,
    }

    found = {item: default_prices().prices[item].of_month(1_000_000) for item in million}

    assert found == pytest.approx(million)


@pytest.mark.parametrize(
    ("gb_seconds", "dollars"),
    [
        (6e9, 100_000.20),
        (9.216e9, 100_000.20 + 48_240.00),
        (30e9, 100_000.20 + 135_000.00 + 200_001.00),
    ],
)
def test_tiers_are_filled_one_after_another(gb_seconds: float, dollars: float) -> None:
    price = default_prices().prices["lambda.duration.x86_64"]

    assert price.of_month(gb_seconds) == pytest.approx(dollars)


def test_what_is_free_is_taken_off_only_where_that_is_asked_for() -> None:
    price = Price(unit="request", per=10, tiers=(PriceTier(price=1),), free=50, source="x")

    assert price.of_month(120) == 12
    assert price.of_month(120, free_tier=True) == 7
    assert price.of_month(20, free_tier=True) == 0


def test_a_list_of_ones_own_is_read(tmp_path: Path) -> None:
    content = json.loads(DEFAULT_LIST.read_text(encoding="utf-8"))
    content["region"] = "eu-north-1"

    assert read_prices(_file(tmp_path, content)).region == "eu-north-1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "region is missing\nthe price list {file}: date is missing\nthe price list {file}: prices is missing"),
        ([], "has to be a mapping, not []"),
        (
            {"region": "r", "date": "d", "prices": {"a": {"unit": "u", "tiers": [{"price": -1}], "source": "s"}}},
            "prices.a.tiers.1.price: has to be greater than or equal to 0, not -1",
        ),
        (
            {"region": "r", "date": "d", "prices": {"a": {"unit": "u", "tiers": [], "source": "s"}}},
            "prices.a.tiers has to have at least one entry",
        ),
        (
            {"region": "r", "date": "d", "prices": {}, "currenzy": "EUR"},
            "currenzy is no key of a price list",
        ),
    ],
)
def test_a_list_of_another_shape_is_refused_with_its_place(tmp_path: Path, content: Any, message: str) -> None:
    file = _file(tmp_path, content)

    with pytest.raises(PriceListError) as caught:
        read_prices(file)

    assert (
        str(caught.value)
        == f"the price list {file}: {message.replace('{file}', str(file))}\n  a list to start from: {DEFAULT_LIST}"
    )
    assert caught.value.exit_code == 2


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PriceListError, match=r"the price list .*nowhere\.json cannot be read: .*No such file"):
        read_prices(tmp_path / "nowhere.json")


def test_a_file_that_is_no_json_is_said(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text("{", encoding="utf-8")

    with pytest.raises(PriceListError, match="cannot be read: Expecting property name"):
        read_prices(file)
