"""Who is meant to get the messages of a source.

Each mapping of a stream, table or topic gets every record. The mappings of a queue compete: a message is for whoever
gets it. An asynchronous event is for its function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from delivery_lab.events import Event, MappingConfigured, events_of


@dataclass(frozen=True, slots=True)
class Consumers:
    """The mappings of a run by what they poll.

    Attributes:
        of_source: names of the mappings of each source, in the order of their deployment.
        competing: names of the queues among the sources.
        functions: by name of a mapping: the function that it invokes.
    """

    of_source: Mapping[str, tuple[str, ...]]
    competing: frozenset[str]
    functions: Mapping[str, str]

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

    def does_the_work(self, source: str, function: str) -> bool:
        """Whether a function gets the messages of a queue, stream or topic, or its own events, where they were sent."""
        if source == events_of(function):
            return True
        return any(self.functions[mapping] == function for mapping in self.of_source.get(source, ()))


def consumers_of(events: Iterable[Event]) -> Consumers:
    """The consumers that were configured in a run."""
    of_source: dict[str, dict[str, None]] = {}
    competing: set[str] = set()
    functions: dict[str, str] = {}
    for event in events:
        if isinstance(event, MappingConfigured):
            of_source.setdefault(event.source, {})[event.mapping] = None
            functions[event.mapping] = event.function
            if event.source_kind == "sqs":
                competing.add(event.source)
    return Consumers(
        {source: tuple(mappings) for source, mappings in of_source.items()}, frozenset(competing), functions
    )
