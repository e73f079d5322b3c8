"""Log groups and alarms."""

from __future__ import annotations

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, gone_is_fine
from delivery_lab.live.provider.names import lowered_name, raised_name
from delivery_lab.live.provider.resource_type import Properties, ProvidedType, present


class LogGroupType(ProvidedType):
    """`aws.cloudwatch.LogGroup`. Its id is its name."""

    pulumi_type = resource_types.LOG_GROUP
    settings = frozenset({"name", "retentionInDays"})
    computed = ("arn",)

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the group."""
        cloud.client("logs").create_log_group(logGroupName=inputs["name"])
        return str(inputs["name"])

    def settle(self, cloud: Cloud, id_: str, inputs: Properties) -> None:
        """Set how long events are kept."""
        self._keep(cloud, id_, inputs.get("retentionInDays"))

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The group."""
        groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix=id_)["logGroups"]
        group = next((each for each in groups if each["logGroupName"] == id_), None)
        if group is None:
            return None
        return {
            "name": id_,
            "retentionInDays": group.get("retentionInDays", 0),
            "arn": group["arn"].removesuffix(":*"),
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Set how long events are kept."""
        self._keep(cloud, id_, new.get("retentionInDays"))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the group with its events."""
        with gone_is_fine():
            cloud.client("logs").delete_log_group(logGroupName=id_)

    def _keep(self, cloud: Cloud, name: str, days: int | None) -> None:
        logs = cloud.client("logs")
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        else:
            logs.delete_retention_policy(logGroupName=name)


class MetricAlarmType(ProvidedType):
    """`aws.cloudwatch.MetricAlarm` of one metric. Its id is its name."""

    pulumi_type = resource_types.METRIC_ALARM
    settings = frozenset(
        {
            "actionsEnabled",
            "alarmActions",
            "alarmDescription",
            "comparisonOperator",
            "datapointsToAlarm",
            "dimensions",
            "evaluationPeriods",
            "metricName",
            "name",
            "namespace",
            "okActions",
            "period",
            "statistic",
            "threshold",
            "treatMissingData",
        }
    )
    required = frozenset({"comparisonOperator", "evaluationPeriods"})
    computed = ("arn",)

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the alarm."""
        self._put(cloud, inputs["name"], inputs)
        return str(inputs["name"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The alarm."""
        alarms = cloud.client("cloudwatch").describe_alarms(AlarmNames=[id_])["MetricAlarms"]
        if not alarms:
            return None
        alarm = alarms[0]
        known = {"AlarmName", "Dimensions", "OKActions"}
        properties = {
            lowered_name(name): value
            for name, value in alarm.items()
            if name not in known and lowered_name(name) in self.settings
        }
        return {
            **properties,
            "name": id_,
            "okActions": alarm.get("OKActions", []),
            "dimensions": {each["Name"]: each["Value"] for each in alarm.get("Dimensions", [])},
            "arn": alarm["AlarmArn"],
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Put the new alarm in its place."""
        self._put(cloud, id_, new)

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the alarm."""
        cloud.client("cloudwatch").delete_alarms(AlarmNames=[id_])

    def _put(self, cloud: Cloud, name: str, inputs: Properties) -> None:
        special = {"name", "dimensions", "okActions"}
        given = {raised_name(key): value for key, value in inputs.items() if key in self.settings - special}
        dimensions = [{"Name": key, "Value": value} for key, value in sorted((inputs.get("dimensions") or {}).items())]
        cloud.client("cloudwatch").put_metric_alarm(
            AlarmName=name, Dimensions=dimensions, **present(**given, OKActions=inputs.get("okActions"))
        )


TYPES = (LogGroupType(), MetricAlarmType())
