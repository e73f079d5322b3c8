"""Waits that double, with jitter that is drawn after the cap."""

from __future__ import annotations

from random import Random

import pytest

from delivery_lab.model.asynchronous import throttle_backoff
from delivery_lab.model.backoff import Backoff
from delivery_lab.model.clock import in_seconds
from delivery_lab.model.mapping.decisions import THROTTLE_RETRIES
from delivery_lab.model.mapping.partition_decisions import RETRIES

EVERY = {
    "events": throttle_backoff(0.2),
    "events, spread": throttle_backoff(0.5),
    "throttled batches of queues": THROTTLE_RETRIES,
    "batches of streams and topics": RETRIES,
}


@pytest.mark.parametrize("backoff", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("tries", [0, 5, 12, 1_000])
def test_waits_of_two_never_agree_at_the_cap_either(backoff: Backoff, tries: int) -> None:
    random = Random(tries)
    waits = [backoff.wait(tries, random.random()) for _ in range(100)]

    assert len(set(waits)) == 100
    assert max(waits) >= 1.2 * min(waits)


@pytest.mark.parametrize("backoff", EVERY.values(), ids=EVERY)
def test_no_wait_is_longer_than_the_longest_and_one_may_be_as_long(backoff: Backoff) -> None:
    for tries in range(50):
        assert in_seconds(backoff.wait(tries, 1.0)) <= backoff.longest_seconds
    assert in_seconds(backoff.wait(50, 1.0)) == backoff.longest_seconds


def test_waits_double_until_the_cap() -> None:
    backoff = Backoff(1.0, 10.0, 0.5, 1.0)

    assert [in_seconds(backoff.wait(tries, 1.0)) for tries in range(6)] == [1, 2, 4, 8, 10, 10]
    assert [in_seconds(backoff.wait(tries, 0.0)) for tries in range(6)] == [0.5, 1, 2, 4, 5, 5]
