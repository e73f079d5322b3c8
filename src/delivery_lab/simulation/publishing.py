"""What a workload publishes to an SNS topic."""

from __future__ import annotations

from typing import Any

from delivery_lab.errors import WorkloadError
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sns.publishing import check
from delivery_lab.model.sns.topic import SnsTopic
from delivery_lab.simulation.workload import Arrival


def publish_parameters(arrival: Arrival) -> dict[str, Any]:
    """An arrival as `Publish` takes it."""
    named = {
        "Subject": arrival.subject,
        "MessageAttributes": dict(arrival.attributes),
        "MessageGroupId": arrival.key,
        "MessageDeduplicationId": arrival.dedup,
    }
    return {"Message": arrival.body, **{name: value for name, value in named.items() if value}}


def check_published(topic: SnsTopic, parameters: dict[str, Any], where: str) -> None:
    """Refuse before the start what SNS would refuse.

    Args:
        topic: the topic.
        parameters: a `Publish` request.
        where: place in the workload, for messages.

    Raises:
        WorkloadError: SNS would refuse it.
    """
    try:
        check(topic.settings, parameters)
    except AwsError as error:
        reason = f"{error.message} {error.why}".rstrip()
        raise WorkloadError(f"{where}: SNS would refuse a message for {topic.name}: {reason}") from error
