"""When SNS tries a delivery again that failed on the side of the target (SNS-RETRY-1)."""

from __future__ import annotations

from delivery_lab.model.clock import seconds

IMMEDIATE = 3
PRE_BACKOFF = 2
BACKOFF = 10
POST_BACKOFF = 100_000
_SHORTEST_SECONDS = 1.0
_LONGEST_SECONDS = 20.0


def wait_before(attempt: int) -> int | None:
    """How long SNS waits before a retry to a queue or function, in microseconds; None where it retries no more.

    Three retries at once, two after 1 s each, ten after waits that grow from 1 s to 20 s, and 100,000 after 20 s each.
    By which factor the ten waits grow is not documented: here by the same from each to the next (SNS-RETRY-2).

    Args:
        attempt: number of the retry, from 1 on.
    """
    if attempt <= IMMEDIATE:
        return 0
    if attempt <= IMMEDIATE + PRE_BACKOFF:
        return seconds(_SHORTEST_SECONDS)
    step = attempt - IMMEDIATE - PRE_BACKOFF - 1
    if step < BACKOFF:
        growth = (_LONGEST_SECONDS / _SHORTEST_SECONDS) ** (step / (BACKOFF - 1))
        return seconds(round(_SHORTEST_SECONDS * growth, 3))
    return seconds(_LONGEST_SECONDS) if step < BACKOFF + POST_BACKOFF else None
