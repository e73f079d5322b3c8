import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery_lab.errors import NotModelledError
from delivery_lab.events import RecordAppended
from delivery_lab.limits.streams import BROKER_RECORD_BYTES
from delivery_lab.model.kafka.cluster import murmur2
from delivery_lab.model.runtime import AwsError
from tests.model.partition_world import PartitionWorld


@pytest.mark.parametrize(
    ("key", "value"),
    # From the tests of Kafka's own client (org.apache.kafka.common.utils.UtilsTest), as signed numbers there.
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_kaf_part_1_murmur2_is_that_of_kafkas_client(key: bytes, value: int) -> None:
    assert murmur2(key) == value % 2**32


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=10), max_size=30), st.integers(1, 9))
def test_kaf_part_1_a_key_has_one_partition(keys: list[str], partitions: int) -> None:
    topic = PartitionWorld().cluster(orders=partitions).topics["orders"]
    homes: dict[str, str] = {}

    for key in keys:
        partition = topic.produce(b"x", key).id.partition(":")[0]
        assert homes.setdefault(key, partition) == partition


def test_kaf_part_2_without_a_key_partitions_take_turns() -> None:
    topic = PartitionWorld().cluster(orders=3).topics["orders"]

    ids = [topic.produce(b"x").id for _ in range(4)]

    assert ids == ["orders-0:0", "orders-1:0", "orders-2:0", "orders-0:1"]


def test_kaf_size_1_a_record_too_large_is_refused() -> None:
    world = PartitionWorld()
    topic = world.cluster(orders=1).topics["orders"]
    topic.produce(b"x" * BROKER_RECORD_BYTES)

    with pytest.raises(AwsError, match=f"MESSAGE_TOO_LARGE: The message is {BROKER_RECORD_BYTES + 1} bytes"):
        topic.produce(b"x" * BROKER_RECORD_BYTES, "k")

    assert len(world.events(RecordAppended)) == 1


def test_kaf_topic_1_topics_have_the_clusters_defaults() -> None:
    cluster = PartitionWorld().cluster()
    cluster.default_partitions, cluster.default_retention_hours = 6, 12

    topic = cluster.create_topic("orders")

    assert (len(topic.partitions), topic.retention_hours) == (6, 12)


@pytest.mark.parametrize("name", ["", "x" * 250])
def test_a_topic_needs_a_name(name: str) -> None:
    with pytest.raises(NotModelledError, match="is no name of a Kafka topic"):
        PartitionWorld().cluster().create_topic(name)
