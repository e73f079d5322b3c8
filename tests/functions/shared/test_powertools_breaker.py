"""What Powertools' own circuit breaker does, where docs/dependencies.md gives it as the reason to keep ours.

When one of these fails after an update of Powertools, compare the two again.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    CircuitState,
    base,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence import (
    CircuitBreakerPersistenceLayer,
    CircuitStateRecord,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence.base import CircuitBreakerExistingLockError

RESET_SECONDS = 60


class DownError(Exception):
    pass


class BusyError(Exception):
    pass


class Table(CircuitBreakerPersistenceLayer):
    """Powertools' DynamoDB layer with a dictionary in place of the table; the condition is the same."""

    def __init__(self, items: dict[str, CircuitStateRecord]) -> None:
        super().__init__()
        self._items = items

    def _get_record(self, name: str) -> CircuitStateRecord | None:
        return self._items.get(name)

    def _put_record(
        self, record: CircuitStateRecord, condition: str | None = None, expected_opened_at: int | None = None
    ) -> None:
        if condition == "half_open" and not self._may_probe(self._items[record.name], expected_opened_at):
            raise CircuitBreakerExistingLockError
        self._items[record.name] = record

    def _update_record(self, record: CircuitStateRecord) -> None:
        self._items[record.name] = replace(record, half_open_owner=None, probe_lease_expiry=None)

    @staticmethod
    def _may_probe(held: CircuitStateRecord, opened_at: int | None) -> bool:
        if held.state is CircuitState.OPEN:
            return held.half_open_owner is None and held.opened_at == opened_at
        lease = held.probe_lease_expiry
        return held.state is CircuitState.HALF_OPEN and lease is not None and lease <= seconds_now()


def seconds_now() -> int:
    return int(datetime.datetime.now(datetime.UTC).timestamp())


class Environment:
    """One execution environment: Powertools keeps its counts and the prober's id in globals of the process."""

    def __init__(self, items: dict[str, CircuitStateRecord], **settings: Any) -> None:
        self._globals: dict[str, Any] = {
            "_LOCAL_FAILURES": {},
            "_LOCAL_SUCCESSES": {},
            "_LAST_OBSERVED_STATE": {},
            "_PROBE_OWNER": threading.local(),
        }
        values: dict[str, Any] = {
            "recovery_timeout": RESET_SECONDS,
            "success_threshold": 1,
            "ignored_exceptions": BusyError,
            "local_cache_max_age": 0,
        }
        self._protect = circuit_breaker("shop", Table(items), config=CircuitBreakerConfig(**(values | settings)))

    def call(self, function: Callable[[], str]) -> str:
        """Call through the breaker; returns the answer, or the name of the error."""
        hosts = {name: getattr(base, name) for name in self._globals}
        vars(base).update(self._globals)
        try:
            return str(self._protect(function)())
        except (DownError, BusyError, CircuitBreakerOpenError) as error:
            return type(error).__name__
        finally:
            vars(base).update(hosts)


def up() -> str:
    return "answer"


def down() -> str:
    raise DownError


def busy() -> str:
    raise BusyError


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(1_767_225_600, tick=False) as traveller:
        yield traveller


def opened(items: dict[str, CircuitStateRecord], **settings: Any) -> tuple[Environment, Environment]:
    first, second = Environment(items, **settings), Environment(items, **settings)
    assert [first.call(down) for _ in range(5)] == ["DownError"] * 5
    assert items["shop"].state is CircuitState.OPEN
    return first, second


def test_each_environment_counts_for_itself(time: time_machine.Traveller) -> None:
    """Of ten environments that take turns, 41 calls fail before it opens; with ours, five."""
    items: dict[str, CircuitStateRecord] = {}
    environments = [Environment(items) for _ in range(10)]
    calls = 0
    while "shop" not in items:
        assert environments[calls % 10].call(down) == "DownError"
        calls += 1
    assert calls == 41


def test_a_throttled_probe_is_not_given_back(time: time_machine.Traveller) -> None:
    """The others are refused for a whole reset time more; ours makes the next call a probe."""
    first, second = opened({})
    time.shift(RESET_SECONDS)
    assert first.call(busy) == "BusyError"
    time.shift(RESET_SECONDS - 1)
    assert second.call(up) == "CircuitBreakerOpenError"
    time.shift(1)
    assert second.call(up) == "answer"


def test_a_probe_that_takes_longer_than_the_reset_time_is_not_the_only_one(time: time_machine.Traveller) -> None:
    """The time a probe may take is the reset time and cannot be set; ours has `probe_seconds`."""
    first, second = opened({}, recovery_timeout=1)
    time.shift(1)
    seen: list[str] = []

    def slow() -> str:
        time.shift(5)
        seen.append(second.call(up))
        return "answer"

    assert (first.call(slow), seen) == ("answer", ["answer"])


def test_an_old_failure_opens_a_breaker_that_a_probe_has_closed(time: time_machine.Traveller) -> None:
    """States are written without looking at what was written meanwhile; ours swaps on a version."""
    items: dict[str, CircuitStateRecord] = {}
    first, second = Environment(items), Environment(items)
    for environment in (first, second):
        assert [environment.call(down) for _ in range(4)] == ["DownError"] * 4

    def slow() -> str:
        assert second.call(down) == "DownError"
        time.shift(RESET_SECONDS)
        assert second.call(up) == "answer"
        assert items["shop"].state is CircuitState.CLOSED
        raise DownError

    assert first.call(slow) == "DownError"
    assert items["shop"].state is CircuitState.OPEN


def test_an_answer_does_not_begin_the_count_anew(time: time_machine.Traveller) -> None:
    """An error is a failure or is not seen; ours knows a third kind, the answer, which shows that all is well."""
    items: dict[str, CircuitStateRecord] = {}
    environment = Environment(items)
    for call in (*[down] * 4, busy, down):
        environment.call(call)
    assert items["shop"].state is CircuitState.OPEN
