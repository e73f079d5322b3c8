"""What AWS allows, held once: every limit names a rule that there is, and is sound in itself."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

import delivery_lab.limits
from delivery_lab.limits import across, functions, mappings, queues
from delivery_lab.limits.limit import Bound, Choice, Limit
from delivery_lab.rules import RULES


def _all() -> Iterator[tuple[str, Bound | Choice]]:
    for found in pkgutil.iter_modules(delivery_lab.limits.__path__):
        module = import_module(f"delivery_lab.limits.{found.name}")
        for name, value in vars(module).items():
            if isinstance(value, Bound | Choice):
                yield f"{found.name}.{name}", value


LIMITS = dict(_all())


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_names_a_rule_that_there_is(name: str) -> None:
    assert LIMITS[name].rule in RULES


@pytest.mark.parametrize("name", [name for name, value in LIMITS.items() if isinstance(value, Bound)])
def test_every_bound_has_room_and_allows_its_default(name: str) -> None:
    bound = LIMITS[name]
    assert isinstance(bound, Bound)

    assert bound.minimum < bound.maximum
    assert bound.allows(bound.minimum)
    assert bound.allows(bound.maximum)
    assert not bound.allows(bound.minimum - 1)
    assert not bound.allows(bound.maximum + 1)
    # -1 means no limit, which the bounds of an age have no room for.
    if isinstance(bound, Limit) and bound is not mappings.RECORD_AGE:
        assert bound.allows(bound.default)


@pytest.mark.parametrize("name", [name for name, value in LIMITS.items() if isinstance(value, Choice)])
def test_every_choice_allows_its_default(name: str) -> None:
    choice = LIMITS[name]
    assert isinstance(choice, Choice)

    assert choice.default == "" or choice.allows(choice.default)
    assert not choice.allows("nonsense")


def test_a_range_is_shown_as_messages_show_it() -> None:
    assert queues.VISIBILITY_TIMEOUT.range == "0 to 43200"


def test_lam_memory_1_has_the_bounds_of_its_statement() -> None:
    assert (functions.MEMORY.range, functions.MEMORY.default) == ("128 to 10240", 128)


@pytest.mark.parametrize(
    ("timeout", "window", "advised"), [(30, 0, 180), (30, 5, 185), (900, 300, 5_700), (8_000, 0, 43_200)]
)
def test_the_advised_visibility_has_room_for_six_timeouts_and_the_window(
    timeout: int, window: int, advised: int
) -> None:
    assert across.advised_visibility_seconds(timeout, window) == advised


def test_rules_across_settings_hold_at_their_edges() -> None:
    assert across.allows_visibility(30, 30)
    assert not across.allows_visibility(29, 30)
    assert across.needs_window(11)
    assert not across.needs_window(10)
    assert across.allows_fifo_batch(10)
    assert not across.allows_fifo_batch(11)
    assert across.allows_pollers(2, 2)
    assert not across.allows_pollers(3, 2)


@pytest.mark.parametrize(
    ("seconds", "allowed"),
    [(-2, False), (-1, True), (0, False), (59, False), (60, True), (604_800, True), (604_801, False)],
)
def test_a_record_age_is_no_limit_or_a_minute_to_a_week(seconds: int, allowed: bool) -> None:
    assert across.allows_record_age(seconds) is allowed


@pytest.mark.parametrize(
    ("limit", "scope", "allowed"),
    [
        ("perQueue", "queue", True),
        ("perQueue", "messageGroup", True),
        ("perMessageGroupId", "messageGroup", True),
        ("perMessageGroupId", "queue", False),
    ],
)
def test_a_rate_by_message_group_needs_deduplication_by_it(limit: str, scope: str, allowed: bool) -> None:
    assert across.allows_throughput(limit, scope) is allowed


@pytest.mark.parametrize(("value", "left_out"), [(None, True), (0, True), (1, False)])
def test_esm_zero_1_zero_is_left_out(value: int | None, left_out: bool) -> None:
    assert across.is_left_out(value) is left_out
