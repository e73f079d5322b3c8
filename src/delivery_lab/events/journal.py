"""The journal of one run: its events in order, and the rules that it relies on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from delivery_lab.events.union import Event
from delivery_lab.events.usage import Meter
from delivery_lab.rule_ids import RuleId


class Journal:
    """What happened, as the model writes it down.

    The model never prints and never counts results: it appends events, each with the id of the rule that made it
    happen. Two runs are the same run exactly if their journals are.

    Attributes:
        events: what happened, in order.
        meter: counts what AWS bills by the request.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.meter = Meter()
        self._relied_on: dict[RuleId, None] = {}

    def append(self, event: Event) -> None:
        """Write an event down."""
        rule = event.rule
        if rule is not None:
            self._relied_on[rule] = None
        self.events.append(event)

    def rely_on(self, *rules: RuleId) -> None:
        """Note that the run depends on rules that leave no event of their own."""
        for rule in rules:
            self._relied_on[rule] = None

    @property
    def rules(self) -> tuple[RuleId, ...]:
        """Ids of all rules that the run relies on, sorted."""
        return tuple(sorted(self._relied_on))

    def hash(self) -> str:
        """SHA-256 over all events: equal hashes mean equal runs, on every platform and Python version."""
        digest = hashlib.sha256()
        values_of: dict[type[Event], Callable[[Event], tuple[Any, ...]]] = {}
        for event in self.events:
            kind = type(event)
            values = values_of.get(kind)
            if values is None:
                values = values_of[kind] = attrgetter(
                    *(field.name for field in fields(kind) if field.metadata.get("traced", True))
                )
            # The form in which Python prints texts, numbers and tuples is quickly made, and in ASCII it is the same
            # everywhere: which other characters repr() escapes depends on the Unicode tables of the Python version.
            digest.update(f"{kind.__name__} {values(event)!a}\n".encode())
        return digest.hexdigest()
