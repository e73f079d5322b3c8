"""The filter of a queue's mapping: what it does not take it deletes, also where another mapping would have taken it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from delivery_lab.events import Actor, FilterMissed, Journal, MessageFiltered
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.mapping.filters import passes
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.sns.notification import inner_message
from delivery_lab.model.sqs.api import SqsApi
from delivery_lab.model.sqs.message import Delivery
from delivery_lab.model.sqs.queue import SqsQueue


class QueueFilter:
    """The filter of one mapping.

    Args:
        config: the mapping's settings.
        queue: the queue that it reads.
        api: the SQS API, which knows system attributes.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(
        self, config: SqsMappingConfig, queue: SqsQueue, api: SqsApi, *, scheduler: Scheduler, journal: Journal
    ) -> None:
        self._rivals: list[QueueFilter] = []
        self._config = config
        self._queue = queue
        self._api = api
        self._scheduler = scheduler
        self._journal = journal

    def compete_with(self, others: Sequence[QueueFilter]) -> None:
        """The other mappings of the queue have these; all of them compete for its messages (SQS-SHARE-1)."""
        for other in others:
            other._rivals.append(self)
        self._rivals.extend(others)

    def takes(self, delivery: Delivery) -> bool:
        """Whether the mapping hands a message to its function rather than delete it (ESM-FILTER-1)."""
        config = self._config
        if not config.enabled or not config.patterns:
            return config.enabled
        return passes(config.patterns, delivery, self._api.system_attributes(delivery))

    def reject(self, delivery: Delivery, by: Actor) -> None:
        """Delete a message that the filter does not take; it is lost to a mapping that would have (ESM-FILTER-1)."""
        self._note_envelope(delivery)
        wanted_by = tuple(rival._config.name for rival in self._rivals if rival.takes(delivery))
        now, message = self._scheduler.now, delivery.message.id
        self._journal.append(
            MessageFiltered(now, "ESM-FILTER-1", self._queue.name, message, self._config.name, wanted_by)
        )
        self._queue.delete(delivery.receipt_handle, by=by)

    def _note_envelope(self, delivery: Delivery) -> None:
        """Note that the filter would take what stands in an envelope of SNS (SNS-ENVELOPE-2)."""
        inner = inner_message(delivery.message.body)
        if inner is None:
            return
        attributes = self._api.system_attributes(delivery)
        unwrapped = replace(delivery, message=replace(delivery.message, body=inner))
        if passes(self._config.patterns, unwrapped, attributes):
            why = "the content that it asks for stands in the Message of SNS's envelope"
            now, message = self._scheduler.now, delivery.message.id
            self._journal.append(FilterMissed(now, "SNS-ENVELOPE-2", self._config.name, message, why))
