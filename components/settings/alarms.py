"""Settings of the CloudWatch alarms that every family has."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.settings.base import Late, Section


class AlarmSettings(Section):
    """Alarms on problems with messages. Their thresholds follow from the settings of what they watch.

    Without `topicArn` an alarm changes its state and notifies nobody.
    """

    enabled: bool = Field(True, description="whether there are alarms")
    topic_arn: Annotated[str | None, Late("arn:aws:sns:us-east-1:123456789012:later")] = Field(
        None, pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:.+$", description="ARN of an SNS topic to notify"
    )
