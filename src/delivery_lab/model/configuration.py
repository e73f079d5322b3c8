"""What is deployed, as events: whoever checks a run finds in them the bounds that held at each moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from delivery_lab.events import FunctionConfigured, MappingConfigured, QueueConfigured
from delivery_lab.model.functions import Lambda
from delivery_lab.model.mapping.kafka import KafkaMapping
from delivery_lab.model.mapping.log_decisions import ENDLESS
from delivery_lab.model.mapping.sqs import SqsMapping
from delivery_lab.model.mapping.stream import StreamMapping
from delivery_lab.model.sqs.queue import Queue


def configuration(
    queues: Iterable[Queue], functions: Lambda, mappings: Iterable[SqsMapping | StreamMapping | KafkaMapping], now: int
) -> Iterator[QueueConfigured | FunctionConfigured | MappingConfigured]:
    """The configuration of an account that was deployed at this instant.

    Args:
        queues: its queues.
        functions: its functions.
        mappings: its event source mappings.
        now: this instant.
    """
    for queue in queues:
        yield queue.configured()
    for name in functions.names:
        function = functions.configuration(name)
        yield FunctionConfigured(now, None, name, function.timeout_seconds, function.reserved_concurrency)
    for mapping in mappings:
        yield _of_mapping(mapping, now)


def _of_mapping(mapping: SqsMapping | StreamMapping | KafkaMapping, now: int) -> MappingConfigured:
    config = mapping.config
    if isinstance(mapping, SqsMapping):
        source, factor, age = mapping.queue.name, 1, ENDLESS
        return MappingConfigured(now, None, config.name, "sqs", source, config.function, config.batch_size, factor, age)
    settings = mapping.settings
    return MappingConfigured(
        now,
        None,
        mapping=config.name,
        source_kind=mapping.source.kind,
        source=mapping.source.name,
        function=config.function,
        batch_size=config.batch_size,
        parallelization_factor=settings.parallelization_factor,
        maximum_record_age_seconds=settings.maximum_record_age_seconds,
    )
