"""Where the messages of a run begin and end, as its results count them."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.events import PolledSource, events_of
from delivery_lab.model.account import Account
from delivery_lab.model.mapping.destinations import QueueDestination, TopicDestination
from delivery_lab.simulation.externals import read_elsewhere
from delivery_lab.simulation.topics import dead_letter_queues
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.stack import Stack


def sources_of(account: Account, stack: Stack, workload: Workload, ends: frozenset[str]) -> frozenset[str]:
    """Where messages begin: queues, streams and topics but those where they end, and the events of functions.

    Args:
        account: the account that the stack is deployed to.
        stack: the stack.
        workload: what is sent.
        ends: names of the queues in which messages end.
    """
    ends |= read_elsewhere(stack, workload.external, account)
    # What tells of a success goes on with the work where a mapping reads it; where none does it ends there.
    read = {mapping.queue.name for mapping in account.mappings.values()}
    ends |= account.events.targets() - (account.events.success_targets() & read)
    begins = (frozenset(account.queues) | _record_sources(account)) - ends
    return begins | frozenset(map(events_of, account.functions.names)) | _addressed(workload)


def destinations_of(account: Account) -> set[str]:
    """Queues and topics to which mappings and feeds bring what they discard: what arrives there was sent before."""
    destinations = (mapping.destination for mapping in account.record_mappings.values())
    taking = {found.name for found in destinations if isinstance(found, (QueueDestination, TopicDestination))}
    return taking | dead_letter_queues(account.feeds)


def polled_of(account: Account) -> Iterator[PolledSource]:
    """The streams and topics that mappings poll."""
    for mapping in account.record_mappings.values():
        yield PolledSource(
            kind=mapping.source.kind,
            source=mapping.source.name,
            mapping=mapping.config.name,
            function=mapping.config.function,
            retention_seconds=mapping.source.retention_hours * 3600,
            maximum_age_seconds=mapping.settings.maximum_record_age_seconds,
            partitions=tuple(reader.partition.name for reader in mapping.readers),
            piped=mapping.config.name in account.pipes,
        )


def _record_sources(account: Account) -> frozenset[str]:
    topics = {topic for cluster in account.clusters.values() for topic in cluster.topics}
    return frozenset({*account.streams_by_name, *account.table_streams, *topics})


def _addressed(workload: Workload) -> frozenset[str]:
    """Queues that the workload sends to itself: a dead-letter queue counts as a source then."""
    return frozenset(send.queue for send in workload.send if send.queue is not None)
