"""What a schedule hands on where its target has no input."""

from __future__ import annotations

import json

from delivery_lab.model.schedules.inputs import filled_in, notification

ARN = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/tick"
DEFAULT = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.scheduler",
    "account": "123456789012",
    "time": "2015-10-08T16:53:06Z",
    "region": "us-east-1",
    "resources": [ARN],
    "detail": "{}",
}
"""The shape of a scheduled event; AWS speaks of a default notification, and shows none (SCH-INPUT-2)."""


def test_sch_input_2_the_default_has_the_envelope_of_a_scheduled_event_and_a_text_as_its_detail() -> None:
    made = notification(ARN, DEFAULT["id"], DEFAULT["time"], "123456789012", "us-east-1")  # type: ignore[arg-type]

    assert list(json.loads(made).items()) == list(DEFAULT.items())


def test_sch_input_3_an_input_is_handed_on_as_it_is_but_for_context_attributes() -> None:
    given = '{"at": "<aws.scheduler.scheduled-time>", "of": "<aws.scheduler.schedule-arn>", "n": "<other>"}'

    made = filled_in(given, ARN, "run-1", "2026-01-01T00:00:00Z")

    assert json.loads(made) == {"at": "2026-01-01T00:00:00Z", "of": ARN, "n": "<other>"}
    assert filled_in("<aws.scheduler.execution-id>", ARN, "run-1", "now") == "run-1"
