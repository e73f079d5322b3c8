"""Who is meant to get the messages of a source.

Each mapping of a stream, table or topic gets every record. The mappings of a queue compete: a message is for whoever
gets it. An asynchronous event is for its function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from delivery_lab.events import Event, MappingConfigured


@dataclass(frozen=True, slots=True)
class Consumers:
    """The mappings of a run by what they poll.

    Attributes:
        of_source: names of the mappings of each source, in the order of their deployment.
        competing: names of the queues among the sources.
    """

    of_source: Mapping[str, tuple[str, ...]]
    competing: frozenset[str]

    def meant_for(self, source: str) -> tuple[str | None, ...]:
        """The consumers that a message of a source has a fate for; None stands for one that is not known yet."""
        mappings = self.of_source.get(source, ())
        if len(mappings) == 1 or (mappings and source not in self.competing):
            return mappings
        return (None,)

    def others(self, source: str, consumer: str | None) -> frozenset[str]:
        """Those that get the same records as a consumer and do their own work with them."""
        if source in self.competing:
            return frozenset()
        return frozenset(self.of_source.get(source, ())) - {consumer}


def consumers_of(events: Iterable[Event]) -> Consumers:
    """The consumers that were configured in a run."""
    of_source: dict[str, dict[str, None]] = {}
    competing: set[str] = set()
    for event in events:
        if isinstance(event, MappingConfigured):
            of_source.setdefault(event.source, {})[event.mapping] = None
            if event.source_kind == "sqs":
                competing.add(event.source)
    return Consumers({source: tuple(mappings) for source, mappings in of_source.items()}, frozenset(competing))
