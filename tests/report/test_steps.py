"""Each kind of event that names messages is a step of their lives, or there is a reason why it is none."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest

from delivery_lab.events import Event
from delivery_lab.report.steps import _ABOUT

NAMES = {"message", "messages", "record", "records", "event", "events", "failed"}

NO_STEP = {
    "BatchResult": "a step of its own for what failed and for the rest",
    "CallUnanswered": "about calls of the code",
    "ContractLine": "told by what the line says",
    "FilterMissed": "told with the filter (FeedFiltered)",
    "LinesRepeated": "told line by line",
    "RecordsLookedAt": "what the code looks at, which moves no record",
    "RequestPassedOn": "the service has taken what an API sent, which is told there",
    "TenantNamed": "says whose message it is, and changes nothing",
}


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_events_that_name_messages_are_steps(kind: type[Event]) -> None:
    named = NAMES & {field.name for field in fields(kind)}

    if kind in _ABOUT:
        assert _ABOUT[kind][1] in named
    elif named:
        assert kind.__name__ in NO_STEP, f"{kind.__name__} names {named}: report/steps.py has no step"


def test_kinds_without_a_step_are_there() -> None:
    assert set(NO_STEP) <= {kind.__name__ for kind in get_args(Event)}
