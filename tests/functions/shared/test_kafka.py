from __future__ import annotations

import base64
import time
from concurrent.futures import Future
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
import shared.kafka
from confluent_kafka import KafkaError, KafkaException
from shared.kafka import NotWritten, Topic, TopicWriter, Written, create_missing, iam_config

ORDERS = Topic("orders", partitions=1, replication_factor=3, retention_hours=24)
DEAD = Topic("dead", partitions=2, replication_factor=3, retention_hours=24)
BROKER = {"test.mock.num.brokers": 1, "log_level": 0}
"""The client's own stand-in for a broker: it speaks Kafka over TCP, makes topics by itself, knows no CreateTopics."""


class FakeAdmin:
    """An admin client that says what it is told to, topic by topic."""

    def __init__(self, outcomes: dict[str, int | None] | None = None) -> None:
        self.outcomes = outcomes or {}
        self.asked: list[Any] = []

    def create_topics(self, topics: list[Any], request_timeout: float) -> dict[str, Future[None]]:
        assert request_timeout == 10.0
        self.asked += topics
        return {topic.topic: self._answer(self.outcomes.get(topic.topic)) for topic in topics}

    def _answer(self, code: int | None) -> Future[None]:
        future: Future[None] = Future()
        if code is None:
            future.set_result(None)
        else:
            future.set_exception(KafkaException(KafkaError(code)))
        return future


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch) -> FakeAdmin:
    fake = FakeAdmin()
    monkeypatch.setattr(shared.kafka, "AdminClient", lambda config: fake)
    return fake


def test_topics_are_created_as_they_are_wanted() -> None:
    admin: Any = FakeAdmin()

    create_missing(admin, [ORDERS, DEAD])

    assert [(topic.topic, topic.num_partitions, topic.replication_factor) for topic in admin.asked] == [
        ("orders", 1, 3),
        ("dead", 2, 3),
    ]
    assert [topic.config for topic in admin.asked] == [{"retention.ms": "86400000"}] * 2


def test_a_topic_that_is_there_stays_as_it_is() -> None:
    admin: Any = FakeAdmin({"orders": KafkaError.TOPIC_ALREADY_EXISTS})

    create_missing(admin, [ORDERS])


def test_a_topic_that_cannot_be_created_is_told() -> None:
    admin: Any = FakeAdmin({"orders": KafkaError.TOPIC_AUTHORIZATION_FAILED})

    with pytest.raises(KafkaException) as caught:
        create_missing(admin, [ORDERS])
    assert caught.value.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_writes_and_says_where_the_record_stands(admin: FakeAdmin) -> None:
    writer = TopicWriter(BROKER, [ORDERS])

    results = [writer.write("k1", f'{{"id": "{number}"}}', 20.0) for number in range(3)]

    written = [result for result in results if isinstance(result, Written)]
    assert len(written) == 3, results
    assert [record.offset for record in written] == [0, 1, 2]
    assert len({record.partition for record in written}) == 1
    assert len(admin.asked) == 1, "topics are created once for an execution environment"


def test_nothing_is_connected_before_the_first_record(admin: FakeAdmin) -> None:
    TopicWriter(BROKER, [ORDERS])

    assert admin.asked == []


def test_a_topic_that_cannot_be_created_leaves_the_record_unwritten(admin: FakeAdmin) -> None:
    admin.outcomes["orders"] = KafkaError.TOPIC_AUTHORIZATION_FAILED
    writer = TopicWriter(BROKER, [ORDERS])

    assert writer.write("k1", "text", 20.0) == NotWritten(
        "TOPIC_AUTHORIZATION_FAILED", "Broker: Topic authorization failed"
    )
    admin.outcomes.clear()
    assert isinstance(writer.write("k1", "text", 20.0), Written), "the next request tries again"


def test_a_record_that_no_broker_takes_is_given_up_in_time(admin: FakeAdmin) -> None:
    writer = TopicWriter({"bootstrap.servers": "127.0.0.1:1", "log_level": 0}, [ORDERS])
    start = time.monotonic()

    result = writer.write("k1", "text", 0.2)

    assert result == NotWritten("OutOfTime", "the brokers did not confirm the record in time")
    assert time.monotonic() - start < 5


def test_a_record_that_is_too_large_is_refused(admin: FakeAdmin) -> None:
    result = TopicWriter(BROKER, [ORDERS]).write("k1", "x" * 2_000_000, 20.0)

    assert result == NotWritten("MSG_SIZE_TOO_LARGE", "Unable to produce message: Broker: Message size too large")


def test_signs_in_with_a_token_of_the_function_s_role(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "eu-west-1"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = iam_config("b-1.test:9098")

    token, expires_at = config.pop("oauth_cb")("")

    assert config == {
        "bootstrap.servers": "b-1.test:9098",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "OAUTHBEARER",
    }
    assert 800 < expires_at - time.time() <= 900
    url = urlparse(base64.urlsafe_b64decode(token + "==").decode())
    assert url.netloc == "kafka.eu-west-1.amazonaws.com"
    assert parse_qs(url.query)["Action"] == ["kafka-cluster:Connect"]
