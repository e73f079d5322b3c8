"""Items of DynamoDB: what events carry, and their size as recorded on AWS."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.model.streams.items import as_events_carry, plain, size_of, to_item


@pytest.mark.parametrize(
    ("images", "size_bytes"),
    [
        ([{"my_key": {"S": "hello world"}}, {"my_key": {"S": "hello world"}, "bin": {"B": "Zm9vYmFy"}}], 17 + 17 + 9),
        # These are SizeBytes of records of AWS.
        ([{"my_partition_key": {"S": "testId0"}}], 23),
        ([{"my_partition_key": {"S": "testId0"}, "should_fail": {"BOOL": False}}], 58 - 23),
        ([{"my_partition_key": {"S": "hello world"}, "binary_key": {"B": "Zm9vYmFy"}}], 70 - 27),
        ([{"id": {"S": "id_value_1"}, "numericFilter": {"N": "42"}}], 39 - 12),
        ([{"id": {"S": "id_value"}}, {"id2": {"S": "id2_new_value"}, "id": {"S": "id_value"}}], 46 - 10),
    ],
)
def test_dds_size_1_the_size_of_items_is_that_of_names_and_values(
    images: list[dict[str, Any]], size_bytes: int
) -> None:
    assert sum(map(size_of, images)) == size_bytes


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [
        ({"S": "grün"}, 5),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "1000"}, 2),
        ({"N": "0.001"}, 2),
        ({"N": "123"}, 3),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["42", "7"]}, 4),
        ({"BS": ["eA==", "eXk="]}, 3),
        ({"L": []}, 3),
        ({"M": {}}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": True}]}, 3 + 1 + 2 + 1 + 1),
        ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 3 + 2),
    ],
)
def test_dds_size_1_each_type_of_value(value: dict[str, Any], size_bytes: int) -> None:
    assert size_of({"": value}) == size_bytes


def test_dds_size_1_no_item_has_no_size() -> None:
    assert size_of(None) == 0


def test_dds_binary_1_binary_values_are_base64_at_every_depth() -> None:
    item = {
        "plain": {"B": b"foobar"},
        "several": {"BS": [b"y", b"x"]},
        "inside": {"L": [{"B": bytearray(b"foobar")}, {"M": {"deeper": {"B": b"foobar"}}}]},
        "text": {"S": "foobar"},
        "texts": {"SS": ["b", "a"]},
    }

    assert as_events_carry(item) == {
        "plain": {"B": "Zm9vYmFy"},
        "several": {"BS": ["eA==", "eQ=="]},
        "inside": {"L": [{"B": "Zm9vYmFy"}, {"M": {"deeper": {"B": "Zm9vYmFy"}}}]},
        "text": {"S": "foobar"},
        "texts": {"SS": ["b", "a"]},
    }


def test_plain_values_and_items_are_each_other() -> None:
    body = {"id": "a", "n": 1, "share": 0.5, "on": True, "no": None, "list": ["a", {"b": 2}]}

    assert plain(to_item(body)) == {**body, "no": True}
