"""What AWS bills by the request, where no event says how many requests there were.

Events say what happened to messages. Ten of them may have been sent, received or deleted by one request or by ten, and
AWS bills requests. Whoever answers or makes them counts them here; nothing of it is part of the trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

BilledService = Literal["sqs", "sns", "logs", "dynamodb"]
"""Services of whose use something is counted."""

SQS_CHUNK_BYTES = 64 * 1024
"""Each 64 KB of what a request carries is billed as a request: https://aws.amazon.com/sqs/pricing/"""


class Used(NamedTuple):
    """What was used.

    Attributes:
        service: the service.
        resource: name of the queue, table or function; "" where the use is of no single one.
        action: the operation as the API names it, or the unit.
    """

    service: BilledService
    resource: str
    action: str


class Meter:
    """Counts what is used.

    Attributes:
        counts: how much of each.
    """

    def __init__(self) -> None:
        self.counts: dict[Used, int] = {}

    def count(self, used: Used, amount: int = 1) -> None:
        """Something was used."""
        self.counts[used] = self.counts.get(used, 0) + amount


def chunks(bodies: Iterable[str]) -> int:
    """As how many requests a request counts that carries these bodies: one for each 64 KB, at least one."""
    held = tuple(bodies)
    if sum(map(len, held)) * 4 <= SQS_CHUNK_BYTES:  # no character has more than four bytes
        return 1
    return max(1, -(-sum(len(body.encode()) for body in held) // SQS_CHUNK_BYTES))
