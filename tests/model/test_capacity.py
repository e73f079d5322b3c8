"""Provisioned capacity of DynamoDB tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.events import Journal
from delivery_lab.model.capacity import EXCEEDED, HALVES_OF_UNIT, CapacityUnits
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.dynamodb import DynamoDb
from delivery_lab.model.runtime import AwsError
from delivery_lab.rules.assumptions import Assumptions, SavedCapacity

NOTHING_SAVED = Assumptions(saved_capacity=SavedCapacity.NONE)
INDEX = {
    "IndexName": "by-owner",
    "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


class Tables:
    """One table `t` with provisioned capacity, in virtual time."""

    def __init__(self, reads: int, writes: int, *, saved: bool = False, index_writes: int | None = None) -> None:
        self.scheduler = Scheduler()
        self.journal = Journal()
        assumptions = Assumptions() if saved else NOTHING_SAVED
        self.database = DynamoDb("us-east-1", self.journal, self.scheduler, assumptions)
        self.definition: dict[str, Any] = {
            "TableName": "t",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PROVISIONED",
            **_throughput(reads, writes),
        }
        if index_writes is not None:
            self.definition["AttributeDefinitions"].append({"AttributeName": "owner", "AttributeType": "S"})
            self.definition["GlobalSecondaryIndexes"] = [INDEX | _throughput(5, index_writes)]

    def create(self) -> None:
        self.database.create_table(self.definition)

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.database.call(operation, parameters)

    def put(self, key: str = "a", size: int = 100, **attributes: str) -> None:
        self.call("PutItem", TableName="t", Item=item(key, size, **attributes))

    def get(self, key: str = "a", **more: Any) -> dict[str, Any]:
        return self.call("GetItem", TableName="t", Key={"id": {"S": key}}, **more)

    def wait(self, for_seconds: float) -> None:
        self.scheduler.run(self.scheduler.now + seconds(for_seconds))


def _throughput(reads: int, writes: int) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}}


def item(key: str = "a", size: int = 100, **attributes: str) -> dict[str, Any]:
    """An item of so many bytes, its other attributes not counted."""
    padding = "x" * (size - len("id") - len(key) - len("padding"))
    texts = {name: {"S": value} for name, value in attributes.items()}
    return {"id": {"S": key}, "padding": {"S": padding}, **texts}


Opened = Callable[..., Tables]


@pytest.fixture
def tables() -> Iterator[Opened]:
    opened: list[Tables] = []

    def make(reads: int = 5, writes: int = 5, **more: Any) -> Tables:
        found = Tables(reads, writes, **more)
        found.database.__enter__()
        opened.append(found)
        found.create()
        return found

    yield make
    for found in opened:
        found.database.__exit__(None, None, None)


def admitted(attempt: Callable[[], object], most: int = 10_000) -> int:
    """How often something succeeds before it is throttled."""
    for count in range(most):
        try:
            attempt()
        except AwsError as error:
            if error.code != EXCEEDED:
                raise
            return count
    return most


@pytest.mark.parametrize(
    ("size", "count"), [(100, 6), (1_024, 6), (1_025, 3), (2_048, 3), (6 * 1_024, 1), (40 * 1_024, 1)]
)
def test_ddb_capacity_1_a_write_unit_writes_one_kb(tables: Opened, size: int, count: int) -> None:
    table = tables(writes=6)

    assert admitted(lambda: table.put(size=size)) == count


@pytest.mark.parametrize(
    ("size", "consistent", "count"),
    [(100, True, 6), (4_096, True, 6), (4_097, True, 3), (100, False, 12), (0, False, 12)],
)
def test_ddb_capacity_1_a_read_unit_reads_4_kb_consistently_or_8_kb_not_so(
    tables: Opened, size: int, consistent: bool, count: int
) -> None:
    table = tables(reads=6, writes=100)
    if size:
        table.put(size=size)

    assert admitted(lambda: table.get(ConsistentRead=consistent)) == count


def test_ddb_capacity_1_what_a_throttled_client_gets(tables: Opened) -> None:
    table = tables(writes=1)
    table.put()

    with pytest.raises(AwsError) as caught:
        table.put("b")

    assert (caught.value.code, caught.value.status) == ("ProvisionedThroughputExceededException", 400)
    assert caught.value.message == (
        "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
        "provisioning level with the UpdateTable API."
    )
    assert table.get("b") == {}
    table.wait(1)
    table.put("b")


@pytest.mark.parametrize("operation", ["UpdateItem", "DeleteItem"])
def test_ddb_capacity_1_changes_use_the_larger_of_the_item_before_and_after(tables: Opened, operation: str) -> None:
    table = tables(writes=10)
    table.database.call("PutItem", {"TableName": "t", "Item": item(size=5_000)}, is_metered=False)
    more = {
        "UpdateExpression": "SET padding = :short",
        "ExpressionAttributeValues": {":short": {"S": "y"}},
    }

    table.call(operation, TableName="t", Key={"id": {"S": "a"}}, **(more if operation == "UpdateItem" else {}))

    assert admitted(lambda: table.put("b")) == 5


def test_ddb_capacity_1_a_write_that_its_condition_forbids_uses_what_the_item_is_worth(tables: Opened) -> None:
    table = tables(writes=10)
    table.put(size=3 * 1_024)

    with pytest.raises(AwsError, match="ConditionalCheckFailed"):
        table.call("PutItem", TableName="t", Item=item(size=100), ConditionExpression="attribute_not_exists(id)")

    assert admitted(lambda: table.put("b")) == 4


def test_ddb_capacity_1_a_query_and_a_scan_use_what_they_go_through_not_what_they_return(tables: Opened) -> None:
    table = tables(reads=10, writes=100)
    for key in "abcd":
        table.put(key, 4_096)
    scan = {
        "TableName": "t",
        "FilterExpression": "#o = :nobody",
        "ProjectionExpression": "id",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":nobody": {"S": "nobody"}},
    }

    assert table.call("Scan", **scan)["Items"] == []  # 4 items of 4 KB: 2 units
    query = {
        "TableName": "t",
        "KeyConditionExpression": "id = :a",
        "ExpressionAttributeValues": {":a": {"S": "a"}},
        "ConsistentRead": True,
    }
    assert admitted(lambda: table.call("Query", **query)) == 8


def test_ddb_capacity_2_unused_capacity_is_kept_for_300_s(tables: Opened) -> None:
    table = tables(writes=2)
    assert admitted(table.put) == 2
    table.wait(50)
    assert admitted(table.put) == 100
    table.wait(10_000)
    assert admitted(table.put) == 600


def test_ddb_capacity_3_what_a_large_request_uses_beyond_is_missing_to_the_next(tables: Opened) -> None:
    table = tables(writes=1)
    table.put(size=10 * 1_024)  # 10 units, of which one was there

    table.wait(9)
    assert admitted(table.put) == 0
    table.wait(1)
    assert admitted(table.put) == 1
    assert "DDB-CAPACITY-3" in table.journal.rules


def test_ddb_capacity_4_of_a_batch_what_nothing_is_left_for_is_unprocessed(tables: Opened) -> None:
    table = tables(writes=3)
    requests = [{"PutRequest": {"Item": item(key)}} for key in "abcde"]

    answer = table.call("BatchWriteItem", RequestItems={"t": requests})

    assert answer["UnprocessedItems"] == {"t": requests[3:]}
    assert [bool(table.get(key)) for key in "abcde"] == [True, True, True, False, False]
    with pytest.raises(AwsError, match="ProvisionedThroughputExceededException"):
        table.call("BatchWriteItem", RequestItems={"t": requests[3:]})


def test_ddb_capacity_4_of_a_batch_of_reads_too(tables: Opened) -> None:
    table = tables(reads=2, writes=10)
    table.put("a")
    keys = [{"id": {"S": key}} for key in "abc"]

    answer = table.call("BatchGetItem", RequestItems={"t": {"Keys": keys, "ConsistentRead": True}})

    assert [found["id"]["S"] for found in answer["Responses"]["t"]] == ["a"]
    assert answer["UnprocessedKeys"] == {"t": {"Keys": keys[2:], "ConsistentRead": True}}
    with pytest.raises(AwsError, match="ProvisionedThroughputExceededException"):
        table.call("BatchGetItem", RequestItems={"t": {"Keys": keys[2:]}})


def test_ddb_capacity_4_a_transaction_uses_twice_the_units_and_is_cancelled_where_one_is_throttled(
    tables: Opened,
) -> None:
    table = tables(reads=8, writes=8)
    puts = [{"Put": {"TableName": "t", "Item": item(key, 1_500)}} for key in "ab"]
    table.call("TransactWriteItems", TransactItems=puts)  # 2 items of 2 units, twice

    with pytest.raises(AwsError) as caught:
        table.call("TransactWriteItems", TransactItems=puts)

    assert caught.value.code == "TransactionCanceledException"
    assert "[ProvisionedThroughputExceeded, ProvisionedThroughputExceeded]" in caught.value.message
    assert [reason["Code"] for reason in caught.value.details["CancellationReasons"]] == [
        "ProvisionedThroughputExceeded"
    ] * 2
    gets = [{"Get": {"TableName": "t", "Key": {"id": {"S": key}}}} for key in "ab"]
    for _ in range(2):
        assert len(table.call("TransactGetItems", TransactItems=gets)["Responses"]) == 2
    with pytest.raises(AwsError, match="ProvisionedThroughputExceeded"):
        table.call("TransactGetItems", TransactItems=gets)


def test_ddb_capacity_4_a_check_of_a_condition_counts(tables: Opened) -> None:
    table = tables(writes=4)
    check = {"TableName": "t", "Key": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}
    put = {"Put": {"TableName": "t", "Item": item("b")}}
    table.call("TransactWriteItems", TransactItems=[{"ConditionCheck": check}, put])

    assert admitted(table.put) == 0


def test_ddb_capacity_5_an_index_without_units_throttles_its_table(tables: Opened) -> None:
    table = tables(writes=100, index_writes=2)
    table.database.call("PutItem", {"TableName": "t", "Item": item("c", owner="x")}, is_metered=False)
    for _ in range(10):
        table.put("c", owner="x")  # its entry stays as it is

    table.put("c", owner="y")  # 2 of 2 units
    with pytest.raises(AwsError, match="one or more global secondary indexes of the table"):
        table.put("c", owner="z")
    table.put("d")


def test_ddb_capacity_5_an_item_without_the_indexs_key_has_no_entry(tables: Opened) -> None:
    table = tables(writes=100, index_writes=2)

    assert admitted(table.put) == 100


def test_ddb_capacity_5_an_entry_that_gets_another_place_uses_two_units(tables: Opened) -> None:
    table = tables(writes=100, index_writes=4)
    table.put("a", owner="x")
    table.put("a", owner="y")
    table.put("a", owner="z")  # 1 + 2 + 2 of 4 units

    assert admitted(lambda: table.put("b", owner="x")) == 0


def test_ddb_capacity_6_a_run_begins_with_the_unused_capacity_of_300_s(tables: Opened) -> None:
    assert admitted(tables(writes=2, saved=True).put) == 600


def test_ddb_capacity_6_what_a_workload_puts_uses_none(tables: Opened) -> None:
    table = tables(writes=1)
    for number in range(20):
        table.database.call("PutItem", {"TableName": "t", "Item": item(str(number))}, is_metered=False)

    assert admitted(table.put) == 1


def test_a_table_on_demand_is_never_throttled(tables: Opened) -> None:
    table = tables()
    definition = {**table.definition, "TableName": "free", "BillingMode": "PAY_PER_REQUEST"}
    del definition["ProvisionedThroughput"]
    table.database.create_table(definition)

    for _ in range(50):
        table.call("PutItem", TableName="free", Item=item())


def test_a_description_of_the_table_has_its_capacity(tables: Opened) -> None:
    described = tables(3, 4).call("DescribeTable", TableName="t")["Table"]

    throughput = described["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (3, 4)


@given(
    per_second=st.integers(1, 50),
    steps=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60)), max_size=40),
)
def test_ddb_capacity_2_units_are_those_of_a_second_by_second_count(
    per_second: int, steps: list[tuple[int, int]]
) -> None:
    """An independent count: each second adds its units, what is more than 300 s are worth is gone."""
    scheduler = Scheduler()
    units = CapacityUnits(per_second, scheduler, is_saved=False)
    held = per_second
    for waited, used in steps:
        scheduler.run(scheduler.now + seconds(waited))
        for _ in range(waited):
            held = min(held + per_second, per_second * 300)
        assert units.left == held
        if held > 0:
            units.use(used)
            held -= used


class OnDemand(Tables):
    """The same table on demand, with an index of keys only."""

    def __init__(self) -> None:
        super().__init__(1, 1, index_writes=1)
        self.definition = {
            **{name: value for name, value in self.definition.items() if name != "ProvisionedThroughput"},
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [INDEX],
        }

    def used(self) -> dict[str, float]:
        """Units of each kind since it was last asked."""
        found = {used.action: halves / HALVES_OF_UNIT for used, halves in self.journal.meter.counts.items()}
        self.journal.meter.counts.clear()
        return found


@pytest.fixture
def on_demand() -> Iterator[OnDemand]:
    table = OnDemand()
    with table.database:
        table.create()
        yield table


def test_a_write_on_demand_is_a_unit_for_each_kb_of_the_larger_item(on_demand: OnDemand) -> None:
    on_demand.put(size=2_500)
    assert on_demand.used() == {"write": 3}
    on_demand.put(size=10)
    assert on_demand.used() == {"write": 3}
    on_demand.call("DeleteItem", TableName="t", Key={"id": {"S": "a"}})
    assert on_demand.used() == {"write": 1}


def test_a_write_on_demand_answers_with_what_was_asked_for_and_no_more(on_demand: OnDemand) -> None:
    on_demand.put()
    again = {"TableName": "t", "Item": item("a", 10)}
    assert "Attributes" not in on_demand.call("PutItem", **again)
    assert on_demand.call("PutItem", **again, ReturnValues="ALL_OLD")["Attributes"] == item("a", 10)
    with pytest.raises(AwsError, match="Return values set to invalid value"):
        on_demand.call("PutItem", **again, ReturnValues="ALL_NEW")


def test_a_write_on_demand_that_its_condition_refuses_is_billed_for_the_item(on_demand: OnDemand) -> None:
    on_demand.put(size=1_500)
    on_demand.used()
    with pytest.raises(AwsError, match="conditional request failed"):
        on_demand.call("PutItem", TableName="t", Item=item("a", 10), ConditionExpression="attribute_not_exists(id)")
    assert on_demand.used() == {"write": 2}


def test_reads_on_demand_are_half_a_unit_for_each_4_kb_unless_they_are_consistent(on_demand: OnDemand) -> None:
    on_demand.put(size=4_500)
    on_demand.used()
    on_demand.get()
    assert on_demand.used() == {"read": 1}
    on_demand.get(ConsistentRead=True, ProjectionExpression="id")
    assert on_demand.used() == {"read": 2}
    on_demand.get("nothing")
    assert on_demand.used() == {"read": 0.5}
    gets = [{"Get": {"TableName": "t", "Key": {"id": {"S": "a"}}}}]
    on_demand.call("TransactGetItems", TransactItems=gets)
    assert on_demand.used() == {"read": 4}


def test_an_entry_of_an_index_on_demand_is_billed_besides(on_demand: OnDemand) -> None:
    on_demand.put(owner="x")
    assert on_demand.used() == {"write": 2}
    on_demand.put(owner="y")
    assert on_demand.used() == {"write": 3}


def test_nothing_is_throttled_on_demand_and_no_assumption_is_made_of_it(on_demand: OnDemand) -> None:
    for number in range(50):
        on_demand.put(str(number), size=50_000)
    assert on_demand.used()["write"] == 50 * 49
    assert not {"DDB-CAPACITY-3", "DDB-CAPACITY-6"} & set(on_demand.journal.rules)


def test_what_a_workload_puts_into_a_table_on_demand_is_billed_too(on_demand: OnDemand) -> None:
    on_demand.database.call("PutItem", {"TableName": "t", "Item": item()}, is_metered=False)
    assert on_demand.used() == {"write": 1}


def test_binary_values_count_as_many_bytes_as_they_have(on_demand: OnDemand) -> None:
    on_demand.call("PutItem", TableName="t", Item={"id": {"S": "a"}, "b": {"B": b"x" * 1_500}, "s": {"BS": [b"y"]}})
    assert on_demand.used() == {"write": 2}
    on_demand.get(ConsistentRead=True)
    assert on_demand.used() == {"read": 1}
