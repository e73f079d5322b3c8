from __future__ import annotations

from typing import Any

import pytest

from components.settings import SnsSettings
from tests.components.settings.support import load, problems


def _sns(**parts: Any) -> SnsSettings:
    found = load("sns", parts).sns
    assert found is not None
    return found


def test_what_is_safe_is_the_default() -> None:
    settings = _sns()
    subscription = settings.subscription
    assert (subscription.raw_message_delivery, subscription.dead_letter_queue) == (True, True)
    assert (subscription.filter_policy_text, subscription.filter_policy_scope) == (None, None)
    assert settings.queue.visibility_timeout_seconds == 6 * settings.worker.timeout_seconds
    assert settings.body == "message"


def test_the_function_takes_the_body_for_what_is_delivered_unless_told_otherwise() -> None:
    enveloped = {"rawMessageDelivery": False}
    assert _sns(subscription=enveloped).body == "envelope"
    assert _sns(subscription=enveloped, worker={"body": "message"}).body == "message"
    assert _sns(worker={"body": "envelope"}).body == "envelope"


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (
            {"subscription": {"filterPolicyScope": "MessageBody"}},
            (
                "subscription.filterPolicyScope",
                "without filterPolicy every message is wanted",
                "add filterPolicy, or remove it",
            ),
        ),
        (
            {"topic": {"contentBasedDeduplication": True}},
            (
                "topic.contentBasedDeduplication",
                "only a FIFO topic recognises repetitions",
                "set fifo to true as well, or remove it",
            ),
        ),
        (
            {"queue": {"fifo": True}},
            (
                "queue.fifo",
                "FIFO SQS Queues can not be subscribed to standard SNS topics (SNS refuses such a subscription)",
                "set topic.fifo to true as well, or remove it",
            ),
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(parts: dict[str, Any], problem: tuple[str, str, str]) -> None:
    assert problems("sns", parts) == [problem]


def test_a_fifo_topic_may_feed_a_standard_queue() -> None:
    assert not _sns(topic={"fifo": True}).queue.fifo
