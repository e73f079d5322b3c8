"""What all events have, and who does things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from delivery_lab.rule_ids import RuleId

ActorKind = Literal["mapping", "function", "api", "lambda", "feed", "workload"]
"""`mapping`: an event source mapping; `function`: the code of a function; `api`: an HTTP API; `lambda`: the Lambda
service itself, for asynchronous invokes and the detection of loops; `feed`: a subscription, a notification, a rule's
target or a schedule; `workload`: whoever sends the workload."""


class Actor(NamedTuple):
    """Who did something.

    Attributes:
        kind: what it is.
        name: its name in the stack; of `lambda` and `workload` a word for people.
        invoke: of a function the invoke whose code did it, else None.
    """

    kind: ActorKind
    name: str
    invoke: str | None = None

    @property
    def mapping(self) -> str | None:
        """Name of the mapping that did it, None where it was somebody else."""
        return self.name if self.kind == "mapping" else None


WORKLOAD = Actor("workload", "workload")


@dataclass(frozen=True, slots=True)
class EventBase:
    """One thing that happened.

    Attributes:
        instant_us: when, in microseconds of virtual time.
        rule: id of the rule behind it, None where the users' own code or workload did it.
    """

    instant_us: int
    rule: RuleId | None
