"""Filters of queues' mappings in front of the envelope of SNS."""

from __future__ import annotations

import json

import pytest

from delivery_lab.events import FilterMissed, MessageFiltered
from delivery_lab.model.mapping.filters import parse_patterns
from tests.model.support import World

ORDERS = parse_patterns(('{"body": {"type": ["order"]}}',))


def _envelope(message: str) -> str:
    return json.dumps({"Type": "Notification", "Message": message})


@pytest.mark.parametrize(
    ("body", "missed"),
    [
        (_envelope('{"type": "order"}'), 1),
        (_envelope('{"type": "refund"}'), 0),
        (_envelope("no JSON"), 0),
        ('{"type": "refund"}', 0),
        (json.dumps({"Message": '{"type": "order"}'}), 0),
    ],
)
def test_sns_envelope_2_what_a_filter_would_take_without_the_envelope_is_told(body: str, missed: int) -> None:
    world = World()
    world.function()
    queue = world.queue()
    world.mapping(queue, patterns=ORDERS)
    world.start()

    queue.send(body)
    world.run()

    assert len(world.events(MessageFiltered)) == 1
    assert [event.rule for event in world.events(FilterMissed)] == ["SNS-ENVELOPE-2"] * missed
