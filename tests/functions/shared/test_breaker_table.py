from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_dynamodb import DynamoDBClient
from shared.breaker_table import TableStore
from shared.circuit_breaker import Circuit, CircuitBreaker, State
from shared.errors import CircuitOpenError

from tests.functions.support import START, Clock, dynamodb_table


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[DynamoDBClient]:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    with dynamodb_table("breakers", "name") as client:
        yield client


def _fail() -> None:
    raise ConnectionError


def test_there_is_no_state_at_first_and_then_what_was_written(dynamodb: DynamoDBClient) -> None:
    store = TableStore(dynamodb, "breakers", "shop")
    opened = Circuit(5, 1_767_225_661.123456, probing=True, version=1)

    assert store.load() == Circuit()
    assert store.swap(Circuit(), opened)
    assert store.load() == opened
    assert store.swap(opened, Circuit(version=2))
    assert store.load() == Circuit(version=2)
    assert TableStore(dynamodb, "breakers", "bank").load() == Circuit()


def test_of_two_that_saw_the_same_state_one_changes_it(dynamodb: DynamoDBClient) -> None:
    first, second = (TableStore(dynamodb, "breakers", "shop") for _ in range(2))
    seen = first.load()

    assert first.swap(seen, Circuit(1, version=1))
    assert not second.swap(seen, Circuit(1, version=1))
    assert not second.swap(Circuit(7, version=9), Circuit(8, version=10))


def test_state_ends_a_week_after_its_last_change(dynamodb: DynamoDBClient) -> None:
    TableStore(dynamodb, "breakers", "shop").swap(Circuit(), Circuit(1, version=1))

    item = dynamodb.get_item(TableName="breakers", Key={"name": {"S": "shop"}})["Item"]
    assert item["expiresAt"] == {"N": str(int(START) + 7 * 86_400)}


def test_environments_that_share_a_table_learn_from_each_other_and_send_one_probe(
    dynamodb: DynamoDBClient, clock: Clock
) -> None:
    first, second = (CircuitBreaker("shop", store=TableStore(dynamodb, "breakers", "shop")) for _ in range(2))
    for breaker in (first, second, first, second, first):
        with pytest.raises(ConnectionError):
            breaker.call(_fail)
    with pytest.raises(CircuitOpenError):
        second.call(_fail)
    clock.advance(60)

    def probe() -> str:
        assert second.state is State.HALF_OPEN
        with pytest.raises(CircuitOpenError):
            second.call(_fail)
        return "well"

    assert first.call(probe) == "well"
    assert second.call(lambda: "well again") == "well again"


def test_other_errors_of_the_table_are_passed_on(dynamodb: DynamoDBClient) -> None:
    missing = TableStore(dynamodb, "no-such-table", "shop")

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        missing.load()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        missing.swap(Circuit(), Circuit(1, version=1))
