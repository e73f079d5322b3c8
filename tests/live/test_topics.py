"""Kafka topics on librdkafka's brokers: what is written, seen, committed and discarded; nothing of it stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from delivery_lab.errors import UsageError
from delivery_lab.events import Journal, RecordAppended
from delivery_lab.live import brokers as brokers_module
from delivery_lab.live.brokers import BrokersError, kafka, running_brokers
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.errors import PlaceError
from delivery_lab.live.topics import RealTopicDestination, TopicWriter, seen_cluster
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.kafka.cluster import KafkaCluster
from delivery_lab.model.mapping.destinations import RETRIES_EXHAUSTED, DiscardedBatch
from delivery_lab.model.mapping.partition_records import KafkaFormat
from delivery_lab.model.runtime import AwsError

_LONG = seconds(30)
_ARN = "arn:aws:kafka:us-east-1:123456789012:cluster/orders/1-1"


def _deployed(partitions: int = 3, *others: str) -> KafkaCluster:
    cluster = KafkaCluster("kafka", _ARN, "boot:9098", Scheduler(), Journal())
    for name in ("orders", *others):
        cluster.create_topic(name, partitions)
    return cluster


@pytest.fixture
def scheduler() -> RealTimeScheduler:
    return RealTimeScheduler(RealClock())


@pytest.fixture
def servers() -> Iterator[str]:
    with running_brokers({"orders": 3, "failures": 1}) as address:
        yield address


def _appended(journal: Journal) -> list[RecordAppended]:
    return [event for event in journal.events if isinstance(event, RecordAppended)]


def _look_until(scheduler: RealTimeScheduler, over: Callable[[], bool]) -> None:
    assert scheduler.run_until(over, _LONG)


def test_records_are_seen_in_the_partitions_in_which_the_simulation_puts_them(
    scheduler: RealTimeScheduler, servers: str
) -> None:
    """KAF-PART-1 and KAF-PART-2: real clients put a key where the model puts it; without one they take turns."""
    simulated, journal = _deployed().topics["orders"], Journal()
    seen, feeds = seen_cluster(_deployed(), servers, scheduler, journal)
    writer = TopicWriter(servers, seen.topics, scheduler)
    for number in range(20):
        key = f"k{number % 7}" if number % 4 else None
        simulated.produce(f"v{number}".encode(), key)
        writer.write("orders", f"v{number}".encode(), key)
    feeds[0].start()
    _look_until(scheduler, lambda: len(journal.events) == 20)
    feeds[0].close()
    found = [[(r.key, json.loads(r.json)["value"]) for r in p.kept] for p in seen.topics["orders"].partitions]
    assert found == [[(r.key, json.loads(r.json)["value"]) for r in p.kept] for p in simulated.partitions]
    assert sum(map(len, found)) == 20


def test_a_record_looks_to_functions_as_that_of_the_simulation_does(scheduler: RealTimeScheduler, servers: str) -> None:
    expected = json.loads(_deployed().topics["orders"].produce(b'{"id": 1}', "k").json)
    seen, feeds = seen_cluster(_deployed(), servers, scheduler, Journal())
    TopicWriter(servers, seen.topics, scheduler).write("orders", b'{"id": 1}', "k")
    feeds[0].start()
    partition = seen.topics["orders"].partitions[expected["partition"]]
    _look_until(scheduler, lambda: partition.length == 1)
    feeds[0].close()
    found = json.loads(partition.kept[0].json)
    sent_at = scheduler.clock.instant_of(found.pop("timestamp") / 1000)
    assert 0 <= sent_at <= scheduler.now
    assert partition.kept[0].appended_at == sent_at
    del expected["timestamp"]
    assert found == expected


def test_what_mappings_commit_is_committed_for_their_group_on_the_brokers(
    scheduler: RealTimeScheduler, servers: str
) -> None:
    seen, feeds = seen_cluster(_deployed(), servers, scheduler, Journal())
    seen.commit("group", "orders-2", 2)
    seen.commit("group", "orders-0", 4)
    seen.commit("other", "orders-0", 1)
    seen.close()
    feeds[0].close()
    assert seen.committed == {"group": {"orders-2": 2, "orders-0": 4}, "other": {"orders-0": 1}}
    partition = kafka().TopicPartition
    client = kafka().Consumer({"bootstrap.servers": servers, "group.id": "group", "log_level": 0})
    asked = client.committed([partition("orders", number) for number in range(3)], timeout=10)
    client.close()
    assert [each.offset for each in asked] == [4, -1001, 2]


def test_a_topic_gets_a_document_for_each_record_with_times_of_the_place(
    scheduler: RealTimeScheduler, servers: str
) -> None:
    """KAF-DEST-1."""
    deployed = _deployed(1)
    records = [deployed.topics["orders"].produce(b"1", key) for key in ("a", "b")]
    [partition] = deployed.topics["orders"].partitions
    seen, feeds = seen_cluster(
        KafkaCluster("kafka", _ARN, "boot:9098", Scheduler(), Journal()), servers, scheduler, Journal()
    )
    assert feeds == []
    failures = seen.create_topic("failures", 1)
    destination = RealTopicDestination("failures", TopicWriter(servers, seen.topics, scheduler), scheduler)
    batch = DiscardedBatch(tuple(records), partition, RETRIES_EXHAUSTED, 4, "request", "arn:function", True)
    destination.deliver(batch, KafkaFormat(_ARN, "boot:9098"), seconds(2))
    client = kafka().Consumer({"bootstrap.servers": servers, "group.id": "g", "log_level": 0})
    client.assign([kafka().TopicPartition("failures", 0, 0)])
    found = client.consume(2, timeout=20)
    client.close()
    assert [record.key() for record in found] == [b"a", b"b"]
    documents = [json.loads(record.value()) for record in found]
    assert [document["KafkaBatchInfo"]["recordInfo"]["offset"] for document in documents] == ["0", "1"]
    assert documents[0]["requestContext"]["condition"] == "RetriesExhausted"
    assert documents[0]["payload"]["records"]["orders-0"][0]["offset"] == 0
    assert str(2026 - 1) < documents[0]["timestamp"]
    assert failures.partitions[0].length == 0


def test_a_record_that_is_too_large_is_refused_as_brokers_do(scheduler: RealTimeScheduler, servers: str) -> None:
    """KAF-SIZE-1."""
    writer = TopicWriter(servers, _deployed().topics, scheduler)
    with pytest.raises(AwsError, match="1048589"):
        writer.write("orders", b"x" * 1_048_589, None)
    writer.write("orders", b"x" * 1_048_588, None)


def test_brokers_that_do_not_answer_are_told(scheduler: RealTimeScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("delivery_lab.live.topics._ANSWER_SECONDS", 0.2)
    with running_brokers({"orders": 1}) as servers:
        writer = TopicWriter(servers, _deployed(1).topics, scheduler)
    with pytest.raises(
        PlaceError, match=r"^a record for orders was not taken: the brokers do not answer within 0.2 s$"
    ):
        writer.write("orders", b"1", "k")


def test_a_commit_that_is_refused_is_told(scheduler: RealTimeScheduler, servers: str) -> None:
    seen, feeds = seen_cluster(_deployed(), servers, scheduler, Journal())
    with pytest.raises(PlaceError, match=r"^a commit for absent-0 was refused: "):
        seen.commit("group", "absent-0", 1)
    seen.close()
    feeds[0].close()


def test_a_record_that_is_missing_ends_the_run(scheduler: RealTimeScheduler, servers: str) -> None:
    seen, feeds = seen_cluster(_deployed(1), servers, scheduler, Journal())
    [feed], topic = feeds, seen.topics["orders"]
    TopicWriter(servers, seen.topics, scheduler).write("orders", b"1", None)
    topic.take(0, b"0", None, 0, 0)
    feed.start()
    with pytest.raises(PlaceError, match=r"^orders-0: offset 0 follows on 0$"):
        scheduler.run_until(lambda: False, _LONG)
    feed.close()


class _Unreadable:
    def assign(self, _partitions: object) -> None: ...

    def consume(self, _records: int, timeout: float) -> list[_Unreadable]:
        return [self]

    def error(self) -> str:
        return "no leader"


def test_a_topic_that_cannot_be_read_is_named(scheduler: RealTimeScheduler, servers: str) -> None:
    _, [feed] = seen_cluster(_deployed(), servers, scheduler, Journal())
    feed.close()
    feed._consumer = _Unreadable()
    with pytest.raises(PlaceError, match=r"^orders cannot be read: no leader$"):
        feed.start()


def test_a_topic_that_brokers_do_not_take_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers_module._functions(), "rd_kafka_mock_topic_create", lambda *_: 17)
    told = r"^librdkafka's broker does not take the topic orders of 3 partitions$"
    with pytest.raises(BrokersError, match=told), running_brokers({"orders": 3}):
        pass


def test_without_confluent_kafka_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    brokers_module._functions.cache_clear()
    with pytest.raises(UsageError) as caught, running_brokers({}):
        pass
    assert str(caught.value) == (
        "--on local reads Kafka topics with the extra `local`\n  fix: pip install 'delivery-lab[local]'"
    )


_LISTENERS = """
import os
from delivery_lab.live.brokers import running_brokers

def listening():
    open_ones = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    mine = {os.readlink(fd) for fd in open_ones if os.path.lexists(fd)}
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in open(table).readlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in mine:
                found.append(fields[1].partition(":")[0])
    return found

with running_brokers({"orders": 2}) as servers:
    print(listening(), servers.partition(":")[0])
print(listening(), len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks into /proc")
def test_brokers_listen_on_this_machine_only_and_leave_nothing() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _LISTENERS]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert (ran.stdout, ran.stderr) == ("['0100007F'] 127.0.0.1\n[] 1\n", "")
