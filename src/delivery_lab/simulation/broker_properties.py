"""From the properties of an MSK configuration to the defaults of a cluster's topics."""

from __future__ import annotations

from delivery_lab.errors import NotModelledError
from delivery_lab.limits.streams import BROKER_RECORD_BYTES
from delivery_lab.model.kafka.cluster import KafkaCluster

_MODELLED = {
    "log.cleanup.policy": "delete",
    "log.retention.bytes": "-1",
    "message.max.bytes": str(BROKER_RECORD_BYTES),
}
"""Broker properties that decide which records there are, with the only value that the model knows."""


def apply_properties(cluster: KafkaCluster, configuration: str, properties: str) -> None:
    """Take the defaults of topics from a broker configuration.

    Args:
        cluster: the cluster.
        configuration: name of the configuration, for messages.
        properties: `server.properties`, line by line.

    Raises:
        NotModelledError: topics would keep their records for ever, by size or by key, or take larger or smaller ones;
            or a value is no whole number.
    """
    values = dict(line.split("=", 1) for line in properties.splitlines() if "=" in line and not line.startswith("#"))
    found = {name.strip(): value.strip() for name, value in values.items()}
    for name, modelled in _MODELLED.items():
        if found.get(name, modelled) != modelled:
            raise NotModelledError(
                f"{configuration}: {name}={found[name]} is not modelled\n  nearest: {name}={modelled}, the default"
            )
    if "num.partitions" in found:
        cluster.default_partitions = _whole_number(configuration, "num.partitions", found["num.partitions"])
    # The finer unit wins, as in Kafka.
    for name, per_hour in (("log.retention.ms", 3_600_000), ("log.retention.minutes", 60), ("log.retention.hours", 1)):
        if name in found:
            cluster.default_retention_hours = _whole_number(configuration, name, found[name]) / per_hour
            return


def _whole_number(configuration: str, name: str, text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    because = "records that are kept for ever are" if text == "-1" else "no whole number from 1 on, which is"
    raise NotModelledError(f"{configuration}: {name}={text}: {because} not modelled\n  nearest: {name}=168")
