"""What queues and functions get, member by member."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.model.sns.notification import Notification, envelope, inner_message, lambda_event
from tests.model.sns.world import ARN, SUBSCRIPTION, text

EVENTS = Path(__file__).parent / "events"
CHANGING = {
    "MessageId",
    "Timestamp",
    "Signature",
    "SigningCertURL",
    "SigningCertUrl",
    "UnsubscribeURL",
    "UnsubscribeUrl",
}


def _like(shape: Any, found: Any, path: str = "") -> None:
    """The same members in the same order, and the same values but those that differ from message to message."""
    if isinstance(shape, dict):
        assert list(found) == list(shape), path
        for name, inner in shape.items():
            if name in CHANGING:
                assert isinstance(found[name], str), path
            else:
                _like(inner, found[name], f"{path}.{name}")
    elif isinstance(shape, list):
        assert len(found) == len(shape), path
        for one, other in zip(shape, found, strict=True):
            _like(one, other, path)
    else:
        assert found == shape, path


def _notification(**given: Any) -> Notification:
    members = {"subject": "TestSubject", **given}
    return Notification("dc1e94d9-56c5-5e96-808d-cc7f68faa162", ARN, "This is a test message.", 1_000, **members)


def _expected(name: str) -> Any:
    return json.loads((EVENTS / name).read_text())


def test_sns_envelope_1_the_body_in_a_queue_has_the_members_of_the_documented_example() -> None:
    attributes = {"store": text("example_corp"), "raw": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"}}

    body = envelope(_notification(attributes=attributes), SUBSCRIPTION)

    _like(_expected("envelope.json"), json.loads(body))
    assert body.startswith('{\n  "Type" : "Notification",\n  "MessageId" : ')
    assert f"SubscriptionArn={SUBSCRIPTION}" in json.loads(body)["UnsubscribeURL"]


def test_sns_envelope_1_without_subject_and_attributes_these_members_are_missing() -> None:
    found = json.loads(envelope(_notification(subject=None), SUBSCRIPTION))

    assert {"Subject", "MessageAttributes"} & set(found) == set()


def test_sns_envelope_1_a_fifo_topic_numbers_and_does_not_sign() -> None:
    found = json.loads(envelope(_notification(sequence_number="10000000000000003000"), SUBSCRIPTION))

    _like(_expected("envelope-fifo.json"), found)


def test_sns_lambda_1_the_event_of_a_function_has_the_members_of_the_documented_example() -> None:
    attributes = {"Test": text("TestString")}

    _like(_expected("lambda.json"), json.loads(lambda_event(_notification(attributes=attributes), SUBSCRIPTION)))
    plain = json.loads(lambda_event(_notification(subject=None), SUBSCRIPTION))["Records"][0]["Sns"]
    assert (plain["Subject"], plain["MessageAttributes"]) == (None, {})


def test_sns_sign_1_a_signature_is_the_same_for_the_same_message() -> None:
    other = Notification("another", ARN, "This is a test message.", 1_000)

    assert _notification().signature == _notification().signature != other.signature
    assert len(_notification().signature) == 344


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        ('{"Type": "Notification", "Message": "{}"}', "{}"),
        ('{"Type": "Notification", "Message": {}}', None),
        ('{"Type": "order", "Message": "x"}', None),
        ("[]", None),
        ("no JSON", None),
    ],
)
def test_what_stands_in_an_envelope(body: str, inner: str | None) -> None:
    assert inner_message(body) == inner
