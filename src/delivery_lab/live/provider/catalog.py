"""All types that the provider creates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from delivery_lab.live.provider import (
    apis,
    buckets,
    events,
    firewall,
    functions,
    iam,
    kafka,
    mappings,
    network,
    observability,
    rest_apis,
    sqs,
    streams,
    tables,
    topics,
)
from delivery_lab.live.provider.resource_type import ProvidedType

TYPES: Mapping[str, ProvidedType] = MappingProxyType(
    {
        kind.pulumi_type: kind
        for kind in (
            *apis.TYPES,
            *buckets.TYPES,
            *events.TYPES,
            *firewall.TYPES,
            *functions.TYPES,
            *iam.TYPES,
            *kafka.TYPES,
            *mappings.TYPES,
            *network.TYPES,
            *observability.TYPES,
            *rest_apis.TYPES,
            *sqs.TYPES,
            *streams.TYPES,
            *tables.TYPES,
            *topics.TYPES,
        )
    }
)
"""By Pulumi's type token."""
