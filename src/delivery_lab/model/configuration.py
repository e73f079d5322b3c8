"""What is deployed, as events: whoever checks a run finds in them the bounds that held at each moment."""

from __future__ import annotations

from collections.abc import Iterable

from delivery_lab.events import FunctionConfigured, Journal, MappingConfigured
from delivery_lab.limits.mappings import ENDLESS
from delivery_lab.model.functions import Lambda
from delivery_lab.model.mapping.kafka import TopicConsumer
from delivery_lab.model.mapping.sqs import QueueConsumer
from delivery_lab.model.mapping.stream import StreamConsumer
from delivery_lab.model.sqs.queue import SqsQueue


def note_configuration(
    journal: Journal,
    queues: Iterable[SqsQueue],
    functions: Lambda,
    mappings: Iterable[QueueConsumer | StreamConsumer | TopicConsumer],
    now: int,
) -> None:
    """Write down how an account is configured that was deployed at this instant.

    Args:
        journal: where events are written.
        queues: its queues.
        functions: its functions.
        mappings: its event source mappings.
        now: this instant.
    """
    for queue in queues:
        queue.note_configuration()
    for name in functions.names:
        function = functions.configuration(name)
        journal.append(FunctionConfigured(now, None, name, function.timeout_seconds, function.reserved_concurrency))
    for mapping in mappings:
        journal.append(_of_mapping(mapping, now))


def _of_mapping(mapping: QueueConsumer | StreamConsumer | TopicConsumer, now: int) -> MappingConfigured:
    config = mapping.config
    if isinstance(mapping, QueueConsumer):
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
