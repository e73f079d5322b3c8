"""Kafka brokers on this machine: the mock cluster of librdkafka, which speaks Kafka's protocol on 127.0.0.1.

It runs in threads of this process, so that nothing of it outlives the process. Partitions of a topic can be chosen
through its C functions only, which the library of confluent-kafka brings with it.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from delivery_lab.errors import LabError, UsageError

_MESSAGE_BYTES = 512
_REPLICAS = 1


class BrokersError(LabError):
    """The Kafka brokers of a run on this machine do not start."""


def kafka() -> Any:
    """confluent-kafka: it takes a tenth of a second to import, and only stacks with topics pay for it.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import confluent_kafka
    except ModuleNotFoundError as error:
        message = "--on local reads Kafka topics with the extra `local`\n  fix: pip install 'delivery-lab[local]'"
        raise UsageError(message) from error
    return confluent_kafka


@contextlib.contextmanager
def running_brokers(topics: Mapping[str, int]) -> Iterator[str]:
    """Run a broker for a while. Whatever ends the block, and whatever ends this process, nothing of it is left.

    Args:
        topics: how many partitions each topic has.

    Yields:
        Its address, on 127.0.0.1 and a free port.

    Raises:
        UsageError: confluent-kafka is not installed.
        BrokersError: it does not start, or does not take a topic.
    """
    functions = _functions()
    handle = _handle(functions)
    try:
        cluster = functions.rd_kafka_mock_cluster_new(handle, 1)
        if not cluster:
            raise BrokersError("librdkafka's broker does not start on 127.0.0.1\n  fix: run it again")
        try:
            for name, partitions in topics.items():
                if functions.rd_kafka_mock_topic_create(cluster, name.encode(), partitions, _REPLICAS):
                    raise BrokersError(f"librdkafka's broker does not take the topic {name} of {partitions} partitions")
            yield functions.rd_kafka_mock_cluster_bootstraps(cluster).decode()
        finally:
            functions.rd_kafka_mock_cluster_destroy(cluster)
    finally:
        functions.rd_kafka_destroy(handle)


def _handle(functions: Any) -> int:
    """A client of librdkafka's, which the broker belongs to."""
    configuration = functions.rd_kafka_conf_new()
    said = ctypes.create_string_buffer(_MESSAGE_BYTES)
    # Else it writes to standard error that it has no brokers to connect to.
    functions.rd_kafka_conf_set(configuration, b"log_level", b"0", said, _MESSAGE_BYTES)
    handle = functions.rd_kafka_new(0, configuration, said, _MESSAGE_BYTES)
    if not handle:
        raise BrokersError(f"librdkafka does not start: {said.value.decode(errors='replace')}")
    return int(handle)


@cache
def _functions() -> Any:
    """The functions for brokers. Names are looked up in confluent-kafka's library and in what it needs: librdkafka."""
    library = ctypes.CDLL(kafka().cimpl.__file__)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    shapes: Mapping[str, tuple[Any, list[Any]]] = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (number, [pointer, text, text, text, ctypes.c_size_t]),
        "rd_kafka_new": (pointer, [number, pointer, text, ctypes.c_size_t]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
    }
    for name, (result, arguments) in shapes.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
