"""What the settings of a Kafka mapping mean for each other."""

from __future__ import annotations

from delivery_lab.checks.finding import Edit
from delivery_lab.limits.across import ends_endless_retries
from delivery_lab.limits.mappings import KAFKA_MINIMUM_POLLERS
from delivery_lab.stack.mappings import EventSourceMapping, KafkaMapping


def one_poller(mapping: KafkaMapping) -> Edit:
    """The edit that gives a Kafka mapping the smallest provisioned mode, which other settings need."""
    path = ("provisionedPollerConfig", "minimumPollers")
    return Edit(mapping.urn, path, KAFKA_MINIMUM_POLLERS.default)


def ends_after_ten_retries(mapping: EventSourceMapping) -> bool:
    """Whether AWS itself ends the endless retries of a mapping, as it does for Kafka with a destination."""
    if not isinstance(mapping, KafkaMapping) or mapping.destination_arn.value is None:
        return False
    attempts = mapping.maximum_retry_attempts.known
    return attempts is not None and ends_endless_retries(attempts, has_destination=True)
